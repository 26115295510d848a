"""Tells of what git did, as it gets into the operation log, while anybody wants to know."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from heddle_worker.feed import Feed
from heddle_worker.follower import Hit
from heddle_worker.hooks.events import Event
from heddle_worker.hooks.git_activity import events_of
from heddle_worker.hooks.hub import HookHub
from heddle_worker.operation_log import OperationLog
from heddle_worker.store.operations import Operation, newest_seq
from heddle_worker.store.readers import Readers

_FRESH_SECONDS: Final = 60
"""A worker tells of what happened before it began if it takes another's place and this is no older.
"""

_RETRY_SECONDS: Final = 10.0

_PUSH_SECONDS: Final = 0.5
"""A push moves its branches one by one; when none has moved for so long, it is over."""


@dataclass(frozen=True, slots=True)
class _Push:
    """What a push has moved up to now, and when it counts as over."""

    refs: list[str]
    timer: asyncio.TimerHandle


class ActivityTeller:
    """Follows the operation log for one worker's hooks. On the event loop's thread.

    Args:
        feed: offers what the log gets.
        log: reads in what git did.
        readers: of the store.
        hub: is told of the events.
        remotes: returns the names of the repository's remotes; may block.
        say: writes a line to the daemon's log.
    """

    def __init__(
        self,
        feed: Feed,
        log: OperationLog,
        readers: Readers,
        hub: HookHub,
        remotes: Callable[[], Sequence[str]],
        say: Callable[[str], None],
    ) -> None:
        self._feed = feed
        self._log = log
        self._readers = readers
        self._hub = hub
        self._remotes = remotes
        self._say = say
        self._is_first = True
        self._pushes: dict[str, _Push] = {}

    async def run(self) -> None:
        """Tell of what happens, until cancelled."""
        while True:
            await self._hub.until_heard(True)
            try:
                await self._follow()
            except Exception as error:
                self._say(f"cannot tell hooks of what git did: {error}; will try again")
                await asyncio.sleep(_RETRY_SECONDS)

    async def _follow(self) -> None:
        """Tell while anybody listens."""
        ear = _Ear()
        async with self._feed.member(ear):
            backlog_end = await asyncio.to_thread(self._catch_up)
            # What happened before anybody listened is nobody's business.
            is_successor = self._is_first and self._hub.has_predecessor
            earliest = time.time() - _FRESH_SECONDS if is_successor else math.inf
            self._is_first = False
            self._hub.follows.set()
            unwanted = asyncio.ensure_future(self._hub.until_heard(False))
            try:
                while entries := await ear.more(unwanted):
                    fresh = [
                        entry
                        for entry in entries
                        if entry.seq > backlog_end or entry.timestamp_secs >= earliest
                    ]
                    await self._tell(fresh)
            finally:
                self._hub.follows.clear()
                unwanted.cancel()

    def _catch_up(self) -> int:
        """Read in what git did up to now; return the last entry's `seq`."""
        self._log.refresh()
        with self._readers.snapshot() as connection:
            return newest_seq(connection)

    async def _tell(self, entries: Sequence[Operation]) -> None:
        remotes = await asyncio.to_thread(self._remotes)
        for event in events_of(entries, remotes):
            if event.name == "post_push":
                self._gather(event)
                continue
            self._hub.tell(event)

    def _gather(self, event: Event) -> None:
        """Keep what a push has moved up to now, until it moves nothing more."""
        remote, refs = event.payload["remote"], event.payload["refs"]
        push = self._pushes.get(remote)
        if push is not None:
            push.timer.cancel()
            refs = [*push.refs, *refs]
        timer = asyncio.get_running_loop().call_later(_PUSH_SECONDS, self._tell_push, remote)
        self._pushes[remote] = _Push(refs, timer)

    def _tell_push(self, remote: str) -> None:
        refs = list(dict.fromkeys(self._pushes.pop(remote).refs))
        self._hub.tell(Event("post_push", {"remote": remote, "refs": refs}))


class _Ear:
    """Keeps what the feed offers until it is told."""

    def __init__(self) -> None:
        self._entries: list[Operation] = []
        self._news = asyncio.Event()
        self._failure: Exception | None = None

    def offer(self, entries: Sequence[tuple[Operation, Hit]]) -> None:
        self._entries += [entry for entry, _hit in entries]
        self._news.set()

    def fail(self, error: Exception) -> None:
        self._failure = error
        self._news.set()

    async def more(self, unwanted: asyncio.Task[None]) -> list[Operation]:
        """Wait for entries; return none when nobody wants them any longer.

        Raises:
            StoreError: nothing more will come.
        """
        news = asyncio.ensure_future(self._news.wait())
        waiting: set[asyncio.Future[Any]] = {news, unwanted}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
        if self._failure is not None:
            raise self._failure
        taken, self._entries = self._entries, []
        self._news.clear()
        return taken
