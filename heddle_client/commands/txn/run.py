"""`heddle txn run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heddle_client.commands.options import NoStart
from heddle_client.commands.txn.options import Message, Thread
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_message, reported_errors

application = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    # What follows the command's name is the command's.
    context_settings={"allow_interspersed_args": False},
)


@application.command()
def run(
    context: typer.Context,
    command: Annotated[
        list[str], typer.Argument(metavar="COMMAND...", help="The command, and its arguments.")
    ],
    message: Message = "",
    thread: Thread = "",
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """Run a command, and take back all that it did in the worktree if it fails.

    A transaction begins, the command runs, and its exit code decides: with 0 the transaction is
    committed, with any other it is aborted: HEAD, branch, index and files are as before. One line
    on standard error says what was taken back, and how to get it again.

    Standard input, output and error and the terminal are the command's own. Ctrl-C goes to the
    command; heddle waits for it. HEDDLE_TRANSACTION_ID in its environment is the transaction's id.
    What the command leaves running in the background is not waited for.

    JSON KEYS. One object on standard error, since standard output is the command's: transaction_id,
    exit_code, state (committed, aborted; active when it could not be ended), kept_ref, message.

    EXIT CODES. The command's; 128+n when signal n has ended it; 126 it cannot be executed; 127 it
    is not there. Before it runs: 1 no transaction can be begun; 2 wrong usage; 3 no daemon runs
    (--no-start); 5 it does not answer. If it succeeds and cannot be committed, that error's.
    """
    import json
    import sys

    from heddle_client.guarded_run import run_guarded

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json):
        outcome = run_guarded(repo, command, message=message, thread=thread, start=not no_start)
    if as_json:
        sys.stderr.write(json.dumps(outcome.as_json()) + "\n")
    elif outcome.text:
        print_message(outcome.text)
    raise typer.Exit(outcome.code)
