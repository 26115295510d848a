"""A row of jobs for several takers, each of which had better do some of them."""

from __future__ import annotations

import queue
import threading
import time
from typing import Generic, TypeVar

_Job = TypeVar("_Job")


class Jobs(Generic[_Job]):
    """Jobs in the order in which they were put. Safe to be used by many threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: set[int] = set()
        self._row: list[tuple[int, _Job]] = []
        self._is_closed = False

    def put(self, job: _Job, taker: int) -> None:
        """Add a job.

        Args:
            job: to be done.
            taker: who had better do it, and does if it has nothing else to do.
        """
        with self._changed:
            self._row.append((taker, job))
            self._changed.notify_all()

    def take(self, taker: int, timeout: float | None = None) -> _Job | None:
        """Wait for a job and take it: the first one that has nobody better to do it.

        Returns:
            `None` when there are none left and none to come.

        Raises:
            queue.Empty: there was none for so many seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            self._waiting.add(taker)
            try:
                while (number := self._first_for(taker)) is None:
                    if self._is_closed and not self._row:
                        return None
                    left = None if deadline is None else deadline - time.monotonic()
                    if left is not None and left <= 0:
                        raise queue.Empty
                    self._changed.wait(left)
                return self._row.pop(number)[1]
            finally:
                self._waiting.discard(taker)
                # What waited for this one may now be done by another.
                self._changed.notify_all()

    def close(self) -> None:
        """Let those who wait go once everything is taken."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _first_for(self, taker: int) -> int | None:
        for number, (meant, _) in enumerate(self._row):
            if meant == taker or meant not in self._waiting:
                return number
        return None
