"""The loop: timers, signals and readers, one after another."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle_supervisor.event_loop import EventLoop


@pytest.fixture
def loop() -> Iterator[EventLoop]:
    with closing(EventLoop()) as loop:
        yield loop


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def now() -> float:
    return time.monotonic()


@given(st.lists(st.integers(0, 3), max_size=10))
def test_timers_fire_in_order_of_their_times_and_then_of_their_making(delays: list[int]) -> None:
    with closing(EventLoop()) as loop:
        fired: list[tuple[int, int]] = []
        start = now()
        for number, delay in enumerate(delays):
            due = start + delay * 0.0005
            loop.call_at(due, lambda item=(delay, number): fired.append(item))  # type: ignore[misc]
        loop.call_at(start + 0.002, loop.stop)
        loop.run()
        assert fired == sorted((delay, number) for number, delay in enumerate(delays))


def test_a_timer_never_fires_early(loop: EventLoop) -> None:
    due = now() + 0.03
    fired: list[float] = []
    loop.call_at(due, lambda: (fired.append(now()), loop.stop()))  # type: ignore[func-returns-value]
    loop.run()
    assert fired[0] >= due


def test_a_cancelled_timer_does_not_fire(loop: EventLoop) -> None:
    fired: list[str] = []
    cancelled = loop.call_at(now(), lambda: fired.append("cancelled"))
    other = loop.call_at(now() + 0.001, loop.stop)
    assert cancelled.pending
    cancelled.cancel()
    cancelled.cancel()
    assert not cancelled.pending
    assert other.pending
    loop.run()
    assert fired == []
    assert not other.pending


def test_a_timer_may_be_cancelled_by_one_that_fires_before_it(loop: EventLoop) -> None:
    fired: list[str] = []
    start = now()
    later = loop.call_at(start + 0.001, lambda: fired.append("later"))
    loop.call_at(start, later.cancel)
    loop.call_at(start + 0.002, loop.stop)
    loop.run()
    assert fired == []


def test_a_timer_made_by_a_timer_fires(loop: EventLoop) -> None:
    loop.call_at(now(), lambda: loop.call_at(now(), loop.stop))
    loop.run()


def test_after_a_stop_nothing_more_is_called(
    loop: EventLoop, pair: tuple[socket.socket, socket.socket]
) -> None:
    called: list[str] = []
    loop.call_at(now(), loop.stop)
    loop.call_at(now(), lambda: called.append("timer"))
    loop.run()
    assert called == []


def test_a_stop_before_the_run_is_not_forgotten(loop: EventLoop) -> None:
    called: list[str] = []
    loop.call_at(now(), lambda: called.append("timer"))
    loop.stop()
    loop.run()
    assert called == []
    loop.call_at(now(), loop.stop)
    loop.run()
    assert called == ["timer"]


def test_a_reader_is_called_while_there_is_something_to_read(
    loop: EventLoop, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    read: list[bytes] = []

    def read_one() -> None:
        read.append(ours.recv(1))
        if not read[-1]:
            loop.stop()

    loop.add_reader(ours, read_one)
    theirs.sendall(b"abc")
    theirs.shutdown(socket.SHUT_WR)
    loop.run()
    assert read == [b"a", b"b", b"c", b""]


def test_a_reader_that_is_removed_is_not_called(
    loop: EventLoop, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    called: list[str] = []
    loop.add_reader(ours, lambda: called.append("reader"))
    theirs.sendall(b"x")
    loop.remove_reader(ours)
    loop.remove_reader(ours)
    loop.call_at(now() + 0.001, loop.stop)
    loop.run()
    assert called == []


@pytest.mark.parametrize("reuse", [False, True], ids=["closed", "descriptor reused"])
def test_a_source_that_another_ones_callback_has_closed_is_not_called(
    loop: EventLoop, reuse: bool
) -> None:
    pairs = [socket.socketpair() for _ in range(2)]
    called: list[str] = []
    fresh: list[socket.socket] = []

    def close_the_other(other: int) -> None:
        called.append("first")
        source, far_end = pairs[other]
        descriptor = source.fileno()
        loop.remove_reader(source)
        source.close()
        far_end.close()
        if reuse:
            fresh.extend(socket.socketpair())
            assert descriptor in (each.fileno() for each in fresh)
            for each in fresh:
                loop.add_reader(each, lambda: called.append("one that has nothing to read"))
        loop.call_at(now() + 0.001, loop.stop)

    # Both are readable in the same turn, whichever the selector names first.
    loop.add_reader(pairs[0][0], lambda: close_the_other(1))
    loop.add_reader(pairs[1][0], lambda: close_the_other(0))
    for _, far_end in pairs:
        far_end.sendall(b"x")
    original = loop.stop
    loop.call_at(now(), original)
    loop.run()
    assert called == ["first"]
    for each in (*fresh, *(end for pair in pairs for end in pair)):
        each.close()


def test_a_signal_is_a_callback_like_any_other(loop: EventLoop) -> None:
    order: list[str] = []

    def first() -> None:
        os.kill(os.getpid(), signal.SIGUSR1)
        order.append("still the first")
        loop.call_at(now(), lambda: order.append("timer"))

    loop.on_signal(signal.SIGUSR1, lambda: (order.append("signal"), loop.stop()))  # type: ignore[func-returns-value]
    loop.call_at(now(), first)
    loop.run()
    assert order[0] == "still the first"
    assert order[-1] == "signal"


def test_a_signal_wakes_a_loop_that_waits_for_nothing(loop: EventLoop) -> None:
    loop.on_signal(signal.SIGUSR1, loop.stop)
    sender = threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGUSR1))
    sender.start()
    loop.run()
    sender.join()


def test_a_signal_before_the_loop_runs_is_not_lost(loop: EventLoop) -> None:
    loop.on_signal(signal.SIGUSR1, loop.stop)
    os.kill(os.getpid(), signal.SIGUSR1)
    loop.run()


def test_signals_that_a_callback_never_returns_to_can_be_taken_along(loop: EventLoop) -> None:
    taken: list[int] = []
    handled: list[str] = []

    def leave() -> None:
        taken.extend(loop.take_signals())
        loop.stop()

    loop.on_signal(signal.SIGUSR1, leave)
    loop.on_signal(signal.SIGUSR2, lambda: handled.append("usr2"))
    for signum in (signal.SIGUSR1, signal.SIGUSR2):
        os.kill(os.getpid(), signum)
    loop.run()
    assert taken == [signal.SIGUSR2]
    assert handled == []
    assert loop.take_signals() == []


def test_a_flood_of_signals_breaks_nothing(loop: EventLoop) -> None:
    counted: list[int] = []
    loop.on_signal(signal.SIGUSR1, lambda: counted.append(1))
    loop.on_signal(signal.SIGUSR2, loop.stop)
    for _ in range(5000):
        os.kill(os.getpid(), signal.SIGUSR1)
    loop.call_at(now() + 0.01, lambda: os.kill(os.getpid(), signal.SIGUSR2))
    loop.run()
    assert 1 <= len(counted) <= 5000


def test_closing_it_gives_the_signals_back() -> None:
    handler = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        wakeup = signal.set_wakeup_fd(-1)
        with closing(EventLoop()) as loop:
            loop.on_signal(signal.SIGUSR1, lambda: None)
            assert signal.getsignal(signal.SIGUSR1) is not signal.SIG_IGN
        assert signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN
        assert signal.set_wakeup_fd(wakeup) == -1
    finally:
        signal.signal(signal.SIGUSR1, handler)


def test_it_knows_when_the_process_had_been_stopped(loop: EventLoop) -> None:
    seen: list[bool] = []
    loop.call_at(now() - 60, lambda: seen.append(loop.was_suspended))
    loop.call_at(now() + 0.001, lambda: seen.append(loop.was_suspended))
    loop.call_at(now() + 0.002, loop.stop)
    loop.run()
    assert seen == [True, False]
