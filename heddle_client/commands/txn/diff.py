"""`heddle txn diff`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from heddle_client.commands.options import NoStart, open_client
from heddle_client.commands.txn.options import ActiveTransaction
from heddle_client.visible import visible
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import columns, print_message, print_result, reported_errors


def diff(
    context: typer.Context,
    transaction: ActiveTransaction = "",
    stat: Annotated[
        bool, typer.Option("--stat", help="Only name the paths, and what became of each.")
    ] = False,
    snapshot: Annotated[
        str, typer.Option("--snapshot", help="Compare with this one that it keeps.")
    ] = "begin",
    repo: Repo = Path(),
    no_start: NoStart = False,
    as_json: Json = False,
) -> None:
    """Show what has changed in the worktree since a transaction began, as a patch.

    New files that git does not ignore are part of it. Where it goes to a file or a pipe, it is what
    `git apply` takes.

    JSON KEYS. transaction_id, changes: path, kind (added, modified, deleted, type-changed), side
    (index, worktree); diff (text, but with --stat), diff_truncated.

    EXIT CODES. 0 shown; 1 there is no such transaction, or the patch was cut off; 2 wrong usage; 3
    no daemon runs (--no-start); 5 it does not answer; 124 it has not answered in time.
    """
    from heddle_client.progress import progress
    from heddle_client.rendering.json_values import as_json as json_of
    from heddle_client.transaction_choice import chosen
    from heddle_supervisor.errors import ExitCode

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json):
        with progress("comparing"), open_client(repo, start=not no_start) as client:
            transaction_id = chosen(client, transaction)
            found = client.transactions.compare(transaction_id, snapshot, not stat)
        if as_json:
            body = {
                "transaction_id": transaction_id,
                "changes": json_of(found.changes),
                "diff_truncated": found.diff_truncated,
            }
            if not stat:
                body["diff"] = found.diff.decode(errors="backslashreplace")
            print_result("", body, as_json=True)
        elif stat and found.changes:
            rows = [(each.kind, each.side, visible(each.path)) for each in found.changes]
            print_result(columns(rows), {}, as_json=False)
        else:
            _show(found.diff)
        if found.diff_truncated:
            print_message("the patch was cut off: it does not fit into one reply; see --stat")
            raise typer.Exit(int(ExitCode.FAILURE))


def _show(patch: bytes) -> None:
    """Print a patch: byte for byte where a program reads it, harmless where a person does."""
    if sys.stdout.isatty():
        text = patch.decode(errors="backslashreplace")
        shown = ("\t".join(map(visible, line.split("\t"))) for line in text.splitlines())
        sys.stdout.writelines(f"{line}\n" for line in shown)
    else:
        sys.stdout.buffer.write(patch)
    sys.stdout.flush()
