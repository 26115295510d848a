"""What the store costs: durable writes, queries, starts, followers, with short and long histories.

Two daemons, whose logs have a thousand and a million operations; beside them a bare gRPC echo, and
a bare SQLite file that commits one row after the other.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Final

from benchmarks import processes, store_queries, store_transactions
from benchmarks.daemon import Daemon
from benchmarks.health_client import until_answered
from benchmarks.report import Bar, Options, Report, Row
from benchmarks.sampling import interleave, median
from benchmarks.store_client import answers, is_offered
from benchmarks.store_followers import delivery_rows, follower_rows
from benchmarks.store_setting import (
    FULL,
    QUICK,
    SIZE_BAR,
    Effort,
    Served,
    daemon_with,
    echo,
    label,
    served,
)
from benchmarks.store_writes import CLIENTS, DEPTH, burst_rows, write_rows

_SHORT: Final = 1_000
_START_BAR: Final = Bar(factor=1.5)
_NOTES: Final = (
    "durable write: RegisterHook with an operation id of its own; floor: a bare gRPC echo and a "
    "bare SQLite commit with one sync, their medians added",
    f"{CLIENTS * DEPTH} writers: time per call of {CLIENTS} client processes with {DEPTH} "
    "calls in flight each; floor: the same clients' echo, so 1.67x is 0.6 of its throughput",
    f"floor of everything at a long log: the same at {_SHORT:,} operations; queries take the first "
    f"{store_queries.LIMIT} that match",
    "start: `serve --detach`; failover: SIGKILL of the worker; both until a query is answered",
    "delivery: from the write's reply until a follower has the operation, 0 when it comes first; "
    "floor: a bare gRPC echo",
    "BeginTransaction: in a repository with changes; floor: `git status` and `git stash create`",
    "range: the lowest and highest of the rounds",
)


class _Skips:
    """What could not be measured, told at once and in the report."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def offers(self, what: str, method: str, call: Callable[[], object]) -> bool:
        """Return whether the daemon has a method; if not, say that `what` is left out."""
        if is_offered(call):
            return True
        self.told.append(f"{what}: {method} is not implemented")
        print(f"benchmarks: store: SKIPPED: {self.told[-1]}", file=sys.stderr)
        return False


def run(options: Options) -> Report:
    """Measure the store through its daemon."""
    processes.require_linux()
    effort = QUICK if options.quick else FULL
    skips = _Skips()
    with ExitStack() as stack:
        daemons = {
            size: stack.enter_context(daemon_with(size)) for size in (_SHORT, effort.operations)
        }
        rows = list(_start_rows(daemons, effort))
        short, long = (stack.enter_context(served(daemon)) for daemon in daemons.values())
        rows += [
            Row(label(f"query, {name}, p50", effort), value, "ms", floor, SIZE_BAR)
            for name, value, floor in store_queries.figures(
                short.client, long.client, effort.rounds, effort.calls
            )
        ]
        rows += _failover_rows(short, long, effort)
        bare = stack.enter_context(echo())
        if skips.offers(
            "durable writes", "RegisterHook", lambda: short.client.write(str(uuid.uuid4()))
        ):
            rows += write_rows(short, long, bare, effort)
            rows += burst_rows(short, bare, effort)
        newest = short.client.newest(0)
        if skips.offers(
            "followers", "StreamOperations", lambda: next(short.client.follow(newest - 1))
        ):
            rows += delivery_rows(short, bare, newest, effort)
            rows += follower_rows(short, newest - 1, effort)
    with store_transactions.daemon_of_many_files(effort.files) as daemon, served(daemon) as many:
        if skips.offers("transactions", "BeginTransaction", partial(_begin_and_abort, many)):
            rows += store_transactions.rows(many.daemon, many.client, effort.starts)
    return Report(rows, _NOTES, skips.told)


def _start_rows(daemons: dict[int, Daemon], effort: Effort) -> Iterator[Row]:
    # The first start of all compiles modules, and reads the repository into the log.
    for daemon in daemons.values():
        _start(daemon)
    samples = interleave(
        {size: partial(_start, daemon) for size, daemon in daemons.items()}, rounds=effort.starts
    )
    short, long = (median(times) for times in samples.values())
    yield Row(label("start to first query", effort), long, "ms", short, _START_BAR)


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
    yield Row(label("failover to first query", effort), value, "ms", floor, _START_BAR)


def _failover(served: Served) -> float:
    status = served.daemon.warm()
    begin = served.daemon.kill_worker(status)
    milliseconds = (until_answered(partial(answers, served.socket)) - begin) * 1000
    served.daemon.warm(after=status)
    return milliseconds


def _begin_and_abort(served: Served) -> None:
    served.client.abort(served.client.begin()[1])
