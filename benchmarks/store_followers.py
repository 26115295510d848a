"""Followers of the operation log: how soon they hear of a write, and what many of them cost."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from benchmarks.echo_server import Method
from benchmarks.report import Bar, Row
from benchmarks.sampling import MEDIAN, P99, interleave, summarize
from benchmarks.store_client import Query, followers
from benchmarks.store_setting import Echo, Effort, Served

FOLLOWERS: Final = 500
"""Streams that are open while one client reads."""

_DELIVERY_BAR: Final = Bar(factor=2)
_FOLLOWERS_BAR: Final = Bar(factor=2)


def delivery_rows(served: Served, echo: Echo, newest: int, effort: Effort) -> Iterator[Row]:
    """Time how long after a write's reply a follower has the operation."""

    def deliveries() -> list[float]:
        after = served.client.newest(newest)
        found = served.client.deliveries(after, effort.calls)
        return [max(0.0, one.delivered - one.replied) * 1000 for one in found]

    samples: dict[str, list[list[float]]] = interleave(
        {"us": deliveries, "echo": partial(echo.client.latencies, Method.ECHO, effort.calls)},
        rounds=effort.rounds,
    )
    value, floor = (summarize(samples[name], MEDIAN) for name in ("us", "echo"))
    yield Row("append to delivery, p50", value, "ms", floor, _DELIVERY_BAR)


def follower_rows(served: Served, after_seq: int, effort: Effort) -> Iterator[Row]:
    """Time one client's reads, alone and among many followers."""
    read = partial(served.client.queries, Query(limit=1), effort.calls * 2)

    def read_among_followers() -> list[float]:
        with followers(served.socket, served.client.newest(after_seq) - 1, FOLLOWERS):
            return read()

    samples: dict[str, list[list[float]]] = interleave(
        {"alone": read, "among": read_among_followers}, rounds=effort.rounds
    )
    value, floor = (summarize(samples[name], P99) for name in ("among", "alone"))
    yield Row(f"query, {FOLLOWERS} followers, p99", value, "ms", floor, _FOLLOWERS_BAR)
