"""`heddle agent list`."""

from __future__ import annotations

import typer

from heddle_supervisor.commands.options import Json
from heddle_supervisor.console import columns, print_result, reported_errors


def list_daemons(context: typer.Context, as_json: Json = False) -> None:
    """List the daemons of this user.

    JSON KEYS. daemons: a list of the objects that `heddle agent status --json` prints.
    """
    from heddle_supervisor.inspection import live_daemons

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json):
        found = [status for _config, status in live_daemons()]
        rows = [(str(d.pid), d.state, d.version or "?", d.repository) for d in found]
        text = columns([("PID", "STATE", "VERSION", "REPOSITORY"), *rows])
        print_result(
            text if found else "heddle agent: no daemon runs",
            {"daemons": [status.as_json() for status in found]},
            as_json=as_json,
        )
