"""`heddle hook add`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from heddle_client.commands.options import open_client
from heddle_client.visible import visible
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_result, reported_errors

_UINT32_MAX: Final = 2**32 - 1


def add(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(help="What the command is called; a name taken is replaced.")
    ],
    command: Annotated[str, typer.Argument(help="The command, as the daemon is to run it.")],
    events: Annotated[
        list[str] | None,
        typer.Option("--event", "-e", metavar="EVENT", help="An event; more than once for more."),
    ] = None,
    timeout: Annotated[
        int,
        typer.Option("--timeout", min=0, max=_UINT32_MAX, help="Milliseconds; 0 for 5,000."),
    ] = 0,
    repo: Repo = Path(),
    as_json: Json = False,
) -> None:
    """Register a command to be run on events, all of them unless some are named.

    JSON KEYS. name, command, events (empty for all), timeout_ms.

    EXIT CODES. 0 registered; 1 refused; 3 no daemon runs; 5 it does not answer; 2 wrong usage.
    """
    as_json = as_json or context.obj
    with reported_errors(as_json=as_json), open_client(repo, start=False) as client:
        hook = client.hooks.register(name, command, events or (), timeout)
        named = ", ".join(map(visible, hook.events)) or "all events"
        print_result(
            f"heddle hook: {visible(hook.name)} runs on {named}, for {hook.timeout_ms} ms at most",
            {
                "name": hook.name,
                "command": hook.command,
                "events": list(hook.events),
                "timeout_ms": hook.timeout_ms,
            },
            as_json=as_json,
        )
