"""Which worktrees are stopped at a conflict, and in which files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pygit2
from pygit2.enums import RepositoryOpenFlag

STOPPED_HEADS: Final = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD")
"""Files that git leaves while something that it stopped at waits to be settled."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """What git has stopped at in a worktree.

    Attributes:
        root: the worktree's.
        cause: the file in which git says what it was doing, and what the file says.
        paths: of the files in conflict.
    """

    root: Path
    cause: tuple[str, bytes]
    paths: tuple[bytes, ...]


def conflict_at(root: Path, git_dir: Path) -> Conflict | None:
    """Return what a worktree is stopped at, if there is anything."""
    for name in STOPPED_HEADS:
        try:
            content = (git_dir / name).read_bytes()
        except OSError:
            continue
        paths = _conflicted_paths(root)
        return Conflict(root, (name, content), paths) if paths else None
    return None


def _conflicted_paths(root: Path) -> tuple[bytes, ...]:
    try:
        handle = pygit2.Repository(os.fspath(root), RepositoryOpenFlag.NO_SEARCH)
        conflicts = handle.index.conflicts
        found = [] if conflicts is None else list(conflicts)
    except (pygit2.GitError, ValueError, OSError):
        # It is looked at again with the next change.
        return ()
    paths = {os.fsencode(side.path) for sides in found for side in sides if side is not None}
    return tuple(sorted(paths))
