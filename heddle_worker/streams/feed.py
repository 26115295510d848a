"""The live end of the operation log: each new entry is read and encoded once for all followers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import CancelledError
from typing import Final, Protocol

from heddle_worker.operation_log import OperationLog
from heddle_worker.store.operation_query import OperationQuery
from heddle_worker.store.operations import Operation
from heddle_worker.store.tail import Tail
from heddle_worker.streams.follower import Follower, Hit, Recorded

_PAGE: Final = 256
_SLICE: Final = 8
"""Followers that are given something before whatever else the event loop has to do."""


class Member(Protocol):
    """Who is offered what the log gets. Its methods do not wait."""

    def offer(self, entries: Sequence[tuple[Operation, Hit]]) -> None:
        """Take new entries, in ascending order of `seq`."""

    def fail(self, error: Exception) -> None:
        """Hear that nothing more will come."""


class Feed:
    """The live end of the operation log, for all followers; lives on the event loop's thread.

    Args:
        tail: of the log; nobody else begins or ends it.
        log: gives what is on record.
        encode: turns an entry into what is sent, on any thread.
    """

    def __init__(self, tail: Tail, log: OperationLog, encode: Callable[[Operation], bytes]) -> None:
        self._tail = tail
        self._log = log
        self._encode = encode
        self._followers: dict[Member, None] = {}
        self._ear: _Ear | None = None

    @contextlib.asynccontextmanager
    async def follower(
        self, query: OperationQuery, cut_off: Callable[[Exception], None]
    ) -> AsyncIterator[Follower]:
        """Let a follower in for the time of the context.

        Args:
            query: what it wants, from which cursor on; the limit is the caller's business.
            cut_off: ends its call with a status, whatever its client does.

        Raises:
            StoreError: the log cannot be read.
        """
        follower = Follower(query, self._read, cut_off)
        async with self.member(follower):
            # What is read of the record from now on meets what comes live.
            yield follower

    @contextlib.asynccontextmanager
    async def member(self, member: Member) -> AsyncIterator[None]:
        """Offer every entry that is appended from now on to a member, within the context.

        Raises:
            StoreError: the log cannot be read.
        """
        if self._ear is None:
            self._ear = _Ear(self, self._encode)
            self._tail.begin(self._ear)
        self._followers[member] = None
        try:
            await asyncio.shield(self._ear.begun)
            yield
        finally:
            del self._followers[member]
            if not self._followers:
                self._end()

    async def hand_out(self, entries: list[tuple[Operation, Hit]]) -> None:
        """Give new entries to every follower, a few of them at a time."""
        for count, follower in enumerate(tuple(self._followers), 1):
            follower.offer(entries)
            if count % _SLICE == 0:
                await asyncio.sleep(0)

    def fail(self, error: Exception) -> None:
        """End all followers: nothing more will come."""
        for follower in self._followers:
            follower.fail(error)
        self._end()

    def _end(self) -> None:
        self._tail.end()
        self._ear = None

    def _read(self, query: OperationQuery) -> Recorded:
        page = self._log.page(query, _PAGE)
        hits = [Hit(entry.seq, self._encode(entry)) for entry in page.entries]
        return Recorded(hits, page.end, page.is_last)


class _Ear:
    """Takes what the tail reads, on its thread, and brings it to the feed, on the loop's."""

    def __init__(self, feed: Feed, encode: Callable[[Operation], bytes]) -> None:
        self._feed = feed
        self._encode = encode
        self._loop = asyncio.get_running_loop()
        self.begun = self._loop.create_future()

    def begin(self) -> None:
        self._loop.call_soon_threadsafe(self.begun.set_result, None)

    def take(self, entries: list[Operation]) -> None:
        live = [(entry, Hit(entry.seq, self._encode(entry))) for entry in entries]
        handing_out = self._feed.hand_out(live)
        try:
            handed_out = asyncio.run_coroutine_threadsafe(handing_out, self._loop)
        except RuntimeError:
            # The loop was closed meanwhile: whoever followed is gone.
            handing_out.close()
            return
        # Reading ahead of the followers would only pile up what they cannot take yet.
        with contextlib.suppress(CancelledError):
            handed_out.result()

    def fail(self, error: Exception) -> None:
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._fail, error)

    def _fail(self, error: Exception) -> None:
        if self.begun.done():
            self._feed.fail(error)
        else:
            self.begun.set_exception(error)
