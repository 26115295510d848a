"""The asyncio gRPC server beside the threaded one, for a Python server on a Unix socket.

Each server runs in a process of its own and serves the same trivial methods to the same clients,
in turn, so that the figures differ by the server alone.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks import processes
from benchmarks.echo_client import SequentialClient, connect, open_streams, pipelined_calls
from benchmarks.echo_server import MOST_STREAMS, Kind, Method
from benchmarks.report import Options, Report, Row
from benchmarks.sampling import MEDIAN, P99, Figure, interleave, median, summarize

_CLIENTS: Final = 8
_CONNECT_SECONDS: Final = 0.3
_WARM_UP_CALLS: Final = 200
_NOTES: Final = (
    "floor: the threaded grpc.server, in the same run; for the read in an executor, the same read "
    "made inline by the aio handler",
    "range: the lowest and highest of the rounds, which alternate between the servers",
    f"pipelined: {_CLIENTS} client processes with 8 calls in flight each, on the same processors",
    "callback: the threaded server with stream handlers that hold no thread; it needs the "
    "attribute experimental_non_blocking, which grpcio neither documents nor types",
)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is sampled."""

    rounds: int
    calls: int
    """Sequential calls a round."""
    pipelined: int
    """Pipelined calls of one client a round."""
    idle_seconds: float


FULL: Final = Effort(rounds=6, calls=400, pipelined=400, idle_seconds=10)
QUICK: Final = Effort(rounds=2, calls=100, pipelined=100, idle_seconds=2)


@dataclass(frozen=True, slots=True)
class Server:
    """One server under test and the client that calls it from this process."""

    pid: int
    socket: Path
    client: SequentialClient


@dataclass(frozen=True, slots=True)
class Burst:
    """What one round of pipelined calls took."""

    calls_per_second: float
    server_microseconds: float
    """Processor time of the server for one call."""


def run(options: Options) -> Report:
    """Compare the servers: latency, throughput, 500 open streams, memory and idle wake-ups."""
    processes.require_linux()
    effort = QUICK if options.quick else FULL
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        servers = {kind: stack.enter_context(_serving(kind, directory)) for kind in Kind}
        rows = [
            *_latency_rows("unary", servers, effort, (Kind.AIO,)),
            *_executor_rows(servers[Kind.AIO], effort),
            *_burst_rows(servers, effort),
            *_resource_rows("no streams", servers, effort),
        ]
        for server in servers.values():
            stack.enter_context(open_streams(server.socket, MOST_STREAMS))
        label = f"{MOST_STREAMS} idle streams"
        rows += _latency_rows(f"unary, {label}", servers, effort, (Kind.AIO, Kind.CALLBACK))
        rows += _resource_rows(label, servers, effort)
    return Report(rows, _NOTES)


@contextmanager
def _serving(kind: Kind, directory: Path) -> Iterator[Server]:
    socket = directory / f"{kind}.sock"
    with processes.listening("echo_server", kind, str(socket)) as pid, connect(socket) as channel:
        client = SequentialClient(channel)
        client.latencies(Method.ECHO, _WARM_UP_CALLS)
        yield Server(pid, socket, client)


def _latency_rows(
    label: str, servers: Mapping[Kind, Server], effort: Effort, subjects: Sequence[Kind]
) -> Iterator[Row]:
    """Time sequential calls of each subject and of the threaded server."""
    rounds = interleave(
        {
            kind: partial(servers[kind].client.latencies, Method.ECHO, effort.calls)
            for kind in (*subjects, Kind.THREADED)
        },
        rounds=effort.rounds,
    )
    for kind in subjects:
        for name, fraction in (("p50", MEDIAN), ("p99", P99)):
            value = summarize(rounds[kind], fraction)
            floor = summarize(rounds[Kind.THREADED], fraction)
            yield Row(f"{kind}: {label}, {name}", value, "ms", floor)


def _executor_rows(server: Server, effort: Effort) -> Iterator[Row]:
    """Time a small blocking read in the aio server, made inline and handed to a thread."""
    rounds = interleave(
        {
            method: partial(server.client.latencies, method, effort.calls)
            for method in (Method.READ_INLINE, Method.READ_IN_EXECUTOR)
        },
        rounds=effort.rounds,
    )
    for name, fraction in (("p50", MEDIAN), ("p99", P99)):
        value = summarize(rounds[Method.READ_IN_EXECUTOR], fraction)
        floor = summarize(rounds[Method.READ_INLINE], fraction)
        yield Row(f"aio: small read in an executor, {name}", value, "ms", floor)


def _burst_rows(servers: Mapping[Kind, Server], effort: Effort) -> Iterator[Row]:
    """Call the servers from many processes at once, many calls in flight."""
    aio, threaded = servers[Kind.AIO], servers[Kind.THREADED]
    # A fork would inherit this process's channels, which gRPC does not support.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_CLIENTS, mp_context=spawn) as clients:
        bursts = interleave(
            {
                (kind, method): partial(_burst, clients, server, method, effort.pipelined)
                for kind, server, method in (
                    (Kind.AIO, aio, Method.ECHO),
                    (Kind.THREADED, threaded, Method.ECHO),
                    (Kind.AIO, aio, Method.READ_IN_EXECUTOR),
                    (Kind.AIO, aio, Method.READ_INLINE),
                )
            },
            # The first round starts the clients' processes and is left out below.
            rounds=effort.rounds + 1,
        )
    pairs = (
        ("aio: pipelined unary", (Kind.AIO, Method.ECHO), (Kind.THREADED, Method.ECHO)),
        (
            "aio: pipelined small read in an executor",
            (Kind.AIO, Method.READ_IN_EXECUTOR),
            (Kind.AIO, Method.READ_INLINE),
        ),
    )
    for label, subject, floor in pairs:
        ours, theirs = bursts[subject][1:], bursts[floor][1:]
        yield Row(
            label,
            median([burst.calls_per_second for burst in ours]),
            "calls/s",
            median([burst.calls_per_second for burst in theirs]),
        )
        yield Row(
            f"{label}, server's processor time",
            median([burst.server_microseconds for burst in ours]),
            "µs/call",
            median([burst.server_microseconds for burst in theirs]),
        )


def _burst(clients: ProcessPoolExecutor, server: Server, method: Method, calls: int) -> Burst:
    used = processes.cpu_seconds(server.pid)
    begin = time.monotonic() + _CONNECT_SECONDS
    client = partial(pipelined_calls, server.socket, method, begin)
    end = max(clients.map(client, [calls] * _CLIENTS))
    total = calls * _CLIENTS
    used = processes.cpu_seconds(server.pid) - used
    return Burst(total / (end - begin), used / total * 1e6)


def _resource_rows(label: str, servers: Mapping[Kind, Server], effort: Effort) -> Iterator[Row]:
    """Read memory, threads and idle wake-ups of the servers as they are now."""
    pids = {kind: server.pid for kind, server in servers.items()}
    rates = processes.wake_up_rates(list(pids.values()), seconds=effort.idle_seconds)
    measures = (
        ("resident memory", "MB", {kind: processes.resident(pid) for kind, pid in pids.items()}),
        ("threads", "", {kind: processes.thread_count(pid) for kind, pid in pids.items()}),
        ("idle wake-ups", "/s", dict(zip(pids, rates, strict=True))),
    )
    for what, unit, values in measures:
        floor = Figure.of(values[Kind.THREADED])
        for kind in (Kind.AIO, Kind.CALLBACK):
            yield Row(f"{kind}: {what}, {label}", Figure.of(values[kind]), unit, floor)
