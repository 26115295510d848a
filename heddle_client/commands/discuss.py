"""`heddle discuss`: the group."""

from __future__ import annotations

from typing import ClassVar

import typer

from heddle_supervisor.lazy_group import LazyGroup


class _DiscussGroup(LazyGroup):
    homes: ClassVar = {
        "open": "heddle_client.commands.discuss_open:discuss_open",
        "reply": "heddle_client.commands.discuss_reply:discuss_reply",
        "resolve": "heddle_client.commands.discuss_resolve:discuss_resolve",
        "list": "heddle_client.commands.discuss_list:discuss_list",
        "show": "heddle_client.commands.discuss_show:discuss_show",
    }


discuss = typer.Typer(
    cls=_DiscussGroup,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Talk about symbols, in discussions that stay with them.",
)


@discuss.callback()
def _discuss() -> None:
    """Talk about symbols, in discussions that stay with them."""
