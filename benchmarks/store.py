"""What the store costs: durable writes, queries, starts, followers, with short and long histories.

Two daemons, whose logs have a thousand and a million operations; beside them a bare gRPC echo, and
a bare SQLite file that commits one row after the other.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import apsw

from benchmarks import processes, store_queries, store_transactions
from benchmarks.daemon import Daemon, temporary_daemon
from benchmarks.echo_client import SequentialClient, connect, pipelined_calls
from benchmarks.echo_server import Kind, Method
from benchmarks.health_client import until_answered
from benchmarks.operation_history import write_history
from benchmarks.report import Bar, Options, Report, Row
from benchmarks.sampling import MEDIAN, P99, Figure, interleave, median, summarize
from benchmarks.store_client import (
    Query,
    StoreClient,
    answers,
    followers,
    is_offered,
    pipelined_writes,
)

_SHORT: Final = 1_000
_CLIENTS: Final = 4
_DEPTH: Final = 8
"""Calls in flight of each client, as many as `pipelined_calls` has."""
_CONNECT_SECONDS: Final = 0.3
_FOLLOWERS: Final = 500
_ROW_BYTES: Final = 200

_WRITE_BAR: Final = Bar(factor=1.3)
_THROUGHPUT_BAR: Final = Bar(factor=1 / 0.6)
_SIZE_BAR: Final = Bar(factor=1.3)
_START_BAR: Final = Bar(factor=1.5)
_DELIVERY_BAR: Final = Bar(factor=2)
_FOLLOWERS_BAR: Final = Bar(factor=2)

_NOTES: Final = (
    "durable write: RegisterHook with an operation id of its own; floor: a bare gRPC echo and a "
    "bare SQLite commit with one sync, their medians added",
    f"{_CLIENTS * _DEPTH} writers: time per call of {_CLIENTS} client processes with {_DEPTH} "
    "calls in flight each; floor: the same clients' echo, so 1.67x is 0.6 of its throughput",
    f"floor of everything at a long log: the same at {_SHORT:,} operations; queries take the first "
    f"{store_queries.LIMIT} that match",
    "start: `serve --detach`; failover: SIGKILL of the worker; both until a query is answered",
    "delivery: from the write's reply until a follower has the operation, 0 when it comes first; "
    "floor: a bare gRPC echo",
    "BeginTransaction: in a repository with changes; floor: `git status` and `git stash create`",
    "range: the lowest and highest of the rounds",
)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is sampled."""

    operations: int
    """Length of the long log."""
    files: int
    """Size of the repository in which transactions begin."""
    rounds: int
    calls: int
    """Sequential calls a round."""
    pipelined: int
    """Pipelined calls of one client a round."""
    starts: int


FULL: Final = Effort(1_000_000, 50_000, rounds=6, calls=200, pipelined=250, starts=8)
QUICK: Final = Effort(100_000, 5_000, rounds=2, calls=50, pipelined=50, starts=2)


@dataclass(frozen=True, slots=True)
class Served:
    """A daemon that serves, and a client of it."""

    daemon: Daemon
    socket: Path
    client: StoreClient


