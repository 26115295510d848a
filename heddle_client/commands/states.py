"""What the commands share that take a STATE, or the worktree in its place."""

from __future__ import annotations

from pathlib import Path

from heddle_client.visible import visible
from heddle_supervisor.errors import HeddleError


class NoWorktreeError(HeddleError):
    """The repository is a bare one."""


def require_worktree(state: str, repository: Path) -> None:
    """Require that there is a worktree where no state is named.

    Raises:
        NoWorktreeError: there is none, and the worktree was asked for.
    """
    if not state and not (repository / ".git").exists():
        raise NoWorktreeError(
            f"{visible(str(repository))} is a bare repository: name a state, such as HEAD"
        )
