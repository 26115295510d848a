"""The subscribers that the worker before this one had, and the time that they have to come back."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import Final

from heddle_worker.hooks.events import Event
from heddle_worker.hooks.listening import ListeningFile
from heddle_worker.hooks.subscribers import Subscribers

_SECONDS: Final = 1.0


class Returning:
    """Waits for subscribers of a worker that was replaced or has died.

    Args:
        listening: tells who there was.
        subscribers: those who are here.
    """

    def __init__(self, listening: ListeningFile, subscribers: Subscribers) -> None:
        self._listening = listening
        self._subscribers = subscribers
        self._returned = asyncio.Event()
        self._recalling = threading.Lock()
        self._expected: dict[str, int] | None = None
        self._has_predecessor = False
        self._until = 0.0

    def recall(self) -> None:
        """Learn once what the worker before this one has left behind. On any thread; may block."""
        with self._recalling:
            if self._expected is None:
                self._has_predecessor = self._listening.exists()
                self._until = time.monotonic() + _SECONDS
                self._expected = dict(self._listening.subscribers())

    def is_successor(self) -> bool:
        """Return whether another worker told before this one, and was not told to end.

        On any thread; may block.
        """
        self.recall()
        return self._has_predecessor

    def note(self) -> None:
        """Note that somebody has come."""
        self._returned.set()

    async def wait(self, event: Event) -> None:
        """Give those who wanted an event the time to come back."""
        self.recall()
        expected = (self._expected or {}).get(event.name, 0)
        left = self._until - time.monotonic()
        if left <= 0 or len(self._subscribers.of(event)) >= expected:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(left):
                while len(self._subscribers.of(event)) < expected:
                    self._returned.clear()
                    await self._returned.wait()
