"""What deaths add up to."""

from __future__ import annotations

import pytest

from heddle_supervisor.death_tally import DeathTally
from heddle_supervisor.restart_policy import RestartPolicy
from heddle_supervisor.worker_process import Death, WorkerState


def death(state: WorkerState, lasted: float = 0.0, *, cannot_boot: bool = False) -> Death:
    return Death(state.value, state, lasted, cannot_boot, "")


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
    tally.count(death(WorkerState.WARM, lasted=60.0))
    assert tally.delay(0.5) == 0


def test_a_worker_that_had_served_is_replaced_at_once_and_counts(tally: DeathTally) -> None:
    for _ in range(10):
        tally.count(death(WorkerState.ACTIVE))
        assert tally.delay(0.5) == 0
    assert tally.restarts == 10
    assert len(tally.recent) == 5


def test_a_worker_that_cannot_boot_is_not_tried_again(tally: DeathTally) -> None:
    tally.count(death(WorkerState.FORKED, cannot_boot=True))
    assert tally.delay(0.5) is None
