"""The files in a tree."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

import pygit2

from heddle_worker.repository.diff import FileVersion
from heddle_worker.repository.errors import damaged, missing
from heddle_worker.repository.repository import Repository

_TREE: Final = 0o040000


def tree_of(repository: Repository, raw: bytes) -> pygit2.Tree:
    """Return the tree with a raw id.

    Raises:
        MissingObjectError: it is not there.
        DamagedRepositoryError: it cannot be read, or is no tree.
    """
    found = repository.look_up(raw)
    if found is None:
        raise missing("tree", raw)
    if not isinstance(found, pygit2.Tree):
        raise damaged(f"the tree {raw.hex()}", TypeError(f"it is a {found.type_str}"))
    return found


def files_of(repository: Repository, tree: bytes) -> Iterator[FileVersion]:
    """Yield the files of a tree and of all below it, in the order of their paths.

    Raises:
        MissingObjectError: a tree is not there.
        DamagedRepositoryError: a tree cannot be read.
    """
    # What is still to be yielded, the next at the end. A walk that recurses could be made to
    # exhaust the stack by a tree that is deep enough.
    waiting = _below(repository, tree, b"")
    while waiting:
        version = waiting.pop()
        if version.mode == _TREE:
            waiting += _below(repository, version.blob, version.path + b"/")
        else:
            yield version


def find_file(repository: Repository, tree: bytes, path: bytes) -> FileVersion | None:
    """Return the file at a path; `None` when there is none, or a directory.

    Raises:
        MissingObjectError: a tree on the way is not there.
        DamagedRepositoryError: a tree on the way cannot be read.
    """
    *directories, name = os.fsdecode(path).split("/")
    place = tree_of(repository, tree)
    for directory in directories:
        entry = _entry(place, directory)
        if entry is None or entry.filemode != _TREE:
            return None
        place = tree_of(repository, entry.id.raw)
    entry = _entry(place, name)
    if entry is None or entry.filemode == _TREE:
        return None
    return FileVersion(path, entry.id.raw, int(entry.filemode))


def _below(repository: Repository, tree: bytes, prefix: bytes) -> list[FileVersion]:
    below = [
        FileVersion(prefix + (entry.raw_name or b""), entry.id.raw, int(entry.filemode))
        for entry in tree_of(repository, tree)
    ]
    below.reverse()
    return below


def _entry(tree: pygit2.Tree, name: str) -> pygit2.Object | None:
    try:
        # To libgit2 a name would end at its first zero byte.
        return tree[name] if name and "\0" not in name else None
    except (KeyError, ValueError):
        return None
