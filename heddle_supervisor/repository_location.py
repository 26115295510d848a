"""Finds a git repository from anywhere inside it, by its layout alone.

The rules are those of gitrepository-layout(5). Nothing of git is run or imported, since the
commands that ask for a daemon's state must answer in the time of a bare interpreter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from heddle_supervisor.errors import HeddleError

HEDDLE_DIRECTORY: Final = ".heddle"
_EXCLUDE_LINE: Final = f"/{HEDDLE_DIRECTORY}/".encode()
_POINTER_MAX: Final = 4096
_HEAD: Final = re.compile(rb"ref:\s*refs/|[0-9a-f]{40}")


class NotARepositoryError(HeddleError):
    """No git repository at a path or above it."""


@dataclass(frozen=True, slots=True)
class RepositoryLocation:
    """Where a repository is.

    Attributes:
        root: the main worktree's root, or the git directory itself where there is none beside it.
        common_dir: the git directory that all worktrees of the repository share.
        worktree: the root of the worktree that the search began in: `root`, or a linked one.
    """

    root: Path
    common_dir: Path
    worktree: Path

    @property
    def heddle_dir(self) -> Path:
        """The `.heddle` directory: one for all worktrees, whichever one the search began in."""
        beside = self.common_dir.parent if self.common_dir.name == ".git" else self.common_dir
        return beside / HEDDLE_DIRECTORY

    def exclude_heddle_dir(self) -> None:
        """Have git ignore the `.heddle` directory, by the repository's own `info/exclude`.

        Raises:
            OSError: the file cannot be read or written.
        """
        import fcntl

        exclude = self.common_dir / "info" / "exclude"
        if self.heddle_dir.parent == self.common_dir or _excludes(exclude):
            return
        exclude.parent.mkdir(exist_ok=True)
        # It is added to in place: the file may be a symlink, and its owner and mode are not ours.
        with exclude.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            text = file.read()
            if _EXCLUDE_LINE not in text.splitlines():
                end = b"\n" if text and not text.endswith(b"\n") else b""
                file.write(end + _EXCLUDE_LINE + b"\n")


def _excludes(exclude: Path) -> bool:
    try:
        return _EXCLUDE_LINE in exclude.read_bytes().splitlines()
    except FileNotFoundError:
        return False


def locate_repository(start: Path) -> RepositoryLocation:
    """Return the repository that `start` lies in: its root, a directory below, a linked worktree.

    Raises:
        NotARepositoryError: there is none.
    """
    try:
        directory = start.resolve(strict=True)
    except (OSError, RuntimeError):
        raise NotARepositoryError(f"{start} does not exist") from None
    for candidate in (directory, *directory.parents):
        location = _repository_at(candidate)
        if location is not None:
            return location
    raise NotARepositoryError(f"{directory} is not in a git repository: run `git init` there first")


def _repository_at(directory: Path) -> RepositoryLocation | None:
    pointer = directory / ".git"
    git_dir = _follow(pointer, b"gitdir: ") if pointer.is_file() else pointer
    if git_dir is not None and _is_git_dir(git_dir):
        common_dir = _common_dir(git_dir)
        is_main = common_dir == git_dir.resolve()
        root = directory if is_main else _main_root(common_dir)
        return RepositoryLocation(root, common_dir, directory)
    if _is_git_dir(directory):
        common_dir = _common_dir(directory)
        root = _main_root(common_dir)
        return RepositoryLocation(root, common_dir, root)
    return None


def _main_root(common_dir: Path) -> Path:
    return common_dir.parent if common_dir.name == ".git" else common_dir


def _common_dir(git_dir: Path) -> Path:
    shared = _follow(git_dir / "commondir", b"")
    return (shared or git_dir).resolve()


def _is_git_dir(path: Path) -> bool:
    if not _is_head(path / "HEAD"):
        return False
    common_dir = _common_dir(path)
    return (common_dir / "objects").is_dir() and (common_dir / "refs").is_dir()


def _is_head(path: Path) -> bool:
    """Return whether a file says what is checked out; without that, git knows no repository."""
    try:
        if path.is_symlink():
            return path.readlink().is_relative_to("refs")
        with path.open("rb") as file:
            return _HEAD.match(file.read(_POINTER_MAX)) is not None
    except OSError:
        return False


def _follow(pointer: Path, prefix: bytes) -> Path | None:
    """Return the path that a pointer file of git's holds, or None when it is no such file."""
    try:
        with pointer.open("rb") as file:
            content = file.read(_POINTER_MAX)
    except OSError:
        return None
    if not content.startswith(prefix):
        return None
    target = content.removeprefix(prefix).rstrip(b"\r\n")
    return pointer.parent / Path(target.decode(errors="surrogateescape")) if target else None
