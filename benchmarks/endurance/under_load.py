"""Kills, reloads and upgrades while clients call: no call may fail."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from benchmarks.daemon import Daemon, Status, temporary_daemon
from benchmarks.endurance.installation import Installation
from benchmarks.endurance.load import PlainClient, RetryingClient, Tally, load
from benchmarks.report import Bar, Row
from benchmarks.sampling import MEDIAN, Figure, median, quantile

CLIENTS: Final = 8
_NONE: Final = Bar(plus=0)
_WARM_UP_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one part, and notes that name what failed."""

    rows: Sequence[Row]
    notes: Sequence[str]


def kill_rows(kills: int) -> Part:
    """Kill the worker again and again under clients that retry."""
    with temporary_daemon() as daemon:
        daemon.serve()
        before = daemon.warm()
        with load([RetryingClient(before.socket) for _ in range(CLIENTS)]) as tallies:
            time.sleep(_WARM_UP_SECONDS)
            for _ in range(kills):
                daemon.kill_worker(before)
                before = daemon.warm(after=before)
    latencies = [latency for tally in tallies for latency in tally.latencies]
    usual = quantile(latencies, MEDIAN)
    label = f"{kills} kills"
    rows = [
        Row(f"{label}: calls", Figure.of(len(latencies)), ""),
        Row(f"{label}: failed calls", _failed(tallies), "", bar=_NONE),
        Row(f"{label}: usual call", Figure.of(usual), "ms"),
        Row(f"{label}: worst call's extra latency", Figure.of(max(latencies) - usual), "ms"),
    ]
    return Part(rows, list(_failures(label, tallies)))


def reload_rows(reloads: int, upgrades: int) -> Part:
    """Reload and upgrade under clients half of which keep their channels and never retry."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        installation = Installation.make(Path(directory))
        with temporary_daemon(installation.program) as daemon:
            return _reload_under_load(daemon, installation, reloads, upgrades)


def _reload_under_load(
    daemon: Daemon, installation: Installation, reloads: int, upgrades: int
) -> Part:
    daemon.serve()
    begun = daemon.warm()
    plain = [PlainClient(begun.socket) for _ in range(CLIENTS // 2)]
    retrying = [RetryingClient(begun.socket) for _ in range(CLIENTS // 2)]
    lock = _identity(daemon)
    every = reloads // upgrades
    reloaded: list[float] = []
    upgraded: list[float] = []
    faults: list[str] = []
    with load([*plain, *retrying]) as tallies:
        time.sleep(_WARM_UP_SECONDS)
        for number in range(reloads):
            reloaded.append(daemon.run("reload")[0])
            if number % every == every - 1:
                version = installation.upgrade()
                upgraded.append(daemon.run("reload")[0])
                faults += _faults(daemon.status(), begun, version)
            if _identity(daemon) != lock:
                faults.append("the pidfile is another")
    label = f"{len(reloaded)} reloads, {len(upgraded)} upgrades"
    kept, others = tallies[: len(plain)], tallies[len(plain) :]
    rows = [
        Row(f"{label}: calls", Figure.of(sum(len(t.latencies) for t in tallies)), ""),
        Row(f"{label}: failed calls of plain clients", _failed(kept), "", bar=_NONE),
        Row(f"{label}: failed calls of retrying clients", _failed(others), "", bar=_NONE),
        Row(f"{label}: other pid, lock or version", Figure.of(len(faults)), "", bar=_NONE),
        Row("reload under load", median(reloaded), "ms"),
        Row("upgrade under load", median(upgraded), "ms"),
    ]
    named = [f"{label}: {fault} ({count} times)" for fault, count in Counter(faults).items()]
    return Part(rows, [*_failures(label, tallies), *named])


def _faults(now: Status, begun: Status, version: str) -> Iterator[str]:
    """Say what an upgrade has changed that it must not, or has not changed."""
    if now.supervisor != begun.supervisor:
        yield "the supervisor has another pid"
    if now.version != version:
        yield "the version that runs is not the installed one"


def _identity(daemon: Daemon) -> tuple[int, bytes]:
    """Return what tells one pidfile, which is the lock, from another."""
    path = daemon.files / "sockets" / "grpc.pid"
    return path.stat().st_ino, path.read_bytes()


def _failed(tallies: Sequence[Tally]) -> Figure:
    return Figure.of(sum(tally.failures.total() for tally in tallies))


def _failures(label: str, tallies: Sequence[Tally]) -> Iterator[str]:
    """Yield a line for each error that calls have met."""
    met = Counter(chain.from_iterable(tally.failures.elements() for tally in tallies))
    for error, count in met.most_common():
        yield f"{label}: {count} calls failed with {error}"
