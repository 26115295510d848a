"""`heddle hook install`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heddle_client.visible import visible
from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.console import print_result, reported_errors

_Closed = Annotated[
    bool,
    typer.Option(
        "--closed", help="Have git refuse commits, pushes and rebases while no daemon runs."
    ),
]
_Force = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Also into a directory that other repositories share or that is part of the "
        "commits, and also before hooks that look at their own name.",
    ),
]


def install(
    context: typer.Context,
    repo: Repo = Path(),
    closed: _Closed = False,
    force: _Force = False,
    as_json: Json = False,
) -> None:
    """Have git ask heddle before it commits, merges, pushes, rebases or makes a branch.

    A small script takes the place of each of git's hooks, in the directory where git looks for
    them. A hook that is there is kept as <hook>.before-heddle and runs first. What cannot be kept
    and run is refused, and then nothing is changed. To install again is harmless: it renews what is
    of another version, and leaves the rest as it is.

    JSON KEYS. hooks_directory, policy (open, closed), written, kept, chained: names of git's hooks.

    EXIT CODES. 0 installed; 1 refused, or it cannot be written; 2 wrong usage.
    """
    from heddle_client.hooks_directory import hooks_directory_of
    from heddle_client.installation import install as put
    from heddle_client.shim import own_interpreter
    from heddle_client.shim_protocol import CLOSED, OPEN

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json):
        directory = hooks_directory_of(repo)
        policy = CLOSED if closed else OPEN
        done = put(directory, own_interpreter(), policy=policy, force=force)
        text = f"heddle hook: {len(done.written)} written, {len(done.kept)} as they were, in "
        chained = [f"  runs first: {name}.before-heddle" for name in done.chained]
        body = {
            "hooks_directory": str(directory.path),
            "policy": policy,
            "written": list(done.written),
            "kept": list(done.kept),
            "chained": list(done.chained),
        }
        print_result(
            "\n".join([text + visible(str(directory.path)), *chained]), body, as_json=as_json
        )
