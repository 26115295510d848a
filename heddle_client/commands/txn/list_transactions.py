"""`heddle txn list`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heddle_client.commands.options import NoStart, open_client
from heddle_client.visible import visible
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import columns, print_result, reported_errors

if TYPE_CHECKING:
    from heddle_client.values.snapshot import Transaction


def list_transactions(
    context: typer.Context,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=1_000, help="At most so many.")
    ] = 20,
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """List the transactions of all worktrees, the active ones first and then the latest.

    JSON KEYS. transactions: transaction_id, state (active, committed, aborted), started_at (RFC
    3339), message, thread, worktree (`.` is the main one), base_state_id (hexadecimal).

    EXIT CODES. 0 listed; 1 failed; 2 wrong usage; 3 no daemon runs (--no-start); 5 it does not
    answer; 124 it has not answered in time.
    """
    from heddle_client.rendering.json_values import as_json as json_of

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json), open_client(repo, start=not no_start) as client:
        found = client.transactions.list(limit)
        body = {"transactions": json_of(found)}
        print_result(_text(found), body, as_json=as_json)


def _text(found: tuple[Transaction, ...]) -> str:
    from heddle_client.transaction_choice import short

    if not found:
        return "no transaction has been begun"
    rows = [
        (
            short(each.transaction_id),
            visible(each.state),
            time.strftime("%Y-%m-%d %H:%M:%S", each.started_at.astimezone().timetuple()),
            visible(Path(each.worktree).name or "."),
            visible(each.message),
        )
        for each in found
    ]
    return columns([("ID", "STATE", "BEGUN", "WORKTREE", "MESSAGE"), *rows])
