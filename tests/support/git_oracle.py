"""What git itself says of a change, to compare our answers with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from git_bytes import git_bytes

EMPTY_TREE: Final = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_HUNK: Final = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class Counted:
    """One line of `git diff --numstat`; a binary file counts 0 and 0."""

    path: bytes
    added: int
    removed: int
    is_binary: bool


def numstat(root: Path, old: str, new: str) -> list[Counted]:
    """Return what `git diff --numstat -M -z` says of two trees, by the new paths."""
    fields = git_bytes(root, "diff", "--numstat", "-M", "-z", "--no-ext-diff", old, new).split(
        b"\0"
    )
    found: list[Counted] = []
    place = 0
    while place < len(fields) - 1:
        added, removed, path = fields[place].split(b"\t", 2)
        place += 1
        if not path:
            path = fields[place + 1]
            place += 2
        is_binary = added == b"-"
        counts = (0, 0) if is_binary else (int(added), int(removed))
        found.append(Counted(path, *counts, is_binary))
    return found


def first_parent(root: Path, commit: str) -> str:
    """Return what a commit is compared with: its first parent, or the empty tree."""
    parents = git_bytes(root, "rev-list", "--parents", "-n1", commit).split()
    return parents[1].decode() if len(parents) > 1 else EMPTY_TREE
