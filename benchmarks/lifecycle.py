"""What people wait for and what idles on their machine: starts, stops, failover, memory, wake-ups.

A daemon of its own in a temporary repository, beside the floors that the same environment sets.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import psutil

from benchmarks import processes
from benchmarks.daemon import Daemon, temporary_daemon
from benchmarks.health_client import connect_and_check, first_reply
from benchmarks.rename_watcher import renames_to
from benchmarks.report import Bar, Options, Report, Row
from benchmarks.sampling import MEDIAN, P99, Figure, interleave, median, summarize

_STATUS_BAR: Final = Bar(factor=1.4)
_STOP_BAR: Final = Bar(factor=1.5, plus=50)
_FAILOVER_BARS: Final = (("p50", MEDIAN, Bar(factor=2)), ("p99", P99, Bar(factor=5)))
_SETTLED: Final = 0.05
_MEMORY_BAR: Final = Bar(plus=60)
_WAKE_UPS_BAR: Final = Bar(plus=0.5)
_NOTES: Final = (
    "start: `serve --detach` until a health check is answered; floor: an interpreter that imports "
    "the same libraries and serves health checks alone",
    "status, stop: wall time of the command; floor: a command that does nothing",
    "failover: SIGKILL of the worker until a client that connects anew every 0.5 ms is answered; "
    "floor: connections with a health check, one after the other, while all is well",
    f"after a pause: the same call after {_SETTLED * 1000:g} ms without one, which every kill has "
    "before it too; it tells how much of a failover is the machine's waking up",
    "kill to rename: until the next worker has the published name, as another process sees "
    "it, on a busy machine a little late; rename to reply: the rest",
    "memory: PSS; pages of libraries that this benchmark has loaded too are divided with it",
    "range: the lowest and highest of the rounds",
)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is sampled."""

    starts: int
    kills: int
    checks: int
    """Health checks on the healthy server before each kill."""
    idle_seconds: float


FULL: Final = Effort(starts=10, kills=150, checks=5, idle_seconds=20)
QUICK: Final = Effort(starts=2, kills=10, checks=5, idle_seconds=5)


def run(options: Options) -> Report:
    """Measure one daemon's life through its command line."""
    processes.require_linux()
    effort = QUICK if options.quick else FULL
    with temporary_daemon() as daemon:
        # The first start of all compiles modules, and it tells where the socket is.
        daemon.serve()
        socket = daemon.warm().socket
        daemon.stop()
        rows = list(_command_rows(daemon, socket, effort))
        daemon.serve()
        rows += _idle_rows(daemon, effort)
        rows += _failover_rows(daemon, socket, effort)
    return Report(rows, _NOTES)


def _command_rows(daemon: Daemon, socket: Path, effort: Effort) -> Iterator[Row]:
    """Start, ask and stop the daemon once a round, with the floors in between."""
    subjects: dict[str, Callable[[], float]] = {
        "bare start": _bare_start,
        "start": partial(_start, daemon, socket),
        "empty command": partial(_empty_command, daemon),
        "status": lambda: daemon.run("status", "--json")[0],
        "stop": daemon.stop,
    }
    samples = interleave(subjects, rounds=effort.starts)
    empty = median(samples["empty command"])
    yield Row("start to first reply", median(samples["start"]), "ms", median(samples["bare start"]))
    yield Row("status", median(samples["status"]), "ms", empty, _STATUS_BAR)
    yield Row("stop of an idle daemon", median(samples["stop"]), "ms", empty, _STOP_BAR)


def _bare_start() -> float:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        socket = Path(directory, "bare.sock")
        begin = time.perf_counter()
        with processes.listening("bare_server", str(socket)):
            first_reply(socket)
            return (time.perf_counter() - begin) * 1000


def _start(daemon: Daemon, socket: Path) -> float:
    begin = time.perf_counter()
    daemon.serve()
    first_reply(socket)
    milliseconds = (time.perf_counter() - begin) * 1000
    # The stop that ends this round is to find a daemon that has nothing left to do.
    daemon.warm()
    return milliseconds


def _empty_command(daemon: Daemon) -> float:
    script = processes.PROJECT / "benchmarks" / "empty_command.py"
    milliseconds, _ = processes.timed_run(
        [sys.executable, script], cwd=daemon.repository, environment=daemon.environment
    )
    return milliseconds


def _idle_rows(daemon: Daemon, effort: Effort) -> Iterator[Row]:
    """Read what the daemon costs while nobody asks anything of it."""
    supervisor = daemon.warm().supervisor
    workers = [child.pid for child in psutil.Process(supervisor).children(recursive=True)]
    own, *theirs = processes.wake_up_rates([supervisor, *workers], seconds=effort.idle_seconds)
    yield Row("supervisor, idle wake-ups", Figure.of(own), "/s", bar=_WAKE_UPS_BAR)
    yield Row("workers, idle wake-ups", Figure.of(sum(theirs)), "/s")
    memory = processes.proportional(supervisor)
    total = memory + sum(map(processes.proportional, workers))
    yield Row("supervisor, memory", Figure.of(memory), "MB")
    yield Row(f"supervisor and {len(workers)} workers", Figure.of(total), "MB", bar=_MEMORY_BAR)


@dataclass(frozen=True, slots=True)
class Failover:
    """What one killed worker cost, in milliseconds."""

    total: float
    """From the signal to the first reply."""
    to_rename: float
    """From the signal to the rename that publishes the next worker."""

    @property
    def after_rename(self) -> float:
        """From the rename to the first reply."""
        return self.total - self.to_rename


def _failover_rows(daemon: Daemon, socket: Path, effort: Effort) -> Iterator[Row]:
    """Kill the worker again and again, with calls to the healthy one in between."""
    healthy: list[list[float]] = []
    paused: list[list[float]] = []
    killed: list[Failover] = []
    with renames_to(socket) as next_rename:
        for _ in range(effort.kills):
            healthy.append(connect_and_check(socket, effort.checks))
            time.sleep(_SETTLED)
            paused.append(connect_and_check(socket, 1))
            killed.append(_fail_over(daemon, socket, next_rename))
    for name, fraction, _ in _FAILOVER_BARS:
        value, floor = summarize(paused, fraction), summarize(healthy, fraction)
        yield Row(f"connect and check after a pause, {name}", value, "ms", floor)
    parts: tuple[tuple[str, list[float]], ...] = (
        ("failover", [failover.total for failover in killed]),
        ("failover, kill to rename", [failover.to_rename for failover in killed]),
        ("failover, rename to reply", [failover.after_rename for failover in killed]),
    )
    for part, samples in parts:
        for name, fraction, bar in _FAILOVER_BARS:
            value = summarize([[sample] for sample in samples], fraction)
            floor = summarize(healthy, fraction)
            whole = part == "failover"
            yield Row(f"{part}, {name}", value, "ms", floor, bar if whole else None)


def _fail_over(daemon: Daemon, socket: Path, next_rename: Callable[[], float]) -> Failover:
    """Kill the worker and wait until a new one answers.

    The killed process runs no instruction after the signal is sent, so it cannot be the one that
    answers a connection made later.
    """
    before = daemon.warm()
    # A takeover is over when what it has started is, not when the next standby says it is warm.
    time.sleep(_SETTLED)
    killed = daemon.kill_worker(before)
    replied = first_reply(socket)
    renamed = next_rename()
    daemon.warm(after=before)
    return Failover((replied - killed) * 1000, (renamed - killed) * 1000)
