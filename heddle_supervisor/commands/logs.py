"""`heddle agent logs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heddle_supervisor.commands.options import Json, Repo, config_of
from heddle_supervisor.console import print_result, reported_errors


def logs(
    context: typer.Context,
    repo: Repo = Path(),
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")
    ] = 20,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with each new line, until interrupted.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print the daemon's log.

    The oldest line comes first. A line is one event: its time (UTC), and then key=value: pid,
    role, event, and what the event tells. With --json each line is one JSON object of the same
    keys, the time as `time`.
    """
    from heddle_supervisor.log_files import follow_lines, parse_line, tail

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json):
        path = config_of(repo).log_path
        for line in follow_lines(path, lines) if follow else tail(path, lines):
            print_result(line, parse_line(line) if as_json else {}, as_json=as_json)
