"""Groups of commands whose modules are imported when the command is called, and not before.

Typer inspects every command of an application when it starts, which costs each command the time
of all the others.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

import typer
import typer.core
import typer.main

_WHOLE: Final = 1_000


class LazyGroup(typer.core.TyperGroup):
    """A group that knows its commands by name only, until one is wanted.

    A subclass says in `homes` where each command lives: `module:attribute`, which is a function,
    or the Typer application of a group below this one.
    """

    homes: ClassVar[Mapping[str, str]] = {}

    def list_commands(self, ctx: object) -> list[str]:
        """Return the names of the commands, in the order in which help shows them."""
        return list(self.homes)

    def get_command(self, ctx: object, cmd_name: str) -> Any:  # noqa: ANN401 - Typer hides the type
        """Import a command and return it; None where there is none of that name."""
        if cmd_name not in self.homes:
            return None
        module, _, attribute = self.homes[cmd_name].partition(":")
        found = getattr(importlib.import_module(module), attribute)
        application = found if isinstance(found, typer.Typer) else _single_command(found)
        command = typer.main.get_command(application)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - Typer hides the types
        """List the commands with their whole first sentences, which Typer would cut at a line."""
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        rows = [(name, found.get_short_help_str(_WHOLE)) for name, found in commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _single_command(function: Callable[..., Any]) -> typer.Typer:
    application = typer.Typer(
        add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
    )
    application.command()(function)
    return application
