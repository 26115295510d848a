"""Durable writes: one after the other beside bare commits, and many at once beside bare echoes."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import apsw

from benchmarks.echo_client import pipelined_calls
from benchmarks.echo_server import Method
from benchmarks.report import Bar, Row
from benchmarks.sampling import MEDIAN, Figure, interleave, median, summarize
from benchmarks.store_client import pipelined_writes
from benchmarks.store_setting import SIZE_BAR, Echo, Effort, Served, label

CLIENTS: Final = 4
"""Processes that write at the same time."""
DEPTH: Final = 8
"""Calls in flight of each of them, as many as `pipelined_calls` has."""

_CONNECT_SECONDS: Final = 0.3
_ROW_BYTES: Final = 200
_WRITE_BAR: Final = Bar(factor=1.3)
_THROUGHPUT_BAR: Final = Bar(factor=1 / 0.6)


def write_rows(short: Served, long: Served, echo: Echo, effort: Effort) -> Iterator[Row]:
    """Time writes and their repetition, one after the other."""
    again = {id(served): str(uuid.uuid4()) for served in (short, long)}
    for served in (short, long):
        served.client.write(again[id(served)])
    with _bare_commits() as commits:
        samples = interleave(
            {
                "echo": partial(echo.client.latencies, Method.ECHO, effort.calls),
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
        yield Row(label(what, effort), figures[subject], "ms", floor, SIZE_BAR)


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


def burst_rows(served: Served, echo: Echo, effort: Effort) -> Iterator[Row]:
    """Call from several processes at once, many calls in flight."""
    # A fork would inherit this process's channels, which gRPC does not support.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(CLIENTS, mp_context=spawn) as clients:
        samples = interleave(
            {
                "writes": partial(_burst, clients, pipelined_writes, served.socket, DEPTH, effort),
                "echo": partial(_burst, clients, pipelined_calls, echo.socket, Method.ECHO, effort),
            },
            # The first round starts the clients' processes and is left out below.
            rounds=effort.rounds + 1,
        )
    value, floor = (median(samples[name][1:]) for name in ("writes", "echo"))
    what = f"{CLIENTS * DEPTH} concurrent writers, time per write"
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
        clients.map(partial(client, socket, argument, begin), [effort.pipelined] * CLIENTS)
    )
    return (max(ends) - begin) / (effort.pipelined * CLIENTS) * 1e6
