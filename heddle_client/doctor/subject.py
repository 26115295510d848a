"""What is examined."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.repository_location import RepositoryLocation, locate_repository


@dataclass(frozen=True, slots=True)
class Subject:
    """A repository and the place of its daemon.

    Attributes:
        repo: the directory that was asked about.
        location: the repository that it lies in.
        config: where the files of its daemon are.
    """

    repo: Path
    location: RepositoryLocation
    config: LocalDaemonConfig

    @classmethod
    def at(cls, repo: Path) -> Subject:
        """Return the subject of a directory.

        Raises:
            NotARepositoryError: it lies in no repository.
        """
        location = locate_repository(repo)
        return cls(repo, location, LocalDaemonConfig.for_repository(location))

    @property
    def store_path(self) -> Path:
        """The file of the store."""
        return self.config.state_dir / "heddle.db"
