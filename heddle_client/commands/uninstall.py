"""`heddle hook uninstall`."""

from __future__ import annotations

from pathlib import Path

import typer

from heddle_client.visible import visible
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_result, reported_errors


def uninstall(context: typer.Context, repo: Repo = Path(), as_json: Json = False) -> None:
    """Take heddle's scripts away from git's hooks, and give back what was there.

    A hook that was kept gets its name back, with contents, mode and times as they were. If somebody
    has changed one of the scripts, nothing is changed.

    JSON KEYS. hooks_directory, removed: names of git's hooks.

    EXIT CODES. 0 done, also when there was nothing to do; 1 refused, or it cannot be written;
    2 wrong usage.
    """
    from heddle_client.hooks_directory import hooks_directory_of
    from heddle_client.installation import uninstall as take_away

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json):
        directory = hooks_directory_of(repo)
        removed = take_away(directory)
        print_result(
            f"heddle hook: {len(removed)} removed from {visible(str(directory.path))}",
            {"hooks_directory": str(directory.path), "removed": list(removed)},
            as_json=as_json,
        )