class _Skips:
    """What could not be measured, told at once and in the report."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def offers(self, what: str, method: str, call: Callable[[], object]) -> bool:
        """Return whether the daemon has a method; if not, say that `what` is left out."""
        if is_offered(call):
            return True
        self.notes.append(f"SKIPPED: {what}: {method} is not implemented")
        print(f"benchmarks: store: {self.notes[-1]}", file=sys.stderr)
        return False


def run(options: Options) -> Report:
    """Measure the store through its daemon."""
    processes.require_linux()
    effort = QUICK if options.quick else FULL
    skips = _Skips()
    with ExitStack() as stack:
        daemons = {
            size: stack.enter_context(_daemon_with(size)) for size in (_SHORT, effort.operations)
        }
        rows = list(_start_rows(daemons, effort))
        short, long = (stack.enter_context(_served(daemon)) for daemon in daemons.values())
        rows += [
            Row(_label(f"query, {name}, p50", effort), value, "ms", floor, _SIZE_BAR)
            for name, value, floor in store_queries.figures(
                short.client, long.client, effort.rounds, effort.calls
            )
        ]
        rows += _failover_rows(short, long, effort)
        echo = stack.enter_context(_echo())
        if skips.offers(
            "durable writes", "RegisterHook", lambda: short.client.write(str(uuid.uuid4()))
        ):
            rows += _write_rows(short, long, echo, effort)
            rows += _burst_rows(short, echo, effort)
        newest = short.client.newest(0)
        if skips.offers(
            "followers", "StreamOperations", lambda: next(short.client.follow(newest - 1))
        ):
            rows += _delivery_rows(short, echo, newest, effort)
            rows += _follower_rows(short, newest - 1, effort)
    with store_transactions.daemon_of_many_files(effort.files) as daemon, _served(daemon) as many:
        if skips.offers("transactions", "BeginTransaction", partial(_begin_and_abort, many)):
            rows += store_transactions.rows(many.daemon, many.client, effort.starts)
    return Report(rows, (*skips.notes, *_NOTES))


@contextmanager
def _daemon_with(size: int) -> Iterator[Daemon]:
    with temporary_daemon() as daemon:
        write_history(daemon.files, size)
        yield daemon


@contextmanager
def _served(daemon: Daemon) -> Iterator[Served]:
    daemon.serve()
    socket = daemon.warm().socket
    with connect(socket) as channel:
        yield Served(daemon, socket, StoreClient(channel))


@contextmanager
def _echo() -> Iterator[tuple[Path, SequentialClient]]:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        socket = Path(directory, "echo.sock")
        with processes.listening("echo_server", Kind.AIO, str(socket)), connect(socket) as channel:
            yield socket, SequentialClient(channel)


def _label(what: str, effort: Effort) -> str:
    return f"{what} at {effort.operations:,}"


def _start_rows(daemons: dict[int, Daemon], effort: Effort) -> Iterator[Row]:
    # The first start of all compiles modules, and reads the repository into the log.
    for daemon in daemons.values():
        _start(daemon)
    samples = interleave(
        {size: partial(_start, daemon) for size, daemon in daemons.items()}, rounds=effort.starts
    )
    short, long = (median(times) for times in samples.values())
    yield Row(_label("start to first query", effort), long, "ms", short, _START_BAR)


def _start(daemon: Daemon) -> float:
    begin = time.monotonic()
    daemon.serve()
    socket = daemon.status().socket
    milliseconds = (until_answered(partial(answers, socket)) - begin) * 1000
    daemon.warm()
    daemon.stop()
    return milliseconds


def _failover_rows(short: Served, long: Served, effort: Effort) -> Iterator[Row]:
    samples = interleave(
        {name: partial(_failover, served) for name, served in (("short", short), ("long", long))},
        rounds=effort.starts * 2,
    )
    value, floor = median(samples["long"]), median(samples["short"])
    yield Row(_label("failover to first query", effort), value, "ms", floor, _START_BAR)


def _failover(served: Served) -> float:
    status = served.daemon.warm()
    begin = served.daemon.kill_worker(status)
    milliseconds = (until_answered(partial(answers, served.socket)) - begin) * 1000
    served.daemon.warm(after=status)
    return milliseconds


def _write_rows(
    short: Served, long: Served, echo: tuple[Path, SequentialClient], effort: Effort
) -> Iterator[Row]:
    again = {id(served): str(uuid.uuid4()) for served in (short, long)}
    for served in (short, long):
        served.client.write(again[id(served)])
    with _bare_commits() as commits:
        samples = interleave(
            {
                "echo": partial(echo[1].latencies, Method.ECHO, effort.calls),
                "commit": partial(commits, effort.calls),
                "short": partial(short.client.writes, effort.calls),
                "long": partial(long.client.writes, effort.calls),
                "short again": partial(short.client.replays, again[id(short)], effort.calls),
                "long again": partial(long.client.replays, again[id(long)], effort.calls),
            },
            rounds=effort.rounds,
        )
    figures = {name: summarize(times, MEDIAN) for name, times in samples.items()}
    floor = _sum(figures["echo"], figures["commit"])
    yield Row("durable write, p50", figures["short"], "ms", floor, _WRITE_BAR)
    for what, subject in (("durable write, p50", "long"), ("replay, p50", "long again")):
        floor = figures[subject.replace("long", "short")]
        yield Row(_label(what, effort), figures[subject], "ms", floor, _SIZE_BAR)


def _sum(first: Figure, second: Figure) -> Figure:
    return Figure(first.value + second.value, first.low + second.low, first.high + second.high)


@contextmanager
def _bare_commits() -> Iterator[Callable[[int], list[float]]]:
    """Give what commits rows to a SQLite file that is as durable as ours, and times each."""
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        path = Path(directory, "bare.db")
        connection = stack.enter_context(closing(apsw.Connection(str(path))))
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "full")
        connection.execute("CREATE TABLE rows (value BLOB)")
        yield partial(_commit_each, connection)


def _commit_each(connection: apsw.Connection, count: int) -> list[float]:
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        connection.execute("INSERT INTO rows VALUES (zeroblob(?))", (_ROW_BYTES,))
        times.append((time.perf_counter() - begin) * 1000)
    return times


def _burst_rows(
    served: Served, echo: tuple[Path, SequentialClient], effort: Effort
) -> Iterator[Row]:
    """Call from several processes at once, many calls in flight."""
    # A fork would inherit this process's channels, which gRPC does not support.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_CLIENTS, mp_context=spawn) as clients:
        samples = interleave(
            {
                "writes": partial(_burst, clients, pipelined_writes, served.socket, _DEPTH, effort),
                "echo": partial(_burst, clients, pipelined_calls, echo[0], Method.ECHO, effort),
            },
            # The first round starts the clients' processes and is left out below.
            rounds=effort.rounds + 1,
        )
    value, floor = (median(samples[name][1:]) for name in ("writes", "echo"))
    what = f"{_CLIENTS * _DEPTH} concurrent writers, time per write"
    yield Row(what, value, "µs", floor, _THROUGHPUT_BAR)


def _burst(
    clients: ProcessPoolExecutor,
    client: Callable[..., float],
    socket: Path,
    argument: object,
    effort: Effort,
) -> float:
    """Return the microseconds that one call took on average."""
    begin = time.monotonic() + _CONNECT_SECONDS
    ends: Sequence[float] = list(
        clients.map(partial(client, socket, argument, begin), [effort.pipelined] * _CLIENTS)
    )
    return (max(ends) - begin) / (effort.pipelined * _CLIENTS) * 1e6


def _delivery_rows(
    served: Served, echo: tuple[Path, SequentialClient], newest: int, effort: Effort
) -> Iterator[Row]:
    def deliveries() -> list[float]:
        after = served.client.newest(newest)
        found = served.client.deliveries(after, effort.calls)
        return [max(0.0, one.delivered - one.replied) * 1000 for one in found]

    samples: dict[str, list[list[float]]] = interleave(
        {"us": deliveries, "echo": partial(echo[1].latencies, Method.ECHO, effort.calls)},
        rounds=effort.rounds,
    )
    value, floor = (summarize(samples[name], MEDIAN) for name in ("us", "echo"))
    yield Row("append to delivery, p50", value, "ms", floor, _DELIVERY_BAR)


def _follower_rows(served: Served, after_seq: int, effort: Effort) -> Iterator[Row]:
    read = partial(served.client.queries, Query(limit=1), effort.calls * 2)

    def read_among_followers() -> list[float]:
        with followers(served.socket, served.client.newest(after_seq) - 1, _FOLLOWERS):
            return read()

    samples: dict[str, list[list[float]]] = interleave(
        {"alone": read, "among": read_among_followers}, rounds=effort.rounds
    )
    value, floor = (summarize(samples[name], P99) for name in ("among", "alone"))
    yield Row(f"query, {_FOLLOWERS} followers, p99", value, "ms", floor, _FOLLOWERS_BAR)


def _begin_and_abort(served: Served) -> None:
    served.client.abort(served.client.begin()[1])
