"""`heddle txn undo`."""

from __future__ import annotations

from pathlib import Path

import typer

from heddle_client.commands.options import NoStart, open_client
from heddle_client.commands.txn.options import AbortedTransaction
from heddle_client.visible import visible
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_result, reported_errors


def undo(
    context: typer.Context,
    transaction: AbortedTransaction,
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """Undo an abort: bring back the worktree that it took away.

    What the worktree is now is kept first. The transaction stays aborted.

    JSON KEYS. transaction_id, kept_as: the name of the snapshot that keeps what was there.

    EXIT CODES. 0 brought back; 1 refused; 2 wrong usage; 3 no daemon runs (--no-start); 5 it does
    not answer; 124 it has not answered in time.
    """
    from heddle_client.progress import progress
    from heddle_client.transaction_choice import chosen, short

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json), open_client(repo, start=not no_start) as client:
        with progress("bringing the worktree back"):
            transaction_id = chosen(client, transaction)
            done = client.transactions.undo_abort(transaction_id)
        body = {"transaction_id": transaction_id, "kept_as": done.kept_as}
        text = (
            f"heddle txn: brought back what the abort of {short(transaction_id)} took away; "
            f"what was there is kept as {visible(done.kept_as)}"
        )
        print_result(text, body, as_json=as_json)
