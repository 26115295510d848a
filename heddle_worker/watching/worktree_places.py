"""The directories of a worktree in which something can happen that git sees."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from heddle_worker.repository.git_command import GitCommand
from heddle_worker.repository.repository import Repository
from heddle_worker.watching.directory_watch import Change, Place

WORKTREE: Final = "worktree"
"""The topic of all these places."""

_LISTING_SECONDS: Final = 30.0
# Our own directory, which changes whenever we look at something, and which git is told to ignore:
# if it is not told any more, whoever looks because of a change must not be the cause of the next.
_OURS: Final = b".heddle"


def worktree_places(root: Path) -> Iterator[Place]:
    """Yield the places of a worktree: the directories of its files that git does not ignore.

    Raises:
        RepositoryError: git cannot list them.
    """
    repository = Repository.open(root)
    git = GitCommand(repository.git_dir, repository.root)
    tracked = git.run("ls-files", "-z", "--cached", seconds=_LISTING_SECONDS)
    others = git.run(
        *("ls-files", "-z", "--others", "--exclude-standard", "--directory"),
        seconds=_LISTING_SECONDS,
    )
    yield _place(root)
    seen = {b""}
    for path in tracked.split(b"\0"):
        for directory in _directories_above(path, seen):
            yield _place(root / os.fsdecode(directory))
    for path in others.split(b"\0"):
        if path.partition(b"/")[0] == _OURS:
            continue
        for directory in _directories_above(path, seen):
            yield from map(_place, _all_below(root / os.fsdecode(directory)))


def _place(directory: Path) -> Place:
    return Place(directory, Change.EDITED, frozenset(), WORKTREE)


def _directories_above(path: bytes, seen: set[bytes]) -> Iterator[bytes]:
    """Yield the directories that a path lies in and that were not seen yet."""
    directory = path.rpartition(b"/")[0]
    while directory not in seen:
        seen.add(directory)
        yield directory
        directory = directory.rpartition(b"/")[0]


def _all_below(directory: Path) -> Iterator[Path]:
    """Yield a directory and all in it, but not what is a repository of its own."""
    for place, directories, files in os.walk(directory):
        if ".git" in directories or ".git" in files:
            directories.clear()
            continue
        yield Path(place)
