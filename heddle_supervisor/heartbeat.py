"""A page of memory shared by a worker and its supervisor: heartbeats, and when it was last used.

A beat is one store of the monotonic clock, so beating wakes nobody; the supervisor reads the page
when a deadline passes. `time.monotonic()` is the system's clock on Linux and macOS: both
processes read the same one, and it stands still while the machine sleeps.

The layout is part of the interface between versions: after an upgrade in place a new supervisor
reads the page of a worker that the old one has forked.
"""

from __future__ import annotations

import enum
import mmap
import os
import struct
import sys
import tempfile
import time
from typing import Final

_BEAT: Final = struct.Struct("=d")
_USE: Final = struct.Struct("=dq")
_USE_OFFSET: Final = 256


class Part(enum.IntEnum):
    """The parts of a worker that beat on their own; the value is the slot in the page."""

    EVENT_LOOP = 0
    STORE_WRITER = 1


class Heartbeat:
    """The shared page; made by the supervisor before it forks, inherited by the worker."""

    def __init__(self, descriptor: int | None = None) -> None:
        """Make a page, or map the one behind a descriptor that was handed over.

        Raises:
            OSError: the system has no room for it.
        """
        fresh = descriptor is None
        self._descriptor = _page_file() if descriptor is None else descriptor
        try:
            self._page = mmap.mmap(self._descriptor, mmap.PAGESIZE)
        except OSError:
            os.close(self._descriptor)
            raise
        if fresh:
            for part in Part:
                self.beat(part)
            self.note_use(0)

    def fileno(self) -> int:
        """Return the descriptor of the page's memory."""
        return self._descriptor

    def beat(self, part: Part) -> None:
        """Record that `part` is alive now."""
        _BEAT.pack_into(self._page, part * _BEAT.size, time.monotonic())

    def last(self) -> tuple[float, Part]:
        """Return the oldest of the parts' last beats (monotonic seconds) and whose it is."""
        return min((_BEAT.unpack_from(self._page, part * _BEAT.size)[0], part) for part in Part)

    def note_use(self, in_flight: int) -> None:
        """Record that calls came or went, and how many are in flight now."""
        _USE.pack_into(self._page, _USE_OFFSET, time.monotonic(), in_flight)

    def last_use(self) -> float:
        """Return when the worker was last in use (monotonic seconds): now, with calls in flight."""
        when, in_flight = _USE.unpack_from(self._page, _USE_OFFSET)
        return time.monotonic() if in_flight else float(when)

    def close(self) -> None:
        """Give the page back."""
        self._page.close()
        os.close(self._descriptor)


def _page_file() -> int:
    if sys.platform == "linux":
        descriptor = os.memfd_create("heddle-heartbeat", os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, mmap.PAGESIZE)
    return descriptor
