"""The directory in which git looks for a repository's hooks, and whose it is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from heddle_client.git_command import GitError, git
from heddle_client.visible import visible
from heddle_supervisor.errors import HeddleError
from heddle_supervisor.repository_location import RepositoryLocation, locate_repository


class HooksDirectoryError(HeddleError):
    """Shims cannot, or should not, be put where git looks for hooks."""


@dataclass(frozen=True, slots=True)
class HooksDirectory:
    """Where git looks for the hooks of a worktree.

    Attributes:
        path: absolute, and without links.
        origin: what has set `core.hooksPath`, as git names it; empty where nothing has.
        location: the repository.
        worktree: the root of the worktree that was asked about; None in a bare repository.
    """

    path: Path
    origin: str
    location: RepositoryLocation
    worktree: Path | None

    @property
    def is_shared(self) -> bool:
        """Whether it lies outside the repository, where other repositories may use it too."""
        homes = [self.location.common_dir, self.location.root]
        homes += [self.worktree] if self.worktree is not None else []
        return not any(self.path.is_relative_to(home.resolve()) for home in homes)

    def tracked_by(self) -> str:
        """Return a file of it that the repository's commits have, or will; empty for none.

        Raises:
            GitError: git cannot tell.
        """
        if self.worktree is None or not self.path.is_relative_to(self.worktree.resolve()):
            return ""
        if self.path.is_relative_to(self.location.common_dir):
            return ""
        files = git(self.worktree, "ls-files", "-z", "--", os.fspath(self.path))
        return os.fsdecode(files.split(b"\0", 1)[0])

    def require_installable(self, *, force: bool) -> None:
        """Require that shims may be put there.

        Args:
            force: accept a directory that others share, or that is part of the commits.

        Raises:
            HooksDirectoryError: it is no directory, another user's, not to be written, or, without
                `force`, not this repository's alone.
            GitError: git cannot tell.
        """
        shown = visible(os.fspath(self.path))
        if os.path.lexists(self.path):
            self._require_own(shown)
        if force:
            return
        if self.is_shared:
            raise HooksDirectoryError(
                f"{shown} lies outside the repository ({self._set_by()}), where other repositories "
                "may have their hooks too: --force installs the shims for all"
            )
        if tracked := self.tracked_by():
            raise HooksDirectoryError(
                f"{shown} is part of the commits ({visible(tracked)}), so that everybody would get "
                "the shims of this machine: --force installs them all the same"
            )

    def _require_own(self, shown: str) -> None:
        if not self.path.is_dir():
            raise HooksDirectoryError(
                f"{shown} is no directory ({self._set_by()}): git has no hooks"
            )
        owner = self.path.stat().st_uid
        if owner != os.geteuid():
            raise HooksDirectoryError(f"{shown} belongs to another user (uid {owner})")
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise HooksDirectoryError(f"{shown} cannot be written: run `chmod u+wx` on it")

    def _set_by(self) -> str:
        return f"core.hooksPath, set by {visible(self.origin)}" if self.origin else "a link"


def hooks_directory_of(repo: Path) -> HooksDirectory:
    """Return where git looks for the hooks of the worktree that a directory lies in.

    Raises:
        NotARepositoryError: it lies in none.
        GitError: git cannot tell.
    """
    location = locate_repository(repo)
    # Git resolves a relative core.hooksPath from where it runs hooks, which is the top.
    worktree = _worktree_of(repo) or _worktree_of(location.root)
    place = worktree or location.common_dir
    named = git(place, "rev-parse", "--git-path", "hooks")
    path = os.path.realpath(place / os.fsdecode(named.removesuffix(b"\n")))
    return HooksDirectory(Path(path), _origin(place), location, worktree)


def _worktree_of(repo: Path) -> Path | None:
    if git(repo, "rev-parse", "--is-inside-work-tree").strip() != b"true":
        return None
    top = git(repo, "rev-parse", "--show-toplevel")
    return Path(os.fsdecode(top.removesuffix(b"\n")))


def _origin(place: Path) -> str:
    """Return which file, or what else, sets `core.hooksPath`."""
    try:
        told = git(place, "config", "-z", "--show-origin", "--get", "core.hooksPath")
    except GitError:
        return ""
    return os.fsdecode(told.split(b"\0", 1)[0])
