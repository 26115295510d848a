"""Reads git's activity into the operation log as it happens, and hears of the other worker's.

Git writes in several steps: a ref, then the reflog of `HEAD`. What is read between two of them can
be misunderstood: the branch that `git switch -c` forks looks like one that nobody went to. So
the log is read once git has been quiet for a moment. Nothing else is waited for: not for a lock
that git holds, nor for the end of a rebase. Reflogs only grow, each line is true when it is
written, and a rebase that stops for an hour has moved `HEAD` all the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from heddle_worker.repository.errors import RepositoryError
from heddle_worker.store.errors import StoreError
from heddle_worker.store.tail import Tail
from heddle_worker.watching.directory_watch import Change, Place, WatchLostError
from heddle_worker.watching.quiet_watch import quiet_changes
from heddle_worker.watching.ref_places import ref_places

_HEAD_START: Final = 0.25
_PAUSE: Final = 0.05
_LONGEST: Final = 0.5
_RETRY_DELAYS: Final = (1.0, 10.0, 60.0, 600.0)
_BELL: Final = "bell"


class Watcher:
    """Watches for one active worker, on its event loop; what blocks is done in threads.

    Args:
        common_dir: of the repository.
        refresh: reads git's activity into the log.
        tail: of the log.
        head_start: seconds that the first calls have before watching begins.
        retry_delays: seconds before each further attempt after one that has failed; when they are
            used up, git's activity is read in when somebody asks for the log, and only then.

    Attributes:
        listeners: called on the event loop when refs may have moved, and the log tells of it.
        has_given_up: nothing more will be heard.
    """

    def __init__(
        self,
        common_dir: Path,
        refresh: Callable[[], object],
        tail: Tail,
        head_start: float = _HEAD_START,
        retry_delays: tuple[float, ...] = _RETRY_DELAYS,
    ) -> None:
        self.listeners: set[Callable[[], None]] = set()
        self.has_given_up = False
        self._common_dir = common_dir
        self._refresh = refresh
        self._tail = tail
        self._head_start = head_start
        self._retry_delays = retry_delays
        self._attempts = 0
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to watch, after a moment, with whatever has happened up to then."""
        self._task = asyncio.ensure_future(self._run())

    def stop(self) -> None:
        """Watch no more. What is being read in meanwhile still gets into the log."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        await asyncio.sleep(self._head_start)
        while True:
            try:
                await self._watch()
            except (WatchLostError, RepositoryError, StoreError) as error:
                if self._attempts == len(self._retry_delays):
                    self.has_given_up = True
                    self._call_listeners()
                    _say(f"{error}; it is read when somebody asks for the log")
                    return
                if self._attempts == 0:
                    _say(f"{error}; will try again")
                await asyncio.sleep(self._retry_delays[self._attempts])
                self._attempts += 1

    async def _watch(self) -> None:
        """Read in what happens, for as long as that can be done.

        Raises:
            WatchLostError: the repository cannot be watched.
            RepositoryError: its records cannot be read.
            StoreError: the log cannot be written.
        """
        changes = quiet_changes(
            self._common_dir,
            self._places,
            self._news,
            pause=_PAUSE,
            longest=_LONGEST,
            is_news=self._hear,
        )
        async with contextlib.aclosing(changes):
            async for _ in changes:
                # What rang before the bell was watched was not heard.
                self._tail.wake()
                await asyncio.to_thread(self._refresh)
                self._call_listeners()
                self._attempts = 0

    def _call_listeners(self) -> None:
        for listener in tuple(self.listeners):
            listener()

    def _places(self) -> Iterator[Place]:
        bell = self._tail.bell
        yield Place(bell.parent, Change.TOUCHED, frozenset({bell.name}), _BELL)
        yield from ref_places(self._common_dir)

    def _hear(self, topics: set[str]) -> bool:
        """Let the log's followers know that the bell rang; return whether git did something."""
        if _BELL in topics:
            self._tail.wake()
        return bool(topics - {_BELL})


def _say(text: str) -> None:
    sys.stderr.write(f"cannot watch git's activity: {text}\n")
