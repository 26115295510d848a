"""`heddle txn restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heddle_client.commands.options import NoStart, open_client
from heddle_client.visible import visible
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_result, reported_errors

if TYPE_CHECKING:
    from heddle_client.client import Client


def restore(
    context: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Files or directories, from where one stands."),
    ],
    transaction: Annotated[
        str,
        typer.Option("--transaction", "-t", help="Another than the active one of this worktree."),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be written or deleted.")
    ] = False,
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """Take single paths back to what they were when a transaction began; the rest stays.

    What they are now is kept first, in a snapshot of the transaction's. Git's index is left alone.

    JSON KEYS. transaction_id, restored: paths from the root of the worktree; kept_as: the name of
    the snapshot, empty with --dry-run.

    EXIT CODES. 0 restored; 1 refused; 2 wrong usage; 3 no daemon runs (--no-start); 5 it does not
    answer; 124 it has not answered in time.
    """
    from heddle_client.progress import progress
    from heddle_client.rendering.words import counted
    from heddle_client.transaction_choice import chosen, short
    from heddle_client.worktree_paths import from_root

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json), open_client(repo, start=not no_start) as client:
        wanted = [from_root(path, client.repository) for path in paths]
        transaction_id = chosen(client, transaction)
        body: dict[str, Any] = {"transaction_id": transaction_id, "kept_as": ""}
        if dry_run:
            body["restored"] = _would_be(client, transaction_id, wanted)
            head = f"heddle txn: {counted(len(body['restored']), 'path')} would be restored"
        else:
            with progress("taking the paths back"):
                done = client.transactions.restore_paths(transaction_id, wanted)
            body |= {"restored": list(done.restored), "kept_as": done.kept_as}
            head = f"heddle txn: {counted(len(done.restored), 'path')} restored"
            if done.restored:
                head += f"; what they were is kept as {short(transaction_id)} {done.kept_as}"
        lines = [f"  {visible(path)}" for path in body["restored"]]
        print_result("\n".join([head, *lines]), body, as_json=as_json)


def _would_be(client: Client, transaction_id: str, wanted: list[str]) -> list[str]:
    steps = client.transactions.plan_restore(transaction_id)
    files = [step.target for step in steps if step.action in ("write", "delete")]
    return [
        file
        for file in files
        if any(path in (".", file) or file.startswith(f"{path}/") for path in wanted)
    ]
