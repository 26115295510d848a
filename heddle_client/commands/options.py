"""Options that the commands have which ask the daemon, and the client that they lead to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heddle_supervisor.console import print_message

if TYPE_CHECKING:
    from heddle_client.client import Client

NoStart = Annotated[
    bool, typer.Option("--no-start", help="Fail if no daemon runs, instead of starting one.")
]


def open_client(repo: Path, *, start: bool) -> Client:
    """Return a client of the daemon of the repository that `repo` lies in.

    A daemon of another version is told of in one line.

    Raises:
        HeddleError: as `heddle_client.client.connect`.
    """
    import warnings

    from heddle_client.client import connect
    from heddle_client.errors import VersionSkewWarning
    from heddle_client.progress import progress

    with progress("waiting for the daemon"), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", VersionSkewWarning)
        client = connect(repo, start=start)
    for each in told:
        print_message(str(each.message))
    return client
