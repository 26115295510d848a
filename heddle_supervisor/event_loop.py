"""Waiting for descriptors, timers and signals at once: one thread, no polling, no tick."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import selectors
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType
from typing import Final, Protocol

# Woken later than this after the time that was asked for, the process itself had been stopped.
_LATE: Final = 1.0


class _HasFileno(Protocol):
    def fileno(self) -> int: ...


class Timer:
    """A call to be made later, unless cancelled."""

    def __init__(self, callback: Callable[[], object]) -> None:
        self._callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        """Make the call never happen. Idempotent."""
        self._callback = None

    @property
    def pending(self) -> bool:
        """Whether the call is still to be made."""
        return self._callback is not None

    def fire(self) -> None:
        """Make the call, once."""
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()


class EventLoop:
    """Turns wake-ups into callbacks, one after another, on the calling thread.

    Signals reach it through a wake-up descriptor (`signal.set_wakeup_fd`), so a callback for one
    runs like any other, never in the middle of another. Times are `time.monotonic()` seconds.
    """

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._signal_callbacks: dict[int, Callable[[], object]] = {}
        self._previous_handlers: dict[
            int, signal.Handlers | Callable[..., object] | int | None
        ] = {}
        self._stopping = False
        self._suspended = False
        self._wakeup_read, self._wakeup_write = socket.socketpair()
        for end in (self._wakeup_read, self._wakeup_write):
            end.setblocking(False)
        self._arrived: list[int] = []
        self._previous_wakeup = signal.set_wakeup_fd(
            self._wakeup_write.fileno(), warn_on_full_buffer=False
        )
        self.add_reader(self._wakeup_read, self._read_signals)

    @property
    def was_suspended(self) -> bool:
        """Whether this turn began so late that the process itself must have been stopped."""
        return self._suspended

    def add_reader(self, source: int | _HasFileno, callback: Callable[[], object]) -> None:
        """Call back whenever `source` is readable or at its end."""
        self._selector.register(source, selectors.EVENT_READ, callback)

    def remove_reader(self, source: int | _HasFileno) -> None:
        """Forget a source; do this before closing it. Idempotent."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(source)

    def on_signal(self, signum: signal.Signals, callback: Callable[[], object]) -> None:
        """Call back, from the loop, when the signal arrives."""
        self._signal_callbacks[signum] = callback
        self._previous_handlers[signum] = signal.signal(signum, self._note_signal)

    def take_signals(self) -> list[int]:
        """Return the signals that have arrived and were not handled; they will not be."""
        arrived, self._arrived = self._arrived, []
        return arrived

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        """Call back at `when`, or as soon after as the loop gets there."""
        timer = Timer(callback)
        heapq.heappush(self._timers, (when, next(self._order), timer))
        return timer

    def run(self) -> None:
        """Turn until `stop`, which may have been called already."""
        while not self._stopping:
            self._turn()
        self._stopping = False

    def stop(self) -> None:
        """End `run` after the current callback."""
        self._stopping = True

    def close(self) -> None:
        """Give descriptors back and restore the signal handlers found at the start."""
        signal.set_wakeup_fd(self._previous_wakeup)
        for signum, handler in self._previous_handlers.items():
            signal.signal(signum, handler if handler is not None else signal.SIG_DFL)
        self._selector.close()
        self._wakeup_read.close()
        self._wakeup_write.close()

    def _turn(self) -> None:
        due = self._next_due()
        timeout = None if due is None else max(0.0, due - time.monotonic())
        ready = self._selector.select(timeout)
        self._suspended = due is not None and time.monotonic() - due > _LATE
        for key, _mask in ready:
            # A callback before this one may have closed the source, or reused its descriptor.
            if not self._stopping and self._selector.get_map().get(key.fd) is key:
                key.data()
        while not self._stopping and self._is_due():
            heapq.heappop(self._timers)[2].fire()

    def _is_due(self) -> bool:
        due = self._next_due()
        return due is not None and due <= time.monotonic()

    def _next_due(self) -> float | None:
        while self._timers and not self._timers[0][2].pending:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def _note_signal(self, signum: int, _frame: FrameType | None) -> None:
        """Remember a signal; its number in the wake-up descriptor, which may be full, wakes us."""
        self._arrived.append(signum)

    def _read_signals(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wakeup_read.recv(4096)
        # One by one: what a callback may never return to is to be found by `take_signals`.
        while self._arrived:
            signum = self._arrived.pop(0)
            if not self._stopping:
                self._signal_callbacks[signum]()
