"""What the deaths of a daemon's workers add up to, and when to try again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from heddle_supervisor.restart_policy import RestartPolicy
from heddle_supervisor.worker_process import Death, WorkerState

_REMEMBERED: Final = 5
# A standby that dies sooner has not shown that those after it will live.
_PROBATION_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Restart:
    """One replacement of a worker that had served.

    Attributes:
        at: when, in seconds since the epoch.
        reason: why, as one phrase.
    """

    at: int
    reason: str


class DeathTally:
    """Counts deaths: those of workers that had served, and those in start-up in a row."""

    def __init__(self, policy: RestartPolicy) -> None:
        self._policy = policy
        self._early_deaths = 0
        self.restarts = 0
        self.failures = 0
        self.recent: tuple[Restart, ...] = ()
        self.last_error: str | None = None

    def count(self, death: Death) -> None:
        """Take note of a death that nobody asked for.

        An error in start-up says more than the death of a worker that had served before it, which
        may become known later.
        """
        if death.state is not WorkerState.ACTIVE or self._early_deaths == 0:
            self.last_error = death.reason
        if _is_early(death):
            self._early_deaths = (
                self._policy.breaker if death.cannot_boot else self._early_deaths + 1
            )
        elif death.state is WorkerState.WARM:
            self._early_deaths = 0
        elif death.state is WorkerState.ACTIVE:
            self.restarts += 1
            latest = Restart(int(time.time()), death.reason)
            self.recent = (*self.recent, latest)[-_REMEMBERED:]

    def count_failed_fork(self, reason: str) -> None:
        """Take note that a worker could not even be forked."""
        self.last_error = reason
        self._early_deaths += 1

    def count_failure(self, reason: str | None = None) -> None:
        """Take note that what was tried has come to nothing, for a reason that may be known."""
        self.last_error = reason or self.last_error
        self.failures += 1

    def forgive(self) -> None:
        """Begin anew: a worker serves, or a person has asked to try again."""
        self._early_deaths = 0

    def delay(self, jitter: float) -> float | None:
        """Return the seconds to wait before the next attempt, or None to make none."""
        return self._policy.delay(self._early_deaths, jitter)


def _is_early(death: Death) -> bool:
    if death.state is WorkerState.WARM:
        return death.lasted < _PROBATION_SECONDS
    return death.state in (WorkerState.FORKED, WorkerState.ACTIVATING)
