"""What a thousand failovers leave behind: nothing may grow."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks import processes
from benchmarks.daemon import Daemon, Status, temporary_daemon
from benchmarks.report import Bar, Row
from benchmarks.sampling import Figure

_FIRST: Final = 10
_SETTLE_SECONDS: Final = 1.0
_NONE: Final = Bar(plus=0)
_MEMORY_NOISE: Final = Bar(plus=0.5)
"""Pages shared with workers count less, and two workers never share quite the same ones."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a supervisor takes up."""

    memory: float
    """PSS in MB."""
    descriptors: int
    threads: int
    files: int
    """In the directories of its sockets and its store."""

    @classmethod
    def of(cls, daemon: Daemon, supervisor: int) -> Footprint:
        """Measure a daemon that has nothing to do."""
        time.sleep(_SETTLE_SECONDS)
        directories = (daemon.files / "sockets", daemon.files / "state")
        return cls(
            memory=processes.proportional(supervisor),
            descriptors=processes.descriptor_count(supervisor),
            threads=processes.thread_count(supervisor),
            files=sum(len(list(directory.iterdir())) for directory in directories),
        )


def growth_rows(failovers: int) -> Iterator[Row]:
    """Kill the worker so many times; compare the footprints after the tenth and the last."""
    with temporary_daemon() as daemon:
        daemon.serve()
        status = _fail_over(daemon, daemon.warm(), _FIRST)
        first = Footprint.of(daemon, status.supervisor)
        begin = time.monotonic()
        _fail_over(daemon, status, failovers - _FIRST)
        pace = (time.monotonic() - begin) / (failovers - _FIRST) * 1000
        last = Footprint.of(daemon, status.supervisor)
    label = f"{failovers} failovers"
    yield Row(f"{label}: memory", Figure.of(last.memory), "MB", Figure.of(first.memory))
    growth = Figure.of(last.memory - first.memory)
    yield Row(f"{label}: growth of memory", growth, "MB", bar=_MEMORY_NOISE)
    for what, after, before in (
        ("descriptors", last.descriptors, first.descriptors),
        ("threads", last.threads, first.threads),
        ("files", last.files, first.files),
    ):
        yield Row(f"{label}: growth of {what}", Figure.of(after - before), "", bar=_NONE)
    yield Row(f"{label}: until the next worker stands by", Figure.of(pace), "ms")


def _fail_over(daemon: Daemon, status: Status, times: int) -> Status:
    for _ in range(times):
        daemon.kill_worker(status)
        status = daemon.warm(after=status)
    return status
