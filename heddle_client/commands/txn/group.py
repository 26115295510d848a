"""`heddle txn`: the group."""

from __future__ import annotations

from typing import ClassVar

import typer

from heddle_supervisor.lazy_group import LazyGroup


class _TransactionGroup(LazyGroup):
    homes: ClassVar = {
        "run": "heddle_client.commands.txn.run:application",
        "begin": "heddle_client.commands.txn.begin:begin",
        "commit": "heddle_client.commands.txn.commit:commit",
        "abort": "heddle_client.commands.txn.abort:abort",
        "status": "heddle_client.commands.txn.status:status",
        "list": "heddle_client.commands.txn.list_transactions:list_transactions",
        "diff": "heddle_client.commands.txn.diff:diff",
        "restore": "heddle_client.commands.txn.restore:restore",
        "undo": "heddle_client.commands.txn.undo:undo",
    }


txn = typer.Typer(
    cls=_TransactionGroup,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Try something in the worktree, and keep all of it or take all of it back.",
)


@txn.callback()
def _txn() -> None:
    """Try something in the worktree, and keep all of it or take all of it back."""
