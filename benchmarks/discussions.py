"""What finding discussions costs, among a hundred and among a hundred thousand.

Two daemons, whose repositories are alike: a thousand files of a hundred functions each.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import grpc

from benchmarks import processes
from benchmarks.daemon import Daemon, temporary_daemon
from benchmarks.discussion_history import (
    AT_SYMBOL,
    FILE,
    FILES,
    FUNCTIONS,
    SYMBOL,
    UNDISCUSSED,
    edit,
    write_discussions,
)
from benchmarks.echo_client import connect
from benchmarks.report import Bar, BenchmarkError, Options, Report, Row
from benchmarks.sampling import MEDIAN, interleave, summarize
from heddle_api.v1 import common_pb2, discussion_pb2, discussion_pb2_grpc
from heddle_worker.domain import Domain

_FEW: Final = FUNCTIONS + AT_SYMBOL - 1
"""Those of one file, of which there are as many among more."""
_MANY: Final = FILES * FUNCTIONS
_CALL_SECONDS: Final = 600.0
_SIZE_BAR: Final = Bar(factor=1.3)
_TOUCHED: Final = 20
_MOST_BYTES: Final = 4 * 1024 * 1024
_NOTES: Final = (
    f"floor: the same among {_FEW} discussions, in a repository with the same {FILES:,} files",
    f"ListBySymbol: a symbol with {AT_SYMBOL} discussions; right after a commit: one that edits "
    "a file that nobody discusses, or the one with that symbol",
    f"touched symbols: {_TOUCHED} of one file, each with discussions; without a call around it",
    "range: the lowest and highest of the rounds",
)


@dataclass(frozen=True, slots=True)
class _Effort:
    many: int
    rounds: int
    calls: int
    """Sequential calls a round."""
    commits: int
    """Commits a round."""


_FULL: Final = _Effort(_MANY, rounds=6, calls=200, commits=10)
_QUICK: Final = _Effort(_MANY // 10, rounds=2, calls=50, commits=3)


class _Client:
    """Asks one daemon for the discussions of a symbol."""

    def __init__(self, daemon: Daemon, channel: grpc.Channel) -> None:
        self._daemon = daemon
        # The generated stubs' methods have no annotations that all type checkers understand.
        self._stub: Any = discussion_pb2_grpc.DiscussionServiceStub(channel)
        self._edition = 0

    def ask(self) -> None:
        """List them."""
        anchor = common_pb2.PathSymbolRef(file=FILE, symbol=SYMBOL)
        request = discussion_pb2.ListDiscussionsBySymbolRequest(anchor=anchor)
        reply = self._stub.ListBySymbol(request, timeout=_CALL_SECONDS)
        if len(reply.discussions) != AT_SYMBOL:
            raise BenchmarkError(f"{len(reply.discussions)} discussions were listed")

    def asks(self, count: int) -> list[float]:
        """List them again and again; return how long each reply took, in milliseconds."""
        return [_timed(self.ask) for _ in range(count)]

    def asks_after_commits(self, number: int, count: int) -> list[float]:
        """List them after each of some commits, which edit one file; return the same."""
        return [self._after_commit(number) for _ in range(count)]

    def _after_commit(self, number: int) -> float:
        self._edition += 1
        edit(self._daemon, number, self._edition)
        return _timed(self.ask)


def run(options: Options) -> Report:
    """Measure the finding of discussions."""
    processes.require_linux()
    effort = _QUICK if options.quick else _FULL
    with ExitStack() as stack:
        few, many = (stack.enter_context(temporary_daemon()) for _ in range(2))
        write_discussions(few, _FEW)
        write_discussions(many, effort.many)
        rows = [_touched_row(few, many, effort)]
        few_client, many_client = (stack.enter_context(_served(daemon)) for daemon in (few, many))
        rows += _call_rows(few_client, many_client, effort)
    return Report(rows, _NOTES)


@contextlib.contextmanager
def _served(daemon: Daemon) -> Iterator[_Client]:
    daemon.serve()
    with connect(daemon.warm().socket) as channel:
        yield _Client(daemon, channel)


def _call_rows(few: _Client, many: _Client, effort: _Effort) -> Iterator[Row]:
    for client in (few, many):
        client.ask()
    calls, commits = effort.calls, effort.commits
    asks: dict[str, Callable[[_Client], list[float]]] = {
        "ListBySymbol": lambda client: client.asks(calls),
        "ListBySymbol right after a commit elsewhere": (
            lambda client: client.asks_after_commits(UNDISCUSSED, commits)
        ),
        "ListBySymbol right after a commit there": (
            lambda client: client.asks_after_commits(0, commits)
        ),
    }
    for what, ask in asks.items():
        samples = interleave(
            {"few": partial(ask, few), "many": partial(ask, many)}, rounds=effort.rounds
        )
        floor = summarize(samples["few"], MEDIAN)
        yield Row(what, summarize(samples["many"], MEDIAN), "ms", floor, _SIZE_BAR)


def _touched_row(few: Daemon, many: Daemon, effort: _Effort) -> Row:
    """Return what the discussions of a change's symbols cost, without a call around it."""
    with ExitStack() as stack:
        looks = {}
        for name, daemon in {"few": few, "many": many}.items():
            domain = stack.enter_context(
                contextlib.closing(Domain.open(daemon.repository, daemon.files, lambda: None))
            )
            domain.writer.begin().result()
            # The first look places all of them.
            _looks(domain, 1)
            looks[name] = partial(_looks, domain, effort.calls)
        samples = interleave(looks, rounds=effort.rounds)
    value, floor = (summarize(samples[name], MEDIAN) for name in ("many", "few"))
    return Row(f"discussions of {_TOUCHED} touched symbols", value, "ms", floor, _SIZE_BAR)


def _looks(domain: Domain, count: int) -> list[float]:
    # Among a hundred discussions and among many, these are the same.
    places = [(FILE.encode(), f"function{number}") for number in range(_TOUCHED)]
    return [
        _timed(lambda: domain.discussions.of_symbols(None, places, _MOST_BYTES))
        for _ in range(count)
    ]


def _timed(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return (time.perf_counter() - begin) * 1000
