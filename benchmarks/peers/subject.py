"""One round of what is measured, and heddle as one of those that it is measured of."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Final, Protocol

import psutil

from benchmarks import processes
from benchmarks.daemon import Daemon
from benchmarks.health_client import first_reply

SETTLED: Final = 1.5
"""Seconds that a worker runs before it is killed: longer than any supervisor calls a start."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one life has taken: milliseconds, and megabytes.

    Attributes:
        start: from the command to the first reply.
        status: the status command; None where there is none.
        memory: of all processes, before anything was killed.
        failover: SIGKILL of the worker to the first reply of its successor.
        stop: the stop command.
        outlived: whether the supervisor or the worker still ran when that had returned.
    """

    start: float
    status: float | None
    memory: float
    failover: float
    stop: float
    outlived: bool


class Subject(Protocol):
    """A supervisor that can live a life under measurement, any number of times."""

    @property
    def name(self) -> str:
        """What the rows call it."""

    def measure(self) -> Round:
        """Start, ask, kill the worker, stop."""


def memory_of(supervisor: int) -> float:
    """Return the PSS in MB of a process and all its descendants."""
    children = psutil.Process(supervisor).children(recursive=True)
    return sum(processes.proportional(pid) for pid in (supervisor, *(c.pid for c in children)))


@dataclass(frozen=True, slots=True)
class HeddleSubject:
    """heddle itself, through its command line."""

    daemon: Daemon
    name: str = "heddle"

    def measure(self) -> Round:
        """Start, ask, kill the worker, stop."""
        begin = time.monotonic()
        self.daemon.serve()
        socket = self.daemon.files / "sockets" / "grpc.sock"
        start = first_reply(socket) - begin
        before = self.daemon.warm()
        time.sleep(SETTLED)
        memory = memory_of(before.supervisor)
        status, _ = self.daemon.run("status")
        killed = self.daemon.kill_worker(before)
        failover = first_reply(socket) - killed
        after = self.daemon.warm(after=before)
        handles = [os.pidfd_open(after.supervisor), self.daemon.worker_handle(after)]
        try:
            stop = self.daemon.stop()
            outlived = not all(map(processes.has_ended, handles))
        finally:
            for handle in handles:
                os.close(handle)
        return Round(start * 1000, status, memory, failover * 1000, stop, outlived)
