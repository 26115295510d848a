"""Following the operation log: from an append to its followers, and what they cost the others."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import grpc

from benchmarks import processes
from benchmarks.echo_client import SequentialClient, connect
from benchmarks.echo_server import Kind, Method
from benchmarks.report import Bar, BenchmarkError, Options, Report, Row
from benchmarks.sampling import MEDIAN, P99, Figure, interleave, summarize
from heddle_api.v1 import operation_log_pb2 as pb
from heddle_api.v1.operation_log_pb2_grpc import OperationLogQueryServiceStub
from heddle_worker.limits import CONNECTION_AGE_SECONDS

_FOLLOWERS: Final = 500
_ACTIVE_PAUSE: Final = 1.0
_DELIVERY_SECONDS: Final = 10.0
_IDLE_SECONDS: Final = 5.0
_AGEING_SECONDS: Final = 1.2 * CONNECTION_AGE_SECONDS
_EVERYTHING: Final = pb.QueryOperationsRequest(include_checkpoints=True)
_NOTES: Final = (
    "delivery: from the commit until the follower's client has the entry; floor: a call of an aio "
    "server that echoes, there and back",
    "wake-ups: floor: the same server with one follower; gRPC's own threads make most of them",
    "read: QueryOperations with limit 1; floor: the same without followers, in the same run",
    f"active: an entry every {_ACTIVE_PAUSE:g} s, which every follower gets; their clients run in "
    "one other process, on the same processors",
)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is sampled."""

    rounds: int
    samples: int


FULL: Final = Effort(rounds=6, samples=300)
QUICK: Final = Effort(rounds=2, samples=60)


class _Log:
    """The server under test, and its clients in this process."""

    def __init__(self, server: subprocess.Popen[bytes], socket: Path, stack: ExitStack) -> None:
        self.pid = server.pid
        self.socket = socket
        self._server = server
        self._stub = OperationLogQueryServiceStub(stack.enter_context(connect(socket)))
        self._arrived = threading.Semaphore(0)
        self._arrivals: list[float] = []
        self.newest = 0
        stream = self._stub.StreamOperations(
            pb.StreamOperationsRequest(query=_EVERYTHING, follow=True)
        )
        stack.callback(stream.cancel)
        threading.Thread(target=self._note_arrivals, args=(stream,), daemon=True).start()

    def append(self) -> float:
        """Have one entry appended; return when that was committed."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(b"\n")
        return float(self._server.stdout.readline())

    def deliveries(self, samples: int) -> list[float]:
        """Append one entry after the other; return how long each took to arrive, in ms."""
        return [self._delivery() for _ in range(samples)]

    def reads(self, samples: int) -> list[float]:
        """Make calls one after the other; return how long each took, in milliseconds."""
        return [self._read() for _ in range(samples)]

    def _delivery(self) -> float:
        committed = self.append()
        if not self._arrived.acquire(timeout=_DELIVERY_SECONDS):
            raise BenchmarkError(f"an entry did not arrive within {_DELIVERY_SECONDS:g} s")
        return (self._arrivals[-1] - committed) * 1000

    def _read(self) -> float:
        begin = time.monotonic()
        self._stub.QueryOperations(pb.QueryOperationsRequest(limit=1))
        return (time.monotonic() - begin) * 1000

    def _note_arrivals(self, stream: Iterator[pb.OperationHit]) -> None:
        try:
            for hit in stream:
                self.newest = hit.seq
                self._arrivals.append(time.monotonic())
                self._arrived.release()
        except grpc.RpcError:
            return


def run(options: Options) -> Report:
    """Measure delivery, and reads beside many followers."""
    processes.require_linux()
    effort = QUICK if options.quick else FULL
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        log = _serve(directory, stack)
        echo_socket = directory / "echo.sock"
        stack.enter_context(processes.listening("echo_server", Kind.AIO, str(echo_socket)))
        echo = SequentialClient(stack.enter_context(connect(echo_socket)))
        rows = list(_delivery_rows(log, echo, effort))
        alone = interleave({"": partial(log.reads, effort.samples)}, rounds=effort.rounds)[""]
        (rate_alone,) = processes.wake_up_rates([log.pid], seconds=_IDLE_SECONDS)
        stack.enter_context(
            processes.companion("followers", str(log.socket), str(_FOLLOWERS), str(log.newest))
        )
        # Each of the connections is told to make place once; the streams go on upon it.
        time.sleep(_AGEING_SECONDS)
        rows += _read_rows("idle", log, alone, effort)
        (rate,) = processes.wake_up_rates([log.pid], seconds=_IDLE_SECONDS)
        what = f"wake-ups, {_FOLLOWERS} idle followers"
        rows.append(Row(what, Figure.of(rate), "/s", Figure.of(rate_alone)))
        with _appending(log):
            rows += _read_rows("active", log, alone, effort)
    return Report(rows, _NOTES)


def _serve(directory: Path, stack: ExitStack) -> _Log:
    repository, socket = directory / "repository", directory / "log.sock"
    subprocess.run(["git", "init", "--quiet", repository], check=True)
    (repository / ".heddle" / "state").mkdir(parents=True)
    server = stack.enter_context(processes.companion("follow_server", str(repository), str(socket)))
    return _Log(server, socket, stack)


def _delivery_rows(log: _Log, echo: SequentialClient, effort: Effort) -> Iterator[Row]:
    log.deliveries(effort.samples)
    echo.latencies(Method.ECHO, effort.samples)
    rounds = interleave(
        {
            "delivery": partial(log.deliveries, effort.samples),
            "echo": partial(echo.latencies, Method.ECHO, effort.samples),
        },
        rounds=effort.rounds,
    )
    for name, fraction, bar in (("p50", MEDIAN, Bar(factor=2)), ("p99", P99, None)):
        value, floor = (summarize(rounds[key], fraction) for key in ("delivery", "echo"))
        yield Row(f"append to delivered, {name}", value, "ms", floor, bar)


def _read_rows(kind: str, log: _Log, alone: list[list[float]], effort: Effort) -> Iterator[Row]:
    rounds = [log.reads(effort.samples) for _ in range(effort.rounds)]
    for name, fraction, bar in (("p50", MEDIAN, None), ("p99", P99, Bar(factor=2))):
        value, floor = summarize(rounds, fraction), summarize(alone, fraction)
        yield Row(f"read, {_FOLLOWERS} {kind} followers, {name}", value, "ms", floor, bar)


@contextmanager
def _appending(log: _Log) -> Iterator[None]:
    """Append at a steady rate while the block runs."""
    ending = threading.Event()

    def append() -> None:
        while not ending.wait(_ACTIVE_PAUSE):
            log.append()

    appending = threading.Thread(target=append)
    appending.start()
    try:
        yield
    finally:
        ending.set()
        appending.join()
