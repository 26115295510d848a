"""When a call is made again, and when it is given up; the clock is a number here."""

from __future__ import annotations

from itertools import pairwise

import pytest

from heddle_client.errors import (
    AbortedError,
    CallError,
    CallTimeoutError,
    NotFoundError,
    NotServingError,
    UnavailableError,
    Violation,
)
from heddle_client.patience import SILENCE, Failure, Patience
from heddle_supervisor.errors import ExitCode

GONE = Failure("UNAVAILABLE", "connection refused")
BUSY = Failure("ABORTED", "try again", "TRANSACTION_BUSY")


def pauses(patience: Patience, failure: Failure, *, until: float) -> list[float]:
    """Return the pauses of attempts that take no time, up to a point in time."""
    now, found = 0.0, []
    while now < until:
        found.append(patience.pause_after(failure, now, now))
        now += found[-1]
    return found


def test_the_first_pause_is_short_and_the_later_ones_grow_to_a_quarter_of_a_second() -> None:
    found = pauses(Patience(0, 60), GONE, until=5)
    assert found[0] == 0.01
    assert all(later == min(0.25, 2 * earlier) for earlier, later in pairwise(found))


def test_nobody_has_answered_for_too_long() -> None:
    patience = Patience(0, 60)
    pauses(patience, GONE, until=SILENCE - 0.3)
    with pytest.raises(NotServingError, match="does not answer: connection refused") as caught:
        pauses(patience, GONE, until=SILENCE)
    assert (caught.value.exit_code, caught.value.code) == (ExitCode.UNHEALTHY, "UNAVAILABLE")


def test_one_that_was_being_answered_meets_another_failover() -> None:
    patience = Patience(0, 600)
    assert patience.pause_after(GONE, 0, 0) == 0.01
    assert patience.pause_after(GONE, 1, 100) == 0.01


def test_a_short_deadline_ends_it_sooner() -> None:
    with pytest.raises(NotServingError):
        pauses(Patience(0, 1), GONE, until=1)


def test_what_is_busy_is_waited_for_until_the_deadline() -> None:
    patience = Patience(0, 100)
    pauses(patience, BUSY, until=99)
    with pytest.raises(AbortedError, match="try again") as caught:
        patience.pause_after(BUSY, 99.9, 99.9)
    assert caught.value.reason == "TRANSACTION_BUSY"


def test_a_daemon_that_says_when_is_asked_then() -> None:
    failure = Failure("RESOURCE_EXHAUSTED", "too many", "TOO_MANY_CALLS", retry_after=3.0)
    assert Patience(0, 30).pause_after(failure, 0, 0) == 3.0
    with pytest.raises(CallError) as caught:
        Patience(0, 2).pause_after(failure, 0, 0)
    assert caught.value.code == "RESOURCE_EXHAUSTED"


def test_a_worker_that_says_what_it_waits_for_does_answer() -> None:
    failure = Failure("UNAVAILABLE", "index.lock is there", "WORKTREE_BUSY")
    with pytest.raises(UnavailableError, match=r"^index\.lock is there$"):
        pauses(Patience(0, 60), failure, until=60)


def test_a_reader_that_was_too_slow_may_read_on_and_a_subscriber_may_not() -> None:
    follower = Failure("RESOURCE_EXHAUSTED", "last seq was 7", "FOLLOWER_TOO_SLOW")
    assert Patience(0, 60).pause_after(follower, 0, 30) == 0.01
    subscriber = Failure("RESOURCE_EXHAUSTED", "too many wait", "SUBSCRIBER_TOO_SLOW")
    with pytest.raises(CallError, match="too many wait"):
        Patience(0, 60).pause_after(subscriber, 0, 30)


@pytest.mark.parametrize("code", ["INTERNAL", "UNKNOWN", "CANCELLED", "RESOURCE_EXHAUSTED"])
def test_any_other_failure_is_told_at_once(code: str) -> None:
    with pytest.raises(CallError, match="no") as caught:
        Patience(0, 60).pause_after(Failure(code, "no"), 0, 0)
    assert caught.value.code == code


def test_a_refusal_keeps_what_the_daemon_has_said_without_its_control_characters() -> None:
    details = (Violation("anchor.file", "is empty"),)
    failure = Failure("NOT_FOUND", "\x1b[2J\n", "STATE_NOT_FOUND", details)
    with pytest.raises(NotFoundError) as caught:
        Patience(0, 60).pause_after(failure, 0, 0)
    assert (str(caught.value), caught.value.reason) == (r"\e[2J\n", "STATE_NOT_FOUND")
    assert caught.value.details == details


def test_a_deadline_is_told_with_its_length() -> None:
    with pytest.raises(CallTimeoutError, match=r"within 2\.5 s") as caught:
        Patience(0, 2.5).pause_after(Failure("DEADLINE_EXCEEDED", "x"), 0, 2.5)
    assert caught.value.exit_code == ExitCode.TIMEOUT
