"""A copy of what is staged, for a command that wants to see the files that will be committed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final

from heddle_worker.hooks.keeping import Ended, Keeper, Order
from heddle_worker.snapshots.git import clean_environment

_WRITABLE: Final = 0o222
_PREFIX: Final = "heddle-index-"


class StagedTree:
    """A read-only copy of an index's files for the time of the context, where it is wanted.

    The index itself is copied before git looks at it: neither it nor the worktree is written.

    Args:
        keeper: runs git, so that it takes no longer than the hook may.
        root: the worktree's.
        index: the index; `None` for none.
        deadline: on the monotonic clock.
        wanted: whether there is to be a copy at all.

    Attributes:
        path: of the copy; `None` for none.
        failure: how making it has failed; `None` if it has not.
    """

    def __init__(
        self, keeper: Keeper, root: Path, index: Path | None, deadline: float, *, wanted: bool
    ) -> None:
        self._keeper = keeper
        self._root = root
        self._index = index if wanted else None
        self._deadline = deadline
        self._place: Path | None = None
        self.path: Path | None = None
        self.failure: Ended | None = None

    async def __aenter__(self) -> StagedTree:
        if self._index is None:
            return self
        self._place = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=_PREFIX))
        try:
            await self._fill(self._place, self._index)
        except BaseException:
            await asyncio.to_thread(_remove, self._place)
            raise
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._place is not None:
            await asyncio.shield(asyncio.to_thread(_remove, self._place))

    async def _fill(self, place: Path, index: Path) -> None:
        copy, tree = place / "index", place / "tree"
        tree.mkdir()
        with contextlib.suppress(FileNotFoundError):
            await asyncio.to_thread(shutil.copyfile, index, copy)
        words = ["git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"]
        words += ["checkout-index", "--all", "--quiet", f"--prefix={tree}/"]
        order = Order(
            words=words,
            environment={**clean_environment(), "GIT_INDEX_FILE": str(copy)},
            directory=self._root,
            given="",
            seconds=max(0.0, self._deadline - time.monotonic()),
        )
        ended = await self._keeper.run(order)
        if (ended.ending, ended.number) != ("exited", 0):
            self.failure = ended
        await asyncio.to_thread(_protect, tree)
        self.path = tree


def _protect(tree: Path) -> None:
    """Take the right to write away from all that is there; links have none."""
    for directory, _names, files in os.walk(tree):
        for path in (Path(directory, name) for name in files):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & ~_WRITABLE)
        place = Path(directory)
        place.chmod(place.stat().st_mode & ~_WRITABLE)


def _remove(place: Path) -> None:
    for directory, _names, _files in os.walk(place):
        with contextlib.suppress(OSError):
            Path(directory).chmod(0o700)
    shutil.rmtree(place, ignore_errors=True)
