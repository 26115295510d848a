"""`heddle txn begin`."""

from __future__ import annotations

from pathlib import Path

import typer

from heddle_client.commands.options import NoStart, open_client
from heddle_client.commands.txn.options import Message, Thread
from heddle_client.visible import visible
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_result, reported_errors


def begin(
    context: typer.Context,
    message: Message = "",
    thread: Thread = "",
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """Begin a transaction: keep HEAD, branch, index and files of the worktree as they are.

    It prints the id. One transaction at a time can be active in a worktree.

    JSON KEYS. transaction_id, started_at (RFC 3339).

    EXIT CODES. 0 begun; 1 refused; 2 wrong usage; 3 no daemon runs (--no-start); 5 it does not
    answer; 124 it has not answered in time.
    """
    from heddle_client.progress import progress
    from heddle_client.rendering.json_values import as_json as json_of

    as_json = as_json or context.obj
    with (
        reported_errors(as_json=as_json),
        progress("keeping the worktree"),
        open_client(repo, start=not no_start) as client,
    ):
        begun = client.transactions.begin(message, thread)
        print_result(visible(begun.transaction_id), json_of(begun), as_json=as_json)
