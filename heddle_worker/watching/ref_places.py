"""Where in a repository something changes whenever a ref or the reflog of a `HEAD` does.

Whatever git stops at is among them, and the end of a rebase: it leaves something beside `HEAD`.

Neither the objects nor the worktrees are among these places, nor the reflogs of branches: git
writes such a line only when it replaces the branch's ref, too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from heddle_worker.repository.conflicts import STOPPED_HEADS
from heddle_worker.watching.directory_watch import Change, Place

REFS: Final = "refs"
"""The topic of all these places."""

_BESIDE_HEAD: Final = frozenset({*STOPPED_HEADS, "rebase-merge", "rebase-apply"})
_ANY: Final = frozenset[str]()


def ref_places(common_dir: Path) -> Iterator[Place]:
    """Yield the places of a repository, each one before it is looked into for further ones."""
    at_top = _BESIDE_HEAD | {"HEAD", "packed-refs", "logs", "refs", "worktrees"}
    yield Place(common_dir, Change.REPLACED, at_top, REFS)
    yield _head_log(common_dir)
    yield Place(common_dir / "refs", Change.REPLACED, _ANY, REFS)
    for kind in ("heads", "tags", "remotes"):
        waiting = [common_dir / "refs" / kind]
        while waiting:
            directory = waiting.pop()
            yield Place(directory, Change.REPLACED, _ANY, REFS)
            waiting += _directories_in(directory)
    worktrees = common_dir / "worktrees"
    yield Place(worktrees, Change.REPLACED, _ANY, REFS)
    for worktree in _directories_in(worktrees):
        of_worktree = _BESIDE_HEAD | {"HEAD", "logs"}
        yield Place(worktree, Change.REPLACED, of_worktree, REFS)
        yield _head_log(worktree)


def _head_log(directory: Path) -> Place:
    return Place(directory / "logs", Change.WRITTEN, frozenset({"HEAD"}), REFS)


def _directories_in(directory: Path) -> list[Path]:
    try:
        return [
            Path(entry.path)
            for entry in os.scandir(directory)
            if entry.is_dir(follow_symlinks=False)
        ]
    except (FileNotFoundError, NotADirectoryError):
        return []
