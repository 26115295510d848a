"""Options that several commands have, and the configuration that they lead to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.repository_location import locate_repository

Repo = Annotated[
    Path, typer.Option("--repo", help="The repository, any directory in it, or a linked worktree.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, also for an error.")]


def config_of(repo: Path) -> LocalDaemonConfig:
    """Return the configuration of the daemon of the repository that `repo` lies in.

    Raises:
        NotARepositoryError: it lies in none.
    """
    return LocalDaemonConfig.for_repository(locate_repository(repo))
