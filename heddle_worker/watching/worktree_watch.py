"""Hears when the files of a worktree may have changed.

The system tells it, for every directory that has files which git does not ignore. Where it cannot,
or there are too many of them, the worktree is looked at from time to time; how often depends on
what a look costs.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

from heddle_worker.limits import MAX_WATCHED_DIRECTORIES
from heddle_worker.repository.errors import RepositoryError
from heddle_worker.watching.directory_watch import Place, WatchLostError
from heddle_worker.watching.quiet_watch import quiet_changes
from heddle_worker.watching.worktree_places import worktree_places

_PAUSE: Final = 0.2
_LONGEST: Final = 2.0
# Between two looks, where the system tells nothing.
_LOOK_SECONDS: Final = 2.0
# A look takes at most a twentieth of the time.
_LOOK_FACTOR: Final = 20
# After so many of them the system is asked again.
_LOOKS: Final = 30


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
            for _ in range(_LOOKS):
                began = asyncio.get_running_loop().time()
                self._news.clear()
                yield
                took = asyncio.get_running_loop().time() - began
                await self._pause(max(_LOOK_SECONDS, _LOOK_FACTOR * took))

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    def _heard(self) -> AsyncGenerator[None, None]:
        """Yield whenever the system tells of something; see `quiet_changes`."""
        return quiet_changes(self._root, self._places, self._news, pause=_PAUSE, longest=_LONGEST)

    def _places(self) -> list[Place]:
        places = list(itertools.islice(worktree_places(self._root), self._most + 1))
        if len(places) > self._most:
            raise WatchLostError(f"{self._root} has more than {self._most} directories")
        return places
