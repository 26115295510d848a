"""What differs between two trees, file by file, as values."""

from __future__ import annotations

import enum
import stat
from dataclasses import dataclass


class FileStatus(enum.Enum):
    """What became of a file; the values are the letters of `git diff --name-status`."""

    ADDED = "A"
    DELETED = "D"
    MODIFIED = "M"
    RENAMED = "R"
    TYPE_CHANGED = "T"


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A file in a tree.

    Attributes:
        path: as git has it.
        blob: raw object id of the contents; for a submodule, of its commit.
        mode: as in the tree, such as `0o100644`.
        content: the contents, for a file of a worktree that is in no object yet.
        is_left_out: it is such a file, and too large for its contents to be kept.
    """

    path: bytes
    blob: bytes
    mode: int
    content: bytes | None = None
    is_left_out: bool = False

    @property
    def is_regular(self) -> bool:
        """Whether it is a file with contents of its own: no symlink, no submodule."""
        return stat.S_ISREG(self.mode)


@dataclass(frozen=True, slots=True)
class Hunk:
    """A run of changed lines, without context, as in `git diff --unified=0`.

    Attributes:
        old_start, new_start: the first line, counted from 1; of an empty side, the line before.
        old_lines, new_lines: how many.
    """

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that differs.

    Attributes:
        status: what became of it.
        old, new: the two versions; the one that is not there is `None`.
        added_lines, removed_lines: as `git diff --numstat` counts them; 0 for a binary file.
        is_binary: git shows no lines of it.
        hunks: in their order; empty for a binary file.
        by_merge: the state is a merge, and this file is as in none of its parents.
    """

    status: FileStatus
    old: FileVersion | None
    new: FileVersion | None
    added_lines: int
    removed_lines: int
    is_binary: bool
    hunks: tuple[Hunk, ...]
    by_merge: bool = False

    @property
    def path(self) -> bytes:
        """Where it is, or was last."""
        version = self.new or self.old
        return version.path if version is not None else b""


@dataclass(frozen=True, slots=True)
class Diff:
    """What differs between two trees.

    Attributes:
        files: in the order of their paths; with renames found as `git diff -M` finds them.
        files_changed, added_lines, removed_lines: of all files, also of those left out.
        is_truncated: there are more files than are listed.
    """

    files: tuple[FileChange, ...]
    files_changed: int
    added_lines: int
    removed_lines: int
    is_truncated: bool = False
