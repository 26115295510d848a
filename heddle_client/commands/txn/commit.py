"""`heddle txn commit`."""

from __future__ import annotations

from pathlib import Path

import typer

from heddle_client.commands.options import NoStart, open_client
from heddle_client.commands.txn.options import ActiveTransaction
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_result, reported_errors


def commit(
    context: typer.Context,
    transaction: ActiveTransaction = "",
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """End a transaction and keep what was done; what was held back becomes visible at once.

    Files, index and branches stay as they are. No commit of git's is made.

    JSON KEYS. transaction_id, state_id (hexadecimal), op_count.

    EXIT CODES. 0 committed; 1 refused; 2 wrong usage; 3 no daemon runs (--no-start); 5 it does not
    answer; 124 it has not answered in time.
    """
    from heddle_client.rendering.json_values import as_json as json_of
    from heddle_client.transaction_choice import chosen, short

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json), open_client(repo, start=not no_start) as client:
        transaction_id = chosen(client, transaction)
        done = client.transactions.commit(transaction_id)
        body = {"transaction_id": transaction_id, **json_of(done)}
        text = (
            f"heddle txn: committed {short(transaction_id)}, {done.op_count} operations held back"
        )
        print_result(text, body, as_json=as_json)
