"""Review a worktree, talk about it, follow the log, and try something that is taken back."""

from __future__ import annotations

import sys
from pathlib import Path

import heddle_client
from heddle_client.errors import ClientError
from heddle_client.values import PathSymbolRef


class NoUseError(Exception):
    """What was tried was of no use."""


def main(repository: str) -> None:
    """Do it all. The daemon of the repository is started when there is none."""
    with heddle_client.connect(repo=repository, start=True, agent="example-python") as client:
        anchor = review(client)
        if anchor is None:
            print("no function was changed: there is nothing to talk about")
            return
        discuss(client, anchor)
        try_and_take_back(client, client.repository / anchor.file)


def review(client: heddle_client.Client) -> PathSymbolRef | None:
    """Print the review of the worktree; return the first function that was changed."""
    payload = client.review("")
    summary = payload.summary
    print(
        f"files changed: {summary.files_changed} (+{summary.added_lines} -{summary.removed_lines})"
    )
    for ref in payload.partition.consequence:
        print(f"to read: {ref.file} {ref.symbol}")
    for signal in payload.in_budget_signals:
        print(f"signal: {signal.kind}: {signal.reason}")
    return next(iter(payload.partition.consequence), None)


def discuss(client: heddle_client.Client, anchor: PathSymbolRef) -> None:
    """Open a discussion, and follow the log from its beginning until that is in it."""
    symbol = f"{anchor.file}:{anchor.symbol}"
    discussion = client.discussions.open(anchor.file, anchor.symbol, "Why was this changed?")
    print(f"discussion: {discussion.turns[0].body}")
    verbs = ("snapshot", "discussion.open")
    with client.operations(follow=True, verbs=verbs) as operations:
        for hit in operations:
            print(f"log: {hit.verb}")
            if symbol in hit.symbols:
                break


def try_and_take_back(client: heddle_client.Client, path: Path) -> None:
    """Spoil a file within a transaction, which an exception aborts."""
    before = path.read_bytes()
    try:
        with client.transaction(message="try something"):
            path.write_text("spoiled\n", encoding="utf-8")
            raise NoUseError
    except NoUseError:
        print("taken back:", path.read_bytes() == before)


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else ".")
    except ClientError as error:
        sys.exit(f"error: {error}")
