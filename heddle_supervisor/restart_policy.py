"""When to fork again after a worker's death. Pure: the deaths and a random number come in.

A worker that had served is replaced at once, however often: it may be killed ten times a second.
What counts is deaths in start-up, in a row: they are retried after a pause that doubles, with
jitter so that many daemons of one machine do not come back in step, until the breaker gives up.
"""

from __future__ import annotations

from dataclasses import dataclass

_JITTER = 0.25
# More doublings than any limit leaves room for, and fewer than overflow a float.
_DOUBLINGS_MAX = 64


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """The limits that turn a number of deaths into a decision.

    Attributes:
        first: seconds before the second attempt.
        most: seconds that a pause never exceeds, jitter apart.
        breaker: deaths in start-up, in a row, after which nothing more is tried.
    """

    first: float
    most: float
    breaker: int

    def delay(self, early_deaths: int, jitter: float) -> float | None:
        """Return the seconds to wait after so many deaths in start-up in a row, or None to give up.

        Args:
            early_deaths: 0 when the worker that died had served.
            jitter: a random number in [0, 1).
        """
        if early_deaths == 0:
            return 0.0
        if early_deaths >= self.breaker:
            return None
        doublings = min(early_deaths - 1, _DOUBLINGS_MAX)
        pause = min(self.most, self.first * 2.0**doublings)
        return pause * (1 + _JITTER * (2 * jitter - 1))
