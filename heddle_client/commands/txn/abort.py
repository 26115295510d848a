"""`heddle txn abort`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heddle_client.commands.options import NoStart, open_client
from heddle_client.commands.txn.options import ActiveTransaction
from heddle_client.visible import visible
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_result, reported_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heddle_client.values.snapshot import RestoreStep

_WORDS = {
    "write": "write",
    "delete": "delete",
    "leave": "leave (ignored)",
    "move-branch": "move the branch",
    "set-head": "set HEAD to",
    "set-index": "set the index",
}


def abort(
    context: typer.Context,
    transaction: ActiveTransaction = "",
    reason: Annotated[str, typer.Option("--reason", help="Why, for the operation log.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be taken back.")
    ] = False,
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """End a transaction and take the worktree back to its beginning.

    It says first what that changes. What the worktree is now is kept: `heddle txn undo` brings it
    back. Commits that were made meanwhile are kept too.

    JSON KEYS. transaction_id, aborted (false with --dry-run), kept_ref, steps: action (write,
    delete, leave, move-branch, set-head, set-index), target.

    EXIT CODES. 0 taken back, or previewed; 1 refused, and nothing has changed; 2 wrong usage; 3 no
    daemon runs (--no-start); 5 it does not answer; 124 it has not answered in time.
    """
    from heddle_client.progress import progress
    from heddle_client.rendering.json_values import as_json as json_of
    from heddle_client.transaction_choice import chosen, short

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json), open_client(repo, start=not no_start) as client:
        with progress("looking at what has changed"):
            transaction_id = chosen(client, transaction)
            steps = client.transactions.plan_restore(transaction_id)
        if not as_json:
            print_result(_text(steps), {}, as_json=False)
        body: dict[str, Any] = {
            "transaction_id": transaction_id,
            "aborted": False,
            "kept_ref": "",
            "steps": json_of(steps),
        }
        if dry_run:
            if as_json:
                print_result("", body, as_json=True)
            return
        with progress("taking the worktree back"):
            done = client.transactions.abort(transaction_id, reason)
        body |= {"aborted": True, "kept_ref": done.kept_ref}
        text = f"heddle txn: aborted {short(transaction_id)}"
        if done.kept_ref:
            text += f"; bring it back with `heddle txn undo {short(transaction_id)}`"
        print_result(text, body, as_json=as_json)


def _text(steps: Sequence[RestoreStep]) -> str:
    if not steps:
        return "nothing has changed"
    return "\n".join(
        f"  {_WORDS.get(step.action, visible(step.action))} {visible(step.target)}".rstrip()
        for step in steps
    )
