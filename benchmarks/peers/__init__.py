"""What other supervisors make people wait for, with the same worker, beside heddle in the same run.

The worker is a Python gRPC server with a health service on a Unix socket. Each supervisor keeps it
alive in its own usual way; heddle does it in its own.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks import processes
from benchmarks.daemon import temporary_daemon
from benchmarks.peers.environment import PeerEnvironment
from benchmarks.peers.kinds import all_peers
from benchmarks.peers.peer import MissingError
from benchmarks.peers.subject import HeddleSubject, Round, Subject
from benchmarks.peers.supervised import PeerSubject
from benchmarks.report import Bar, BenchmarkError, Options, Report, Row
from benchmarks.sampling import Figure, interleave, median

_FASTER_BY: Final = 50
_FULL_ROUNDS: Final = 11
_QUICK_ROUNDS: Final = 3
_NOTES: Final = (
    "floor: heddle, in the same run, which every ratio is to",
    "start: from the command until a health check is answered",
    "failover: SIGKILL of the worker until a client that connects anew every 0.5 ms is answered; "
    "the dead worker can answer no connection that was made after that",
    "outlives: rounds in which supervisor or worker still ran when the stop command had returned",
    "memory: PSS of the supervisor and all its processes; heddle has two workers",
    "gunicorn serves HTTP from forks of one preloaded application, the others run the same gRPC "
    "worker; each worker runs for 1.5 s before it is killed, so that no supervisor takes it for "
    "one that fails to start",
    f"bar: heddle's failover beside the best Python supervisor of the same worker, 1/{_FASTER_BY}",
    "range: the lowest and highest of the rounds",
)


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that is measured of every subject."""

    what: str
    unit: str
    value: Callable[[Round], float | None]


_MEASURES: Final = (
    Measure("start to first reply", "ms", lambda measured: measured.start),
    Measure("status", "ms", lambda measured: measured.status),
    Measure("failover", "ms", lambda measured: measured.failover),
    Measure("stop", "ms", lambda measured: measured.stop),
    Measure("memory", "MB", lambda measured: measured.memory),
)


def run(options: Options) -> Report:
    """Measure heddle and every supervisor that is installed or can be."""
    processes.require_linux()
    rounds = _QUICK_ROUNDS if options.quick else _FULL_ROUNDS
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        ours = HeddleSubject(stack.enter_context(temporary_daemon()))
        peers, missing = _find_peers(directory)
        for peer in peers:
            stack.callback(peer.end)
        subjects: list[Subject] = [ours, *peers]
        # The first start of all compiles modules.
        ours.measure()
        samples = interleave(
            {subject.name: partial(_measured, subject) for subject in subjects}, rounds=rounds
        )
    rivals = [peer.name for peer in peers if peer.rival]
    rows = [*_rows(ours.name, samples), *_bar_rows(ours.name, rivals, samples)]
    return Report(rows, _NOTES, missing)


def _measured(subject: Subject) -> Round:
    try:
        return subject.measure()
    except BenchmarkError as error:
        raise BenchmarkError(f"{subject.name}: {error}") from error


def _find_peers(directory: Path) -> tuple[list[PeerSubject], list[str]]:
    """Return the supervisors that there are, and a line for each that is missing."""
    environment = PeerEnvironment.open()
    found: list[PeerSubject] = []
    missing: list[str] = []
    for number, peer in enumerate(all_peers()):
        home = directory / str(number)
        home.mkdir()
        try:
            found.append(PeerSubject(peer, home, environment))
        except MissingError as reason:
            missing.append(f"{peer.name}: {reason}")
            print(f"benchmarks: peers: SKIPPED: {missing[-1]}", file=sys.stderr)
    return found, missing


def _rows(ours: str, samples: Mapping[str, Sequence[Round]]) -> Iterator[Row]:
    for measure in _MEASURES:
        figures = {name: _figure(measure, rounds) for name, rounds in samples.items()}
        for name, figure in figures.items():
            if figure is not None:
                floor = None if name == ours else figures[ours]
                yield Row(f"{measure.what}: {name}", figure, measure.unit, floor)
    for name, rounds in samples.items():
        left = sum(measured.outlived for measured in rounds)
        yield Row(f"outlives its stop: {name}", Figure.of(left), f"of {len(rounds)}")


def _figure(measure: Measure, rounds: Sequence[Round]) -> Figure | None:
    values = [value for value in map(measure.value, rounds) if value is not None]
    return median(values) if values else None


def _bar_rows(
    ours: str, rivals: Sequence[str], samples: Mapping[str, Sequence[Round]]
) -> Iterator[Row]:
    """Hold heddle's failover against the best of those that do the same in the same language."""
    failovers = {
        name: median([measured.failover for measured in samples[name]]) for name in (ours, *rivals)
    }
    if rivals:
        best = min(rivals, key=lambda name: failovers[name].value)
        bar = Bar(factor=1 / _FASTER_BY)
        yield Row(f"failover, beside {best}", failovers[ours], "ms", failovers[best], bar)
