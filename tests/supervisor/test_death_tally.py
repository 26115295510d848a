"""What deaths add up to."""

from __future__ import annotations

import time

import pytest

from heddle_supervisor.death_tally import DeathTally
from heddle_supervisor.restart_policy import RestartPolicy
from heddle_supervisor.worker_process import Death, WorkerState


def death(
    state: WorkerState, lasted: float = 0.0, *, cannot_boot: bool = False, reason: str = "killed"
) -> Death:
    return Death(reason, state, lasted, cannot_boot, "")


@pytest.fixture
def tally() -> DeathTally:
    return DeathTally(RestartPolicy(first=1.0, most=8.0, breaker=3))


@pytest.mark.parametrize("state", [WorkerState.FORKED, WorkerState.WARM, WorkerState.ACTIVATING])
def test_deaths_in_start_up_are_followed_by_pauses_until_it_gives_up(
    tally: DeathTally, state: WorkerState
) -> None:
    delays = []
    for _ in range(3):
        tally.count(death(state))
        delays.append(tally.delay(0.5))
    assert delays == [1.0, 2.0, None]
    assert tally.restarts == 0


def test_a_standby_that_has_stood_by_for_a_while_is_replaced_at_once(tally: DeathTally) -> None:
    tally.count(death(WorkerState.WARM))
    tally.count(death(WorkerState.WARM, lasted=1.0))
    assert tally.delay(0.5) == 0


def test_a_standby_that_dies_within_a_second_has_died_in_start_up(tally: DeathTally) -> None:
    tally.count(death(WorkerState.WARM, lasted=0.999))
    assert tally.delay(0.5) == 1.0


def test_a_worker_that_had_served_is_replaced_at_once_and_counts(tally: DeathTally) -> None:
    for _ in range(10):
        tally.count(death(WorkerState.ACTIVE))
        assert tally.delay(0.5) == 0
    assert tally.restarts == 10
    assert len(tally.recent) == 5


def test_a_worker_that_cannot_boot_is_not_tried_again(tally: DeathTally) -> None:
    tally.count(death(WorkerState.FORKED, cannot_boot=True))
    assert tally.delay(0.5) is None


def test_it_begins_with_nothing(tally: DeathTally) -> None:
    assert (tally.restarts, tally.failures, tally.recent, tally.last_error) == (0, 0, (), None)
    assert tally.delay(0.5) == 0


def test_the_last_replacements_are_kept_with_their_reasons(tally: DeathTally) -> None:
    began = int(time.time())
    for number in range(7):
        tally.count(death(WorkerState.ACTIVE, reason=f"death {number}"))
    assert [each.reason for each in tally.recent] == [f"death {number}" for number in range(2, 7)]
    assert all(began <= each.at <= time.time() for each in tally.recent)


def test_each_death_is_the_last_error_in_its_turn(tally: DeathTally) -> None:
    tally.count(death(WorkerState.ACTIVE, reason="killed by SIGKILL"))
    assert tally.last_error == "killed by SIGKILL"
    for reason in ("no such store", "no such table"):
        tally.count(death(WorkerState.FORKED, reason=reason))
        assert tally.last_error == reason


def test_an_error_in_start_up_is_not_covered_by_the_death_of_one_that_had_served(
    tally: DeathTally,
) -> None:
    tally.count(death(WorkerState.FORKED, reason="no such store"))
    tally.count(death(WorkerState.ACTIVE, reason="killed by SIGKILL"))
    assert tally.last_error == "no such store"
    tally.forgive()
    tally.count(death(WorkerState.ACTIVE, reason="killed by SIGKILL"))
    assert tally.last_error == "killed by SIGKILL"


def test_a_fork_that_fails_counts_as_a_death_in_start_up(tally: DeathTally) -> None:
    delays = []
    for _ in range(3):
        tally.count_failed_fork("no room for a process")
        delays.append(tally.delay(0.5))
    assert delays == [1.0, 2.0, None]
    assert tally.last_error == "no room for a process"
    assert (tally.restarts, tally.failures) == (0, 0)


def test_failures_are_counted_with_the_reason_that_is_known(tally: DeathTally) -> None:
    tally.count_failure("it cannot be imported")
    assert (tally.failures, tally.last_error) == (1, "it cannot be imported")
    tally.count_failure()
    assert (tally.failures, tally.last_error) == (2, "it cannot be imported")
    assert tally.delay(0.5) == 0


def test_what_is_forgiven_does_not_count_towards_giving_up(tally: DeathTally) -> None:
    for _ in range(2):
        tally.count(death(WorkerState.FORKED))
    tally.forgive()
    assert tally.delay(0.5) == 0
    tally.count(death(WorkerState.FORKED))
    assert tally.delay(0.5) == 1.0
