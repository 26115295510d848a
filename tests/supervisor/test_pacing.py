"""Pauses: when they end, told by the order in which a real loop's timers fire."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from heddle_supervisor.death_tally import DeathTally
from heddle_supervisor.event_loop import EventLoop
from heddle_supervisor.pacing import Pacing
from heddle_supervisor.restart_policy import RestartPolicy

FIRST = 0.02
LONGEST = 0.06
# What jitter leaves of a pause, and what it may become.
SHORTEST, JITTERED = FIRST * 0.75, FIRST * 1.25


class Bench:
    """A loop whose pauses and marks leave their names in `order`, by the time they are due."""

    def __init__(self, loop: EventLoop) -> None:
        self.loop = loop
        self.order: list[str] = []
        self.tally = DeathTally(RestartPolicy(first=FIRST, most=FIRST, breaker=2))
        self.pacing = Pacing(loop, self.tally, LONGEST, lambda: self.order.append("pause over"))

    def mark(self, name: str, seconds: float) -> None:
        self.loop.call_at(time.monotonic() + seconds, lambda: self.order.append(name))

    def run(self, begin: Callable[[], object], shortest: float, longest: float) -> list[str]:
        """Begin something between two marks; return the order in which all of it came."""
        self.mark("before", shortest)
        begin()
        self.mark("after", longest)
        self.loop.call_at(time.monotonic() + longest, self.loop.stop)
        self.loop.run()
        return self.order


@pytest.fixture
def bench() -> Iterator[Bench]:
    loop = EventLoop()
    yield Bench(loop)
    loop.close()


def test_without_deaths_there_is_no_pause(bench: Bench) -> None:
    assert bench.pacing.delay() == 0
    assert bench.run(bench.pacing.pause, FIRST, 0.0) == ["pause over", "after"]


def test_a_pause_is_as_long_as_the_deaths_ask_for(bench: Bench) -> None:
    bench.tally.count_failed_fork("no room")
    delay = bench.pacing.delay()
    assert delay is not None
    assert SHORTEST <= delay <= JITTERED
    assert bench.run(bench.pacing.pause, SHORTEST, JITTERED) == ["before", "pause over", "after"]


def test_delays_are_jittered(bench: Bench) -> None:
    bench.tally.count_failed_fork("no room")
    assert len({bench.pacing.delay() for _ in range(20)}) > 1


def test_a_pause_is_no_shorter_than_its_caller_wants(bench: Bench) -> None:
    def pause() -> None:
        bench.pacing.pause(at_least=LONGEST)

    assert bench.run(pause, LONGEST, LONGEST) == ["before", "pause over", "after"]


def test_where_the_tally_would_give_up_a_pause_is_the_longest(bench: Bench) -> None:
    for _ in range(2):
        bench.tally.count_failed_fork("no room")
    assert bench.pacing.delay() is None
    assert bench.run(bench.pacing.pause, LONGEST, LONGEST) == ["before", "pause over", "after"]


def test_a_pause_takes_the_place_of_the_one_under_way(bench: Bench) -> None:
    def pause_twice() -> None:
        bench.pacing.pause()
        bench.pacing.pause(at_least=FIRST)

    assert bench.run(pause_twice, FIRST, LONGEST) == ["before", "pause over", "after"]


def test_a_pause_that_was_cancelled_is_never_over(bench: Bench) -> None:
    def pause_and_cancel() -> None:
        bench.pacing.cancel()
        bench.pacing.pause()
        bench.pacing.cancel()
        bench.pacing.cancel()

    assert bench.run(pause_and_cancel, 0.0, FIRST) == ["before", "after"]
