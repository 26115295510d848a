"""Keeps what the live end of the operation log offers, until it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from heddle_worker.store.operations import Operation
from heddle_worker.streams.follower import Hit


class Ear:
    """A member of the log's feed. On the event loop's thread."""

    def __init__(self) -> None:
        self._entries: list[Operation] = []
        self._news = asyncio.Event()
        self._failure: Exception | None = None

    def offer(self, entries: Sequence[tuple[Operation, Hit]]) -> None:
        """Take new entries."""
        self._entries += [entry for entry, _hit in entries]
        self._news.set()

    def fail(self, error: Exception) -> None:
        """Hear that nothing more will come."""
        self._failure = error
        self._news.set()

    def nudge(self) -> None:
        """Hear that something has happened which the log may not tell of."""
        self._news.set()

    async def more(self, unwanted: asyncio.Task[None]) -> list[Operation] | None:
        """Wait for entries, or a nudge; return `None` when nobody wants them any longer.

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
        if unwanted.done():
            unwanted.result()
            return None
        taken, self._entries = self._entries, []
        self._news.clear()
        return taken
