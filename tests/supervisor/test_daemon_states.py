"""The table of the state machine, looked at as data."""

from __future__ import annotations

import inspect

from heddle_supervisor.daemon_states import DaemonState, Event
from heddle_supervisor.records import _PUBLIC_STATES
from heddle_supervisor.status_file import PublicState
from heddle_supervisor.steps import Steps
from heddle_supervisor.transitions import TRANSITIONS

ENDING = (DaemonState.DRAINING, DaemonState.STOPPED)


def test_every_state_has_its_row_and_its_public_name() -> None:
    assert set(TRANSITIONS) == set(_PUBLIC_STATES) == set(DaemonState)
    assert set(_PUBLIC_STATES.values()) == set(PublicState)


def test_every_action_is_a_step_of_the_supervisor() -> None:
    methods = {function for _, function in inspect.getmembers(Steps, inspect.isfunction)}
    for row in TRANSITIONS.values():
        for event, action in row.items():
            assert isinstance(event, Event)
            assert action in methods
            assert list(inspect.signature(action).parameters) == ["self"]


def test_every_state_can_be_left_by_a_stop() -> None:
    for state in set(DaemonState) - set(ENDING):
        assert TRANSITIONS[state][Event.STOP] is Steps.drain
        assert TRANSITIONS[state][Event.FILES_VANISHED] is Steps.drain
    assert TRANSITIONS[DaemonState.DRAINING][Event.STOP] is Steps.kill_all
    assert TRANSITIONS[DaemonState.STOPPED] == {}


def test_a_daemon_that_drains_only_ever_ends() -> None:
    assert set(TRANSITIONS[DaemonState.DRAINING].values()) == {
        Steps.end_when_alone,
        Steps.kill_all,
    }
    exits = {Event.NEXT_EXITED, Event.ACTIVE_EXITED, Event.FORMER_EXITED}
    for event in exits:
        assert TRANSITIONS[DaemonState.DRAINING][event] is Steps.end_when_alone


def test_the_death_of_the_worker_that_serves_is_never_overlooked() -> None:
    for state in (DaemonState.STARTING, DaemonState.SERVING, DaemonState.DRAINING):
        assert Event.ACTIVE_EXITED in TRANSITIONS[state]


def test_every_event_matters_somewhere_or_is_only_noted() -> None:
    acted_on = {event for row in TRANSITIONS.values() for event in row}
    # These are said for the log's sake; what follows from them is a death, which is acted on.
    assert set(Event) - acted_on == {Event.NEXT_OVERDUE, Event.FORMER_OVERDUE}
