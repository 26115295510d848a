"""`heddle agent`: the group."""

from __future__ import annotations

from typing import ClassVar

import typer

from heddle_supervisor.lazy_group import LazyGroup


class _AgentGroup(LazyGroup):
    homes: ClassVar = {
        "serve": "heddle_supervisor.commands.serve:serve",
        "status": "heddle_supervisor.commands.status:status",
        "stop": "heddle_supervisor.commands.stop:stop",
        "reload": "heddle_supervisor.commands.reload:reload",
        "logs": "heddle_supervisor.commands.logs:logs",
        "list": "heddle_supervisor.commands.list_daemons:list_daemons",
    }


agent = typer.Typer(
    cls=_AgentGroup,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Start, watch and stop the daemon of a git repository.",
)


@agent.callback()
def _agent() -> None:
    """Start, watch and stop the daemon of a git repository."""
