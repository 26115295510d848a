"""What differs between two states; nothing more is asked, so nothing more is read."""

from __future__ import annotations

import stat
from typing import Final, TypeAlias

import pygit2

from heddle_worker.repository.diff import FileVersion
from heddle_worker.repository.errors import RepositoryError
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.state_ids import commit_of
from heddle_worker.repository.trees import tree_of

_TREE: Final = 0o040000

_Entry: TypeAlias = tuple[bytes, int]
"""Raw id and mode."""


def touched_paths(repository: Repository, old: bytes, new: bytes) -> frozenset[bytes] | None:
    """Return the paths at which the trees of two commits have not the same file.

    It is `None` when one of the commits, or a part of its tree, is missing or not known.

    Args:
        repository: which has them, or had.
        old: raw id of one commit; empty when it is not known.
        new: raw id of the other.
    """
    if old == new:
        return frozenset()
    if not old:
        return None
    try:
        trees = [commit_of(repository, commit).tree_id.raw for commit in (old, new)]
        return frozenset(_differing(repository, *trees))
    except RepositoryError:
        return None


def touched_files(
    repository: Repository, old_tree: bytes, new_tree: bytes, most: int
) -> list[FileVersion]:
    """Return the regular files of two trees that differ, those of the one and of the other.

    It is empty when there are more than so many, or when something is missing.

    Args:
        repository: which has the trees.
        old_tree: raw id of the one.
        new_tree: raw id of the other.
        most: files that may differ.
    """
    try:
        trees = [tree_of(repository, tree) for tree in (old_tree, new_tree)]
        deltas = list(trees[0].diff_to_tree(trees[1]).deltas)
    except (RepositoryError, pygit2.GitError, KeyError, ValueError):
        return []
    if len(deltas) > most:
        return []
    return [
        FileVersion(side.raw_path, side.id.raw, int(side.mode))
        for delta in deltas
        for side in (delta.old_file, delta.new_file)
        if stat.S_ISREG(side.mode)
    ]


def _differing(repository: Repository, old: bytes, new: bytes) -> set[bytes]:
    found: set[bytes] = set()
    # Pairs of directories whose trees differ; an empty id stands for none.
    waiting = [(b"", old, new)] if old != new else []
    while waiting:
        prefix, before, after = waiting.pop()
        one, other = _entries(repository, before), _entries(repository, after)
        for name in one.keys() | other.keys():
            entries = one.get(name), other.get(name)
            if entries[0] == entries[1]:
                continue
            directories = _tree_of(entries[0]), _tree_of(entries[1])
            if directories[0] != directories[1]:
                waiting.append((prefix + name + b"/", *directories))
            if any(entry is not None and entry[1] != _TREE for entry in entries):
                found.add(prefix + name)
    return found


def _entries(repository: Repository, tree: bytes) -> dict[bytes, _Entry]:
    if not tree:
        return {}
    return {
        entry.raw_name or b"": (entry.id.raw, int(entry.filemode))
        for entry in tree_of(repository, tree)
    }


def _tree_of(entry: _Entry | None) -> bytes:
    """Return the id of an entry that is a directory; an empty one of any other."""
    return entry[0] if entry is not None and entry[1] == _TREE else b""
