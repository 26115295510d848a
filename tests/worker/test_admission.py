"""The gate by itself: who is counted, who waits, and how what is in flight is ended."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import pytest

from heddle_worker.admission import Admission, CallInFlight, Phase
from heddle_worker.failures import (
    TooManyCallsError,
    WorkerRetiredError,
    WorkerStoppingError,
    WorkerUnavailableError,
)
from heddle_worker.limits import MAX_CONCURRENT_CALLS, MAX_STREAMS

T = TypeVar("T")

SECONDS = 20.0


def run(scenario: Coroutine[Any, Any, T]) -> T:
    async def limited() -> T:
        async with asyncio.timeout(SECONDS):
            return await scenario

    return asyncio.run(limited())


def serving() -> Admission:
    admission = Admission()
    admission.advance(Phase.SERVING)
    return admission


class Held:
    """A call in a task of its own, which is in the middle of something."""

    def __init__(self, task: asyncio.Task[None], call: CallInFlight) -> None:
        self.task = task
        self.call = call

    async def failure(self) -> BaseException:
        """Return what the call ends with."""
        await asyncio.wait({self.task})
        failure = self.task.exception()
        assert failure is not None
        return failure


async def held(
    admission: Admission, body: Callable[[CallInFlight], Awaitable[None]], *, streaming: bool = True
) -> Held:
    """Start a call, and return when it is in `body`."""
    begun: asyncio.Future[CallInFlight] = asyncio.get_running_loop().create_future()

    async def run_call() -> None:
        async with admission.call(streaming=streaming) as call:
            begun.set_result(call)
            await body(call)

    task = asyncio.ensure_future(run_call())
    return Held(task, await begun)


async def interruptible(call: CallInFlight) -> None:
    with call.interruptible():
        await asyncio.Event().wait()


async def sending(call: CallInFlight) -> None:
    with call.sending():
        await asyncio.Event().wait()


def test_each_change_of_what_is_in_flight_is_noted() -> None:
    noted: list[int] = []

    async def scenario() -> None:
        admission = Admission(noted.append)
        admission.advance(Phase.SERVING)
        async with admission.call(streaming=False):
            async with admission.call(streaming=True):
                assert noted == [1, 2]
            assert noted == [1, 2, 1]
        with pytest.raises(LookupError):
            async with admission.call(streaming=True):
                raise LookupError

    run(scenario())
    assert noted == [1, 2, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("streaming", "limit", "kind"),
    [(True, MAX_STREAMS, "streams"), (False, MAX_CONCURRENT_CALLS, "calls")],
)
def test_as_many_are_in_progress_as_may_be(streaming: bool, limit: int, kind: str) -> None:
    async def scenario() -> None:
        admission = serving()
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(limit - 1):
                await stack.enter_async_context(admission.call(streaming=streaming))
            for _ in range(2):
                async with admission.call(streaming=streaming):
                    with pytest.raises(TooManyCallsError, match=f"^{limit} {kind} are in progress"):
                        await stack.enter_async_context(admission.call(streaming=streaming))
                    # The limit of the one kind leaves the other alone.
                    async with admission.call(streaming=not streaming):
                        pass

    run(scenario())


def test_the_time_of_service_counts_from_its_beginning() -> None:
    async def scenario() -> None:
        admission = Admission()
        admission.advance(Phase.ACTIVATING)
        # Whoever may ask does, whatever the phase.
        assert admission.served_for >= 0
        begun = time.monotonic()
        admission.advance(Phase.SERVING)
        assert 0 <= admission.served_for <= time.monotonic() - begun
        served = admission.served_for
        admission.advance(Phase.RETIRING)
        assert admission.served_for >= served

    run(scenario())


def test_phases_only_advance() -> None:
    async def scenario() -> None:
        admission = Admission()
        met = [admission.phase]
        for phase in (Phase.RETIRING, Phase.SERVING):
            admission.advance(phase)
            met.append(admission.phase)
        assert met == [Phase.WARM, Phase.RETIRING, Phase.RETIRING]

    run(scenario())


def test_who_waits_learns_of_every_phase_and_of_every_end() -> None:
    async def scenario() -> None:
        admission = Admission()
        for phase in (Phase.ACTIVATING, Phase.SERVING):
            waiting = [asyncio.ensure_future(admission.change()) for _ in range(2)]
            await asyncio.sleep(0)
            assert not any(one.done() for one in waiting)
            admission.advance(phase)
            await asyncio.gather(*waiting)
        async with admission.call(streaming=False):
            waiting = [asyncio.ensure_future(admission.change())]
            await asyncio.sleep(0)
        await waiting[0]

    run(scenario())


@pytest.mark.parametrize("streaming", [True, False])
def test_idle_is_when_neither_calls_nor_streams_are_in_flight(streaming: bool) -> None:
    async def scenario() -> None:
        admission = serving()
        await admission.idle()
        async with admission.call(streaming=streaming):
            idle = asyncio.ensure_future(admission.idle())
            async with admission.call(streaming=not streaming):
                pass
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert not idle.done()
        await idle

    run(scenario())


@pytest.mark.parametrize("streaming", [True, False])
def test_a_call_that_waits_for_the_activation_is_refused_by_the_end(streaming: bool) -> None:
    async def scenario() -> None:
        admission = Admission()

        async def call() -> None:
            async with admission.call(streaming=streaming):
                pytest.fail("it was let in")

        waiting = asyncio.ensure_future(call())
        await asyncio.sleep(0)
        admission.advance(Phase.STOPPING)
        with pytest.raises(WorkerStoppingError):
            await waiting
        await admission.idle()

    run(scenario())


@pytest.mark.parametrize(
    ("phase", "reason"),
    [(Phase.RETIRING, WorkerRetiredError), (Phase.STOPPING, WorkerStoppingError)],
)
def test_streams_end_with_their_worker_and_calls_go_on(
    phase: Phase, reason: type[WorkerUnavailableError]
) -> None:
    async def scenario() -> None:
        admission = serving()
        waiting = await held(admission, interruptible)
        stuck = await held(admission, sending)
        call = await held(admission, interruptible, streaming=False)
        slow = await held(admission, sending, streaming=False)
        admission.advance(phase)
        assert type(await waiting.failure()) is reason
        # It was given the time of one message, which its client did not take.
        assert type(await stuck.failure()) is reason
        assert not call.task.done()
        admission.interrupt_all()
        assert type(await call.failure()) is reason
        slow.task.cancel()
        assert type(await slow.failure()) is reason

    run(scenario())


def test_a_message_that_is_being_sent_gets_through() -> None:
    async def scenario() -> None:
        taken = asyncio.Event()
        sent: list[str] = []

        async def send_then_wait(call: CallInFlight) -> None:
            with call.sending():
                await taken.wait()
                sent.append("message")
            with call.interruptible():
                sent.append("went on")

        admission = serving()
        stream = await held(admission, send_then_wait)
        admission.advance(Phase.RETIRING)
        await asyncio.sleep(0)
        taken.set()
        assert isinstance(await stream.failure(), WorkerRetiredError)
        assert sent == ["message"]

    run(scenario())


@pytest.mark.parametrize("was_sending", [True, False])
def test_nothing_is_interrupted_where_it_may_not_be(was_sending: bool) -> None:
    async def scenario() -> None:
        go_on = asyncio.Event()
        done: list[str] = []

        async def body(call: CallInFlight) -> None:
            if was_sending:
                with call.interruptible():
                    pass
                with call.sending():
                    pass
            await go_on.wait()
            done.append("finished")

        one, other = [await held(serving(), body) for _ in range(2)]
        one.call.interrupt(WorkerStoppingError())
        other.call.cut_off(WorkerStoppingError())
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(one.task, other.task)
        assert done == ["finished", "finished"]

    run(scenario())


def test_the_first_reason_is_the_one_that_is_told() -> None:
    async def scenario() -> None:
        first, second = WorkerRetiredError(), WorkerStoppingError()
        stream = await held(serving(), interruptible)
        stream.call.interrupt(first)
        stream.call.interrupt(second)
        assert await stream.failure() is first
        stuck = await held(serving(), sending)
        stuck.call.interrupt(first)
        stuck.call.cut_off(second)
        assert await stuck.failure() is first
        stuck = await held(serving(), sending)
        stuck.call.cut_off(second)
        assert await stuck.failure() is second
        stream = await held(serving(), interruptible)
        stream.call.cut_off(second)
        assert await stream.failure() is second

    run(scenario())


@pytest.mark.parametrize("body", [interruptible, sending])
def test_a_call_that_its_client_ends_is_cancelled_and_not_refused(
    body: Callable[[CallInFlight], Awaitable[None]],
) -> None:
    async def scenario() -> None:
        admission = serving()
        stream = await held(admission, body)
        stream.task.cancel()
        await asyncio.wait({stream.task})
        assert stream.task.cancelled()
        await admission.idle()

    run(scenario())


@pytest.mark.parametrize("body", [interruptible, sending])
def test_who_was_interrupted_can_still_clear_up(
    body: Callable[[CallInFlight], Awaitable[None]],
) -> None:
    """The cancellation is used up: what the call awaits afterwards is not cancelled, too."""
    cleared: list[int] = []

    @contextlib.asynccontextmanager
    async def clearing() -> AsyncIterator[None]:
        try:
            yield
        finally:
            task = asyncio.current_task()
            assert task is not None
            async with asyncio.timeout(SECONDS):
                await asyncio.sleep(0)
            cleared.append(task.cancelling())

    async def clear_up(call: CallInFlight) -> None:
        async with clearing():
            await body(call)

    async def scenario() -> None:
        stream = await held(serving(), clear_up)
        stream.call.cut_off(WorkerRetiredError())
        assert isinstance(await stream.failure(), WorkerRetiredError)

    run(scenario())
    assert cleared == [0]
