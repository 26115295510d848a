"""`heddle hook`: the group."""

from __future__ import annotations

from typing import ClassVar

import typer

from heddle_supervisor.lazy_group import LazyGroup


class _HookGroup(LazyGroup):
    homes: ClassVar = {
        "install": "heddle_client.commands.install:install",
        "uninstall": "heddle_client.commands.uninstall:uninstall",
        "list": "heddle_client.commands.list_hooks:list_hooks",
        "add": "heddle_client.commands.add:add",
        "remove": "heddle_client.commands.remove:remove",
        "test": "heddle_client.commands.emit:emit",
        "log": "heddle_client.commands.log:log",
    }


hook = typer.Typer(
    cls=_HookGroup,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Have programs asked about what git does, and told of it.",
)


@hook.callback()
def _hook() -> None:
    """Have programs asked about what git does, and told of it."""
