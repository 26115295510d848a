"""The filters of the operation log, asked of a short and of a long one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from benchmarks.operation_history import ACTOR, EPOCH, RARE, STEP, SYMBOL, THREAD
from benchmarks.report import BenchmarkError
from benchmarks.sampling import MEDIAN, Figure, interleave, summarize
from benchmarks.store_client import Query, StoreClient

LIMIT: Final = 20
"""Operations that each query takes."""

_QUERIES: Final = {
    "no filter": Query(),
    "checkpoints too": Query(include_checkpoints=True),
    "actor": Query(actor=ACTOR),
    "rare actor": Query(actor="rare@example.com", include_checkpoints=True),
    "thread": Query(thread=THREAD),
    "rare thread": Query(thread=RARE, include_checkpoints=True),
    "verbs": Query(verbs=["goto", "checkpoint"]),
    "symbol": Query(symbol=SYMBOL),
    "rare symbol": Query(symbol=RARE, include_checkpoints=True),
    "rare signal": Query(signal_kind=RARE, include_checkpoints=True),
    "a span of time": Query(since_secs=EPOCH + 500 * STEP, until_secs=EPOCH + 600 * STEP),
    "a page in the middle": Query(after_seq=500),
    "actor and thread": Query(actor=ACTOR, thread=THREAD),
    "rare actor, verbs, time": Query(
        actor="rare@example.com", verbs=["goto", "snapshot"], since_secs=EPOCH
    ),
}
"""Filters with which a short and a long log have about as much to return."""


def figures(
    short: StoreClient, long: StoreClient, rounds: int, calls: int
) -> Iterator[tuple[str, Figure, Figure]]:
    """Yield each query's name, and its median time with the long and with the short log, in ms."""
    for name, filters in _QUERIES.items():
        query = Query()
        query.CopyFrom(filters)
        query.limit = LIMIT
        if not all(client.ask(query) for client in (short, long)):
            raise BenchmarkError(f"the query for {name} finds nothing")
        samples = interleave(
            {
                "short": partial(short.queries, query, calls),
                "long": partial(long.queries, query, calls),
            },
            rounds=rounds,
        )
        yield name, summarize(samples["long"], MEDIAN), summarize(samples["short"], MEDIAN)
