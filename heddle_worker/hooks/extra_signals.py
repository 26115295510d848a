"""Signals that hooks attach to a commit before it is there: kept until it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from heddle_worker.hooks.answers import Signals

_KEPT_SECONDS: Final = 60.0


class ExtraSignals:
    """Brings the signals of a question to the capture that it was about. On one thread.

    Args:
        attach: called with a state, its branch and its signals when the state is there.
    """

    def __init__(self, attach: Callable[[bytes, str, Signals], None]) -> None:
        self._attach = attach
        self._waiting: dict[str, tuple[float, Signals]] = {}

    def keep(self, thread: str, signals: Signals) -> None:
        """Keep what was attached to the next capture on a branch, in place of what waits there."""
        now = time.monotonic()
        self._waiting = {
            name: (until, kept) for name, (until, kept) in self._waiting.items() if until > now
        }
        self._waiting.pop(thread, None)
        if signals:
            self._waiting[thread] = (now + _KEPT_SECONDS, signals)

    def captured(self, state_id: bytes, thread: str) -> None:
        """Attach what waits for a capture on a branch to it."""
        until, signals = self._waiting.pop(thread, (0.0, ()))
        if until > time.monotonic():
            self._attach(state_id, thread, signals)
