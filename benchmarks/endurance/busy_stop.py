"""The stop of a daemon that is busy: it may take the grace period, and hardly longer."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from typing import Final

from benchmarks import processes
from benchmarks.daemon import Daemon, temporary_daemon
from benchmarks.endurance.load import RetryingClient, load
from benchmarks.report import Bar, Row
from benchmarks.sampling import Figure, median

_GRACE: Final = 1.0
_STOPPED_WITHIN: Final = Bar(plus=(_GRACE + 0.2) * 1000)
_CLIENTS: Final = 4
_BUSY_SECONDS: Final = 0.3


def busy_stop_rows(rounds: int) -> Iterator[Row]:
    """Stop the daemon under load, with open streams that a stopped client does not read."""
    with temporary_daemon() as daemon:
        samples = [_stop(daemon) for _ in range(rounds)]
    yield Row("stop of a busy daemon", median(samples), "ms")
    slowest = Figure.of(max(samples))
    yield Row("stop of a busy daemon, slowest", slowest, "ms", bar=_STOPPED_WITHIN)


def _stop(daemon: Daemon) -> float:
    daemon.serve("--grace", f"{_GRACE:g}")
    socket = daemon.warm().socket
    with processes.companion("endurance.streams", str(socket)) as client:
        client.send_signal(signal.SIGSTOP)
        with load([RetryingClient(socket, patience=_GRACE) for _ in range(_CLIENTS)]):
            time.sleep(_BUSY_SECONDS)
            return daemon.stop()
