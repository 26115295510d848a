"""What waits for the writer, and how its outcome reaches whoever waits for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import apsw


@dataclass(slots=True)
class Job:
    """Work that a thread waits for."""

    work: Callable[[apsw.Connection], Any]
    future: Future[Any] = field(default_factory=Future)
    outcome: Any = None
    failure: BaseException | None = None

    def is_wanted(self) -> bool:
        """Return whether nobody has cancelled it, and keep it from being cancelled from now on."""
        return self.future.set_running_or_notify_cancel()

    def deliver(self) -> None:
        """Hand over what has become of it."""
        if self.failure is None:
            self.future.set_result(self.outcome)
        else:
            self.future.set_exception(self.failure)


@dataclass(slots=True)
class AwaitedJob:
    """Work that a coroutine waits for: its future is the event loop's, and used only there."""

    work: Callable[[apsw.Connection], Any]
    future: asyncio.Future[Any]
    outcome: Any = None
    failure: BaseException | None = None

    def is_wanted(self) -> bool:
        """Return whether nobody has cancelled it."""
        return not self.future.cancelled()

    def deliver(self) -> None:
        """Hand over what has become of it."""
        if self.future.cancelled():
            return
        if self.failure is None:
            self.future.set_result(self.outcome)
        else:
            self.future.set_exception(self.failure)


AnyJob: TypeAlias = Job | AwaitedJob


def deliver(jobs: list[AnyJob]) -> None:
    """Hand over what has become of each job, on the thread that asked for it."""
    awaited: dict[asyncio.AbstractEventLoop, list[AwaitedJob]] = {}
    for job in jobs:
        if isinstance(job, AwaitedJob):
            awaited.setdefault(job.future.get_loop(), []).append(job)
        else:
            job.deliver()
    for loop, group in awaited.items():
        # A loop that was closed has nobody who waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_deliver_in_loop, group)


def _deliver_in_loop(jobs: list[AwaitedJob]) -> None:
    for job in jobs:
        job.deliver()
