"""When a call that failed is made again, and when it is given up. Without I/O or a clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from heddle_client.errors import (
    REFUSALS,
    CallError,
    CallTimeoutError,
    ClientError,
    NotServingError,
    Violation,
)
from heddle_client.visible import visible

SILENCE: Final = 15.0
"""Seconds for which no worker may answer before a call is given up: more than a failover takes."""
_ANSWERED: Final = 1.0
_PAUSE_FIRST: Final = 0.01
_PAUSE_MAX: Final = 0.25
# Any other reason of UNAVAILABLE tells of something that a worker which does answer waits for.
_NOBODY_ANSWERS: Final = frozenset({"", "WORKER_RETIRED", "DAEMON_STOPPING"})


@dataclass(frozen=True, slots=True)
class Failure:
    """How an attempt has failed.

    Attributes:
        code: the name of the gRPC status.
        text: what it says.
        reason: for machines; empty where nobody says.
        details: the fields at fault.
        retry_after: seconds after which the daemon wants to be asked again, where it says so.
    """

    code: str
    text: str
    reason: str = ""
    details: tuple[Violation, ...] = ()
    retry_after: float | None = None

    @classmethod
    def of_os_error(cls, error: OSError) -> Failure:
        """Return the failure of a connect."""
        return cls("UNAVAILABLE", error.strerror or str(error))

    @property
    def is_passing(self) -> bool:
        """Whether the same request, sent again, can succeed."""
        if self.code in ("UNAVAILABLE", "ABORTED") or self.retry_after is not None:
            return True
        # The daemon has let go of a reader that did not read; the record still has it all.
        return self.reason == "FOLLOWER_TOO_SLOW"

    @property
    def is_broken(self) -> bool:
        """Whether the connection is not to be used again: nobody has answered on it."""
        return self.is_passing or not self.reason

    def error(self) -> ClientError:
        """Return what the caller is told."""
        text = visible(self.text) or self.code
        if self.code == "UNAVAILABLE" and self.reason in _NOBODY_ANSWERS:
            return NotServingError(f"the daemon does not answer: {text}", reason=self.reason)
        refusal = REFUSALS.get(self.code, CallError)
        return refusal(text, code=self.code, reason=self.reason, details=self.details)


class Patience:
    """How long one call is tried. All times are of one clock that is never set back.

    Args:
        now: when it begins.
        seconds: that it has in all.
    """

    def __init__(self, now: float, seconds: float) -> None:
        self._seconds = seconds
        self._deadline = now + seconds
        self._unanswered_since = now
        self._pause = _PAUSE_FIRST

    def left(self, now: float) -> float:
        """Return the seconds that are left, at least 0."""
        return max(0.0, self._deadline - now)

    def pause_after(self, failure: Failure, began: float, now: float) -> float:
        """Return the seconds to wait until the next attempt.

        Args:
            failure: how the last one has failed.
            began: when that began.
            now: the present.

        Raises:
            ClientError: there is no use in another attempt, or no time for it.
        """
        if failure.code == "DEADLINE_EXCEEDED":
            raise CallTimeoutError(f"the daemon has not answered within {self._seconds:g} s")
        if not failure.is_passing:
            raise failure.error()
        until = self._deadline
        if failure.code == "UNAVAILABLE" and failure.retry_after is None:
            if now - began > _ANSWERED:
                # That one was being answered until now: what comes is another failover.
                self._unanswered_since, self._pause = now, _PAUSE_FIRST
            until = min(until, self._unanswered_since + SILENCE)
        else:
            # Somebody answers, even if it is only to say that one has to wait.
            self._unanswered_since = now
        pause = self._pause if failure.retry_after is None else failure.retry_after
        self._pause = min(_PAUSE_MAX, self._pause * 2)
        if now + pause >= until:
            raise failure.error()
        return pause
