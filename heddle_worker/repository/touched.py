"""Which paths differ between two states; nothing more is asked, so nothing more is read."""

from __future__ import annotations

import pygit2

from heddle_worker.repository.repository import Repository


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
        before, after = (
            repository.handle[pygit2.Oid(raw=commit)].peel(pygit2.Tree) for commit in (old, new)
        )
        deltas = before.diff_to_tree(after).deltas
        return frozenset(delta.new_file.raw_path for delta in deltas)
    except (KeyError, ValueError, pygit2.GitError):
        return None
