"""Which calls a worker takes in each phase of its life, and which of them are in flight.

Phases only ever advance, so what was refused or announced once stays so. Everything here happens
on the event loop's thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final

from heddle_worker.failures import (
    TooManyCallsError,
    WorkerRetiredError,
    WorkerStoppingError,
    WorkerUnavailableError,
)
from heddle_worker.limits import MAX_CONCURRENT_CALLS, MAX_STREAMS

_LAST_MESSAGE_SECONDS: Final = 0.2
"""Time that a stream which is to end has for the message that it sends at that moment."""


class Phase(enum.IntEnum):
    """Where in its life a worker is."""

    WARM = 1
    """The socket answers; nothing is open yet. Calls wait."""
    ACTIVATING = 2
    """The repository and the store are being opened. Calls wait."""
    SERVING = 3
    """Calls are served."""
    RETIRING = 4
    """A successor is published. Calls on kept connections are served, streams end."""
    STOPPING = 5
    """Nothing new is taken."""


class CallInFlight:
    """One call, from its arrival until its handler is done."""

    def __init__(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine always runs in one
        self._task = task
        self._interruption: Exception | None = None
        self._interruptible = False
        self._sending = False

    def interrupt(self, reason: Exception) -> None:
        """Raise `reason` in the call: at once, or when it next gets to interruptible code."""
        if self._interruption is None:
            self._interruption = reason
            if self._interruptible:
                self._task.cancel()

    def cut_off(self, reason: Exception) -> None:
        """Raise `reason` in the call, even while it sends: its client may take nothing.

        What was being sent still arrives, if the client ever reads on, and then the status.
        """
        if self._sending:
            self._interruption = self._interruption or reason
            self._task.cancel()
        else:
            self.interrupt(reason)

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """Mark the code that `interrupt` may cut short.

        Raises:
            WorkerUnavailableError: the call was interrupted.
        """
        if self._interruption is not None:
            raise self._interruption
        self._interruptible = True
        try:
            yield
        except asyncio.CancelledError:
            self._raise_interruption()
            raise
        finally:
            self._interruptible = False

    @contextlib.contextmanager
    def sending(self) -> Iterator[None]:
        """Mark the sending of one message, which `interrupt` lets finish.

        Raises:
            Exception: the reason for which the call was cut off.
        """
        self._sending = True
        try:
            yield
        except asyncio.CancelledError:
            self._raise_interruption()
            raise
        finally:
            self._sending = False

    def _raise_interruption(self) -> None:
        """Raise the reason for which the task was cancelled, if it was one of ours."""
        if self._interruption is not None:
            self._task.uncancel()
            raise self._interruption from None


class Admission:
    """The gate that every call of the repository's services passes."""

    def __init__(self, note_use: Callable[[int], None] = lambda _in_flight: None) -> None:
        """Begin warm.

        Args:
            note_use: told the number of calls and streams in flight whenever that changes.
        """
        self._note_use = note_use
        self._phase = Phase.WARM
        self._serving_since = time.monotonic()
        self._calls: set[CallInFlight] = set()
        self._streams: set[CallInFlight] = set()
        self._changed = asyncio.Event()

    @property
    def phase(self) -> Phase:
        """The phase now."""
        return self._phase

    @property
    def served_for(self) -> float:
        """Seconds since the worker began to serve."""
        return time.monotonic() - self._serving_since

    def advance(self, phase: Phase) -> None:
        """Enter a later phase, and end the streams that may not live on in it."""
        if phase is Phase.SERVING:
            self._serving_since = time.monotonic()
        self._phase = max(self._phase, phase)
        self._notify()
        if self._phase >= Phase.RETIRING:
            for stream in self._streams:
                stream.interrupt(self._refusal())
            # A message on its way to a client that reads is through by then.
            asyncio.get_running_loop().call_later(_LAST_MESSAGE_SECONDS, self._cut_off_streams)

    def _cut_off_streams(self) -> None:
        for stream in self._streams:
            stream.cut_off(self._refusal())

    def interrupt_all(self) -> None:
        """End every call in flight with the status that says why."""
        for call in self._calls | self._streams:
            call.interrupt(self._refusal())

    async def change(self) -> None:
        """Wait until the phase, or what is in flight, is another."""
        await self._changed.wait()

    async def activated(self) -> None:
        """Wait until the worker serves, or never will."""
        while self._phase < Phase.SERVING:
            await self.change()

    async def idle(self) -> None:
        """Wait until no call is in flight."""
        while self._calls or self._streams:
            await self.change()

    @contextlib.asynccontextmanager
    async def call(self, *, streaming: bool) -> AsyncIterator[CallInFlight]:
        """Count the current task as a call in flight; enter once the worker serves.

        Raises:
            TooManyCallsError: as many are in progress as may be.
            WorkerUnavailableError: the phase admits no such call, or no longer.
        """
        group, limit = (
            (self._streams, MAX_STREAMS) if streaming else (self._calls, MAX_CONCURRENT_CALLS)
        )
        if len(group) >= limit:
            kind = "streams" if streaming else "calls"
            raise TooManyCallsError(f"{limit} {kind} are in progress, as many as may be; try again")
        call = CallInFlight()
        group.add(call)
        self._count_use()
        try:
            await self.activated()
            if self._phase is Phase.STOPPING or (streaming and self._phase is Phase.RETIRING):
                raise self._refusal()
            yield call
        finally:
            group.discard(call)
            self._count_use()
            self._notify()

    def _count_use(self) -> None:
        self._note_use(len(self._calls) + len(self._streams))

    def _refusal(self) -> WorkerUnavailableError:
        return WorkerStoppingError() if self._phase is Phase.STOPPING else WorkerRetiredError()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
