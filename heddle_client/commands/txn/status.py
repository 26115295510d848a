"""`heddle txn status`."""

from __future__ import annotations

import time
from pathlib import Path

import typer

from heddle_client.commands.options import NoStart, open_client
from heddle_client.commands.txn.options import ActiveTransaction
from heddle_client.visible import visible
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import duration, print_result, reported_errors


def status(
    context: typer.Context,
    transaction: ActiveTransaction = "",
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """Say how far a transaction has got, also after its end.

    JSON KEYS. transaction_id, state (active, committed, aborted), started_at (RFC 3339),
    buffered_ops (what is held back until the commit), snapshots: name, ref, commit_id, taken_at,
    branch, head_id.

    EXIT CODES. 0 told; 1 there is none, or it cannot be told; 2 wrong usage; 3 no daemon runs
    (--no-start); 5 it does not answer; 124 it has not answered in time.
    """
    from heddle_client.rendering.json_values import as_json as json_of
    from heddle_client.transaction_choice import chosen

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json), open_client(repo, start=not no_start) as client:
        transaction_id = chosen(client, transaction)
        found = client.transactions.status(transaction_id)
        snapshots = client.transactions.snapshots(transaction_id)
        started = found.started_at.timestamp()
        body = {**json_of(found), "snapshots": json_of(snapshots)}
        lines = [
            f"heddle txn: {visible(found.state)}, {visible(transaction_id)}",
            f"  begun     {duration(time.time() - started)} ago",
            f"  held back {found.buffered_ops} operations",
            *(f"  {visible(each.name):<9} {visible(each.ref)}" for each in snapshots),
        ]
        print_result("\n".join(lines), body, as_json=as_json)
