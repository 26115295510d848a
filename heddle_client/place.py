"""Whose daemon is asked, and about which worktree: found by the repository's layout alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from heddle_client.errors import NotServingError
from heddle_client.visible import visible
from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.repository_location import locate_repository


@dataclass(frozen=True, slots=True)
class Place:
    """Whose daemon is asked.

    Attributes:
        worktree: that the caller asks about: a linked one, the main one, or a bare repository.
        config: where the daemon's files are.
    """

    worktree: Path
    config: LocalDaemonConfig

    @classmethod
    def of(cls, repo: Path) -> Place:
        """Return the place of a repository, of a directory in it, or of a linked worktree.

        Raises:
            NotARepositoryError: it lies in none.
        """
        location = locate_repository(repo)
        return cls(location.worktree, LocalDaemonConfig.for_repository(location))

    @property
    def repo_path(self) -> str:
        """The worktree as requests name it.

        Raises:
            NotServingError: the path of a linked worktree is no UTF-8.
        """
        path = str(self.worktree)
        try:
            path.encode()
        except UnicodeEncodeError:
            if self.worktree == self.config.repository:
                return ""
            raise NotServingError(f"no request can name {visible(path)}: it is no UTF-8") from None
        return path
