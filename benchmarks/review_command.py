"""`heddle review` as a person runs it, beside a command that merely imports gRPC."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks import processes
from benchmarks.daemon import Daemon
from benchmarks.report import Bar, Row
from benchmarks.sampling import interleave, median

_BAR: Final = Bar(factor=1.5)
_FLOOR: Final = processes.PROJECT / "benchmarks" / "grpc_command.py"
_HEDDLE: Final = Path(sys.executable).with_name("heddle")


def review_row(daemon: Daemon, *, rounds: int) -> Row:
    """Measure reviews of the last commit, with a daemon that serves and has seen it."""
    subjects: dict[str, Callable[[], float]] = {
        "review": partial(_timed, daemon, [_HEDDLE, "review", "HEAD"]),
        "floor": partial(_timed, daemon, [sys.executable, _FLOOR]),
    }
    for subject in subjects.values():
        subject()
    samples = interleave(subjects, rounds=rounds)
    return Row("heddle review", median(samples["review"]), "ms", median(samples["floor"]), _BAR)


def _timed(daemon: Daemon, words: Sequence[str | Path]) -> float:
    milliseconds, _printed = processes.timed_run(
        words, cwd=daemon.repository, environment=daemon.environment
    )
    return milliseconds
