"""Arguments and options that the commands of `heddle txn` share."""

from __future__ import annotations

from typing import Annotated

import typer


def _active(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    from heddle_client.transaction_choice import kept_transactions

    return kept_transactions(context.params.get("repo"), incomplete, aborted=False)


def _aborted(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    from heddle_client.transaction_choice import kept_transactions

    return kept_transactions(context.params.get("repo"), incomplete, aborted=True)


ActiveTransaction = Annotated[
    str,
    typer.Argument(
        metavar="[ID]",
        help="The transaction, or the beginning of its id; the active one of this worktree.",
        autocompletion=_active,
        show_default=False,
    ),
]
AbortedTransaction = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="The transaction, or the beginning of its id.",
        autocompletion=_aborted,
    ),
]
Message = Annotated[str, typer.Option("--message", "-m", help="What it is for, for people.")]
Thread = Annotated[
    str,
    typer.Option("--thread", help="The branch whose tip is the base; the one checked out."),
]
