"""Hears when the files of a worktree may have changed.

The system tells it, for every directory that has files which git does not ignore. Where it cannot,
or there are too many of them, the worktree is looked at from time to time; how often depends on
what a look costs.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

from heddle_worker.limits import MAX_WATCHED_DIRECTORIES
from heddle_worker.repository.errors import RepositoryError
from heddle_worker.repository.worktree_places import worktree_places
from heddle_worker.watching.directory_watch import DirectoryWatch, WatchLostError
from heddle_worker.watching.quieting import until_quiet

_QUIET: Final = 0.2
_LONGEST: Final = 2.0
_PAUSE: Final = 2.0
# A look takes at most a twentieth of the time.
_PAUSE_FACTOR: Final = 20
# After so many of them the system is asked again.
_PAUSES: Final = 30


class WorktreeWatch:
    """Watches one worktree, on the event loop; what blocks is done in threads.

    Args:
        root: of the worktree.
        most: directories that may be watched.
    """

    def __init__(self, root: Path, most: int = MAX_WATCHED_DIRECTORIES) -> None:
        self._root = root
        self._most = most
        self._news = asyncio.Event()

    def nudge(self) -> None:
        """Let it be looked at: something beside the files has changed."""
        self._news.set()

    async def changes(self) -> AsyncGenerator[None, None]:
        """Yield whenever the files may have changed and none did for a moment; the first at once.

        What happens while the caller looks is told of afterwards.
        """
        while True:
            with contextlib.suppress(WatchLostError, RepositoryError):
                async with contextlib.aclosing(self._heard()) as changes:
                    async for _ in changes:
                        yield
            for _ in range(_PAUSES):
                began = asyncio.get_running_loop().time()
                self._news.clear()
                yield
                took = asyncio.get_running_loop().time() - began
                await self._pause(max(_PAUSE, _PAUSE_FACTOR * took))

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    async def _heard(self) -> AsyncGenerator[None, None]:
        """Yield whenever the system tells of something.

        Raises:
            WatchLostError: it does not.
            RepositoryError: the files cannot be listed.
        """
        loop = asyncio.get_running_loop()
        watch = await asyncio.to_thread(DirectoryWatch, self._root)
        loop.add_reader(watch.fileno(), self._read, watch)
        try:
            watch.has_new_directories = True
            while True:
                if watch.has_new_directories:
                    await asyncio.to_thread(self._add_places, watch)
                if not watch.has_root:
                    raise WatchLostError(f"{self._root} was deleted or moved away")
                self._news.clear()
                yield
                await self._news.wait()
                await until_quiet(self._news, _QUIET, _LONGEST)
        finally:
            loop.remove_reader(watch.fileno())
            watch.close()

    def _add_places(self, watch: DirectoryWatch) -> None:
        places = []
        for place in worktree_places(self._root):
            places.append(place)
            if len(places) > self._most:
                raise WatchLostError(f"{self._root} has more than {self._most} directories")
        watch.add(places)

    def _read(self, watch: DirectoryWatch) -> None:
        if watch.read():
            self._news.set()
