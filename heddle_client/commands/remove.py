"""`heddle hook remove`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heddle_client.commands.options import open_client
from heddle_client.visible import visible
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_result, reported_errors


def remove(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The name under which it was registered.")],
    repo: Repo = Path(),
    as_json: Json = False,
) -> None:
    """Remove a registered command.

    JSON KEYS. deleted: whether there was one.

    EXIT CODES. 0 it is not registered any more, or never was; 1 refused; 3 no daemon runs; 5 it
    does not answer; 2 wrong usage.
    """
    as_json = as_json or context.obj
    with reported_errors(as_json=as_json), open_client(repo, start=False) as client:
        reply = client.hooks.deregister(name)
        what = "removed" if reply.deleted else "was not registered"
        print_result(
            f"heddle hook: {visible(name)} {what}", {"deleted": reply.deleted}, as_json=as_json
        )
