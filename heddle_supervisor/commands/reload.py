"""`heddle agent reload`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heddle_supervisor.commands.options import Json, Repo, config_of
from heddle_supervisor.console import print_result, reported_errors


def reload(
    context: typer.Context,
    repo: Repo = Path(),
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, help="Seconds to wait for the new worker.")
    ] = 30.0,
    as_json: Json = False,
) -> None:
    """Replace the worker, without a failed call.

    If another version of heddle has been installed meanwhile, the daemon becomes that version:
    same pid, same lock, and the old worker serves until the new one does. A daemon in the state
    `failed` tries again.

    EXIT CODES. 0 a new worker serves; 1 it could not be started, the old one goes on; 3 no daemon
    runs here; 124 no new worker served within --timeout.
    """
    from heddle_supervisor.control import reload as reload_daemon

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json):
        found = reload_daemon(config_of(repo), timeout=timeout)
        body = {"reloaded": True, "pid": found.pid, "generation": found.generation}
        text = f"heddle agent: reloaded (generation {found.generation}, version {found.version})"
        print_result(text, {**body, "version": found.version}, as_json=as_json)
