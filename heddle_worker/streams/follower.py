"""Following the operation log: what is on record, and then every new entry, each once.

A follower reads the record from the database, page by page. Near its end it begins to keep what
comes live, reads the record once more, and drops what it has met there. What it keeps is bounded:
one that lets it run full goes back to the record, and one whose client takes nothing at all for
twice as long is ended. So nobody waits for anybody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from heddle_worker.failures import FollowerTooSlowError
from heddle_worker.limits import MAX_BACKLOG
from heddle_worker.store.operation_filter import passes
from heddle_worker.store.operation_query import OperationQuery
from heddle_worker.store.operations import Operation


class Hit(NamedTuple):
    """An entry as it is sent."""

    seq: int
    encoded: bytes


@dataclass(frozen=True, slots=True)
class Recorded:
    """A part of what is on record.

    Attributes:
        hits: in ascending order of `seq`.
        end: nothing up to this `seq` is missing.
        is_last: there was no more when it was read.
    """

    hits: list[Hit]
    end: int
    is_last: bool


class Follower:
    """One client's way along the log, and what waits for it; on the event loop's thread.

    Args:
        query: what it wants, from which cursor on.
        read: reads on record; called in a thread.
        cut_off: ends the client's call with an error, whatever the client does.
    """

    def __init__(
        self,
        query: OperationQuery,
        read: Callable[[OperationQuery], Recorded],
        cut_off: Callable[[Exception], None],
    ) -> None:
        self._query = replace(query, after_seq=0, limit=0)
        self._after = query.after_seq
        self._read = read
        self._cut_off = cut_off
        self._sending: int | None = None
        self._untaken = 0
        self._backlog: list[Hit] = []
        self._keeps_backlog = False
        self._is_live = False
        self._news = asyncio.Event()
        self._failure: Exception | None = None

    async def more(self) -> Sequence[Hit]:
        """Wait for the next hits; return them.

        Raises:
            StoreError: the log cannot be read.
        """
        self._sending = None
        while True:
            hits = await (self._live() if self._is_live else self._recorded())
            if hits:
                return hits

    def sending(self, hit: Hit) -> None:
        """Note that the client has taken what was sent before, and is sent this now."""
        self._sending = hit.seq
        self._untaken = 0

    def offer(self, entries: Sequence[tuple[Operation, Hit]]) -> None:
        """Keep those of the new entries that the client wants, as long as there is room."""
        after, query = self._after, self._query
        wanted = [hit for entry, hit in entries if hit.seq > after and passes(query, entry)]
        if not wanted or self._failure is not None:
            return
        if self._keeps_backlog:
            self._backlog += wanted
            if len(self._backlog) > MAX_BACKLOG:
                self._go_back()
            self._news.set()
        if self._sending is not None:
            self._untaken += len(wanted)
            if self._untaken > 2 * MAX_BACKLOG:
                self._failure = _too_slow(self._sending)
                self._cut_off(self._failure)

    def fail(self, error: Exception) -> None:
        """Let it end: nothing more will come."""
        self._failure = error
        self._news.set()

    def _go_back(self) -> None:
        """Drop what was kept: it will be read from the record."""
        self._backlog.clear()
        self._keeps_backlog = self._is_live = False

    async def _recorded(self) -> Sequence[Hit]:
        query = replace(self._query, after_seq=self._after)
        page = await asyncio.to_thread(self._read, query)
        self._after = page.end
        if page.is_last:
            # Once more when what comes is kept: what came in between was in neither.
            self._is_live = self._keeps_backlog
            self._keeps_backlog = True
        return page.hits

    async def _live(self) -> Sequence[Hit]:
        while not self._backlog and self._is_live:
            if self._failure is not None:
                raise self._failure
            self._news.clear()
            await self._news.wait()
        hits = [hit for hit in self._backlog if hit.seq > self._after]
        self._backlog.clear()
        if hits:
            self._after = hits[-1].seq
        return hits


def _too_slow(sent: int) -> FollowerTooSlowError:
    return FollowerTooSlowError(
        "new entries pile up while none is taken; read on, or resume with after_seq "
        f"{sent}, the last one that was sent"
    )
