"""What an abort has taken back, in a few words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from heddle_client.git_command import git
from heddle_supervisor.errors import HeddleError

if TYPE_CHECKING:
    from pathlib import Path

    from heddle_client.client import Client
    from heddle_client.values.snapshot import Snapshot

NOTHING: Final = "nothing, for nothing had changed"
_REFS: Final = "refs/heddle/transactions/"
_FILES: Final = b"worktree/"
_INDEX: Final = (b"staged/", b"unmerged/")
# What git calls a change from the beginning to the end of the transaction.
_KINDS: Final = {b"A": "new", b"D": "deleted"}


def taken_back(client: Client, transaction_id: str, kept_ref: str) -> str:
    """Return what an abort has taken back, such as `3 files (1 new, 2 changed), HEAD`.

    Git compares the copies of the worktree that the transaction keeps, which is quick: they share
    what is the same.

    Args:
        client: that has asked for the abort.
        transaction_id: that was aborted.
        kept_ref: what keeps the worktree as it was before the abort.
    """
    if not kept_ref:
        return "nothing: the worktree itself is gone"
    try:
        if _is_same(client.repository, f"{_REFS}{transaction_id}/begin", kept_ref):
            return NOTHING
        kept = {each.ref: each for each in client.transactions.snapshots(transaction_id)}
        begun = next(each for each in kept.values() if each.name == "begin")
        parts = _between(client.repository, begun, kept[kept_ref])
    except (HeddleError, KeyError, StopIteration):
        # It is done all the same, and this was about the words only.
        return "the worktree"
    return ", ".join(parts) or NOTHING


def _is_same(repo: Path, begun: str, ended: str) -> bool:
    before, after = git(repo, "rev-parse", f"{begun}^{{tree}}", f"{ended}^{{tree}}").split()
    return before == after


def _between(repo: Path, begun: Snapshot, ended: Snapshot) -> list[str]:
    told = git(
        repo,
        "diff-tree",
        "-r",
        "-z",
        "--no-renames",
        "--name-status",
        begun.commit_id.hex(),
        ended.commit_id.hex(),
    )
    words = told.split(b"\0")[:-1]
    changes = list(zip(words[::2], words[1::2], strict=True))
    kinds = Counter(
        _KINDS.get(status, "changed") for status, path in changes if path.startswith(_FILES)
    )
    parts = []
    if total := kinds.total():
        each = ", ".join(
            f"{kinds[kind]} {kind}" for kind in ("changed", "new", "deleted") if kinds[kind]
        )
        parts.append(f"{total} {'file' if total == 1 else 'files'} ({each})")
    if any(path.startswith(_INDEX) for _status, path in changes):
        parts.append("the index")
    if (begun.branch, begun.head_id) != (ended.branch, ended.head_id):
        parts.append("HEAD")
    return parts
