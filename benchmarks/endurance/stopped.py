"""Processes that are stopped with SIGSTOP: a worker is replaced, a supervisor can be ended."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

from benchmarks import processes
from benchmarks.daemon import Daemon, temporary_daemon
from benchmarks.health_client import first_reply
from benchmarks.report import Bar, BenchmarkError, Row
from benchmarks.sampling import Figure, median

_DEADLINE: Final = 1.0
_REPLACED_WITHIN: Final = Bar(plus=(_DEADLINE + 0.1) * 1000)
_NONE: Final = Bar(plus=0)
# A call to the stopped worker must not hold up the client for longer than it takes to notice.
_CALL_SECONDS: Final = 0.02
_UNHEALTHY: Final = 5
_GONE_WITHIN: Final = 1.0


def hung_worker_rows(rounds: int) -> Iterator[Row]:
    """Stop the worker; time how long it takes until another one answers."""
    samples = []
    with temporary_daemon() as daemon:
        daemon.serve("--heartbeat-deadline", f"{_DEADLINE:g}")
        for _ in range(rounds):
            before = daemon.warm()
            worker = daemon.worker_handle(before)
            try:
                begin = time.monotonic()
                signal.pidfd_send_signal(worker, signal.SIGSTOP)
                replied = first_reply(before.socket, timeout=_CALL_SECONDS)
                samples.append((replied - begin) * 1000)
                daemon.warm(after=before)
            finally:
                os.close(worker)
    yield Row("SIGSTOP of the worker", median(samples), "ms")
    slowest = Figure.of(max(samples))
    yield Row("SIGSTOP of the worker, slowest", slowest, "ms", bar=_REPLACED_WITHIN)


def stopped_supervisor_rows(rounds: int) -> Iterator[Row]:
    """Stop the supervisor; ask what it does, and end it."""
    faults: Counter[str] = Counter()
    samples = []
    with temporary_daemon() as daemon:
        for _ in range(rounds):
            daemon.serve()
            samples.append(_end_stopped(daemon, faults))
    yield Row("stop --force --timeout 1 of a stopped supervisor", median(samples), "ms")
    for fault in ("status does not tell", "a process is left", "a file is left"):
        yield Row(f"stopped supervisor: {fault}", Figure.of(faults[fault]), "", bar=_NONE)


def _end_stopped(daemon: Daemon, faults: Counter[str]) -> float:
    status = daemon.warm()
    if status.worker is None or status.standby is None:
        raise BenchmarkError("no worker stands by")
    with ExitStack() as stack:
        handles = [os.pidfd_open(p) for p in (status.supervisor, status.worker, status.standby)]
        for handle in handles:
            stack.callback(os.close, handle)
        # A supervisor that nothing ends must not stay stopped.
        stack.callback(_continue, handles[0])
        signal.pidfd_send_signal(handles[0], signal.SIGSTOP)
        body = json.loads(daemon.run("status", "--json", expected=_UNHEALTHY)[1])
        faults["status does not tell"] += body["responding"]
        milliseconds = daemon.stop("--force", "--timeout", "1")
        faults["a process is left"] += not all(
            processes.has_ended(handle, within=_GONE_WITHIN) for handle in handles
        )
        faults["a file is left"] += len(list((daemon.files / "sockets").iterdir()))
    return milliseconds


def _continue(supervisor: int) -> None:
    if not processes.has_ended(supervisor):
        signal.pidfd_send_signal(supervisor, signal.SIGCONT)
