"""The pause before the next worker is forked."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from heddle_supervisor.death_tally import DeathTally
from heddle_supervisor.event_loop import EventLoop, Timer


class Pacing:
    """One pause at a time, as long as the deaths before it ask for.

    Args:
        loop: wakes this when the pause is over.
        tally: of the deaths.
        longest: seconds to pause where the tally would rather give up.
        elapsed: called at the end of a pause.
    """

    def __init__(
        self, loop: EventLoop, tally: DeathTally, longest: float, elapsed: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._tally = tally
        self._longest = longest
        self._elapsed = elapsed
        self._pause: Timer | None = None

    def delay(self) -> float | None:
        """Return the seconds to pause now, or None to give up."""
        return self._tally.delay(random.random())  # noqa: S311 - jitter

    def pause(self, at_least: float = 0.0) -> None:
        """Begin a pause of at least so many seconds, instead of the one that may be under way."""
        self.cancel()
        delay = self.delay()
        due = time.monotonic() + max(self._longest if delay is None else delay, at_least)
        self._pause = self._loop.call_at(due, self._elapsed)

    def cancel(self) -> None:
        """End the pause without a call. Idempotent."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
