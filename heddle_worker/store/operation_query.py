"""Searching the operation log in time that depends on what is found, not on how long the log is.

Of the filters that are set, the one that the fewest entries pass is walked on its index, in order
of `seq`; the others are checked on each entry met there. A span of time first narrows the part of
the log that is walked, or is walked itself.
"""

# ruff: noqa: S608 - statements are put together from words of this module; values are bound.

from __future__ import annotations

import heapq
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, TypeAlias

import apsw

from heddle_worker.store.operations import (
    COLUMNS,
    LISTED_VERBS,
    TIME_BLOCK,
    Operation,
    as_operations,
)

_Row: TypeAlias = tuple[Any, ...]

_MAX_INTEGER: Final = 2**63 - 1
_PAGE: Final = 256
_WIDE: Final = 1_000
"""A filter that so many entries pass is wide, however many more there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationQuery:
    """Filters, all of which an entry has to pass; an empty one passes everything.

    Attributes:
        actor, thread: equal to the entry's.
        symbol, signal_kind: among the entry's.
        verbs: the entry's verb is one of them. Empty: the verbs of `LISTED_VERBS`, or all of
            them with `include_checkpoints`.
        since_secs, until_secs: Unix seconds, inclusive; 0 for no bound.
        after_seq: only entries with a greater `seq`.
        limit: the first so many; 0 for all.
    """

    actor: str = ""
    symbol: str = ""
    signal_kind: str = ""
    thread: str = ""
    verbs: tuple[str, ...] = ()
    since_secs: int = 0
    until_secs: int = 0
    include_checkpoints: bool = False
    after_seq: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True)
class _Span:
    """The part of the log that a query looks at: after `low`, up to `high`, within the times.

    `blocks` is how many rows of `operation_times` meet the times; 0 when there is no such bound.
    """

    low: int
    high: int
    since: int
    until: int
    blocks: int


@dataclass(frozen=True, slots=True)
class _Filter:
    """A filter in SQL.

    Attributes:
        source, seq: the tables to walk for what passes, and the `seq` that orders the walk.
        index: the one table of them whose index tells how many pass.
        equal: the column that is looked up in the index.
        arguments: the values to look up, one walk for each.
        check: the condition on an entry `o` that another filter's walk meets.
        check_argument: what the condition is given.
    """

    source: str
    index: str
    seq: str
    equal: str
    arguments: tuple[str, ...]
    check: str
    check_argument: str


def select(connection: apsw.Connection, query: OperationQuery) -> Iterator[Operation]:
    """Yield the matching entries in ascending order of `seq`, reading as it goes.

    The connection has to stay in one snapshot until the iterator is exhausted or dropped.
    """
    rows = _rows(connection, query)
    if query.limit:
        rows = itertools.islice(rows, query.limit)
    try:
        while page := list(itertools.islice(rows, _PAGE)):
            yield from as_operations(connection, page)
    except UnicodeDecodeError as error:
        # SQLite takes any bytes for text, and every text that was written was UTF-8.
        raise apsw.CorruptError(f"an operation's text is not UTF-8: {error}") from error


def _rows(connection: apsw.Connection, query: OperationQuery) -> Iterator[_Row]:
    span = _span_of(connection, query)
    if span is None:
        return iter(())
    filters = _filters_of(connection, query)
    if not filters:
        return _walk_blocks(connection, span, ())
    place = 0
    # A choice takes some counting, and of one there is none.
    if len(filters) > 1 or span.blocks:
        width, place = min((_width(connection, one, span), i) for i, one in enumerate(filters))
        effort = width if width < _WIDE else span.high - span.low
        # Blocks that lie far apart are the shorter way.
        if span.blocks and 2 * span.blocks * TIME_BLOCK < effort:
            return _walk_blocks(connection, span, filters)
    others = [*filters[:place], *filters[place + 1 :]]
    walks = [_walk(connection, filters[place], a, span, others) for a in filters[place].arguments]
    return heapq.merge(*walks, key=itemgetter(0))


def _span_of(connection: apsw.Connection, query: OperationQuery) -> _Span | None:
    """Return where to look; `None` when there is nothing in it."""
    after = min(query.after_seq, _MAX_INTEGER)
    since = query.since_secs or -_MAX_INTEGER
    until = query.until_secs or _MAX_INTEGER
    if not query.since_secs and not query.until_secs:
        return _Span(low=after, high=_MAX_INTEGER, since=since, until=until, blocks=0)
    first, last, blocks = connection.execute(
        """
        SELECT min(block), max(block), count(*) FROM operation_times
        WHERE block >= ? AND latest >= ? AND earliest <= ?
        """,
        (after // TIME_BLOCK, since, until),
    ).get
    if not blocks:
        return None
    return _Span(
        low=max(after, first * TIME_BLOCK - 1),
        high=last * TIME_BLOCK + TIME_BLOCK - 1,
        since=since,
        until=until,
        blocks=blocks,
    )


def _filters_of(connection: apsw.Connection, query: OperationQuery) -> list[_Filter]:
    """Return the filters that are set, the usually narrower ones first."""
    filters = []
    if query.symbol:
        filters.append(_side_filter("operation_symbols", query.symbol))
    if query.signal_kind:
        filters.append(_side_filter("operation_signal_kinds", query.signal_kind))
    if query.thread:
        filters.append(_column_filter("thread", "operations_by_thread", (query.thread,)))
    if query.actor:
        filters.append(_column_filter("actor_email", "operations_by_actor", (query.actor,)))
    if query.verbs or not query.include_checkpoints:
        wanted = frozenset(query.verbs) or LISTED_VERBS
        known = tuple(verb for verb in _known_verbs(connection) if verb in wanted)
        filters.append(_column_filter("verb", "operations_by_verb", known))
    return filters


def _column_filter(column: str, index: str, values: tuple[str, ...]) -> _Filter:
    return _Filter(
        source=f"operations o INDEXED BY {index}",
        index=f"operations o INDEXED BY {index}",
        seq="o.seq",
        equal=f"o.{column}",
        arguments=values,
        # The plus keeps the index out of a walk that is another filter's.
        check=f"+o.{column} IN (SELECT value FROM json_each(?))",
        check_argument=json.dumps(values),
    )


def _side_filter(table: str, value: str) -> _Filter:
    return _Filter(
        source=f"{table} s INDEXED BY {table}_by_value CROSS JOIN operations o ON o.seq = s.seq",
        index=f"{table} s INDEXED BY {table}_by_value",
        seq="s.seq",
        equal="s.value",
        arguments=(value,),
        check=f"EXISTS (SELECT 1 FROM {table} WHERE seq = o.seq AND value = ?)",
        check_argument=value,
    )


def _known_verbs(connection: apsw.Connection) -> list[str]:
    """Return the verbs in use, by hopping over the index from one to the next."""
    return [
        verb
        for (verb,) in connection.execute(
            """
            WITH RECURSIVE known (verb) AS (
                SELECT min(verb) FROM operations
                UNION ALL
                SELECT (SELECT min(verb) FROM operations WHERE verb > known.verb)
                FROM known WHERE known.verb IS NOT NULL
            )
            SELECT verb FROM known WHERE verb IS NOT NULL
            """
        )
    ]


def _width(connection: apsw.Connection, one: _Filter, span: _Span) -> int:
    """Return how many entries of the span pass a filter; `_WIDE` stands for more."""
    statement = (
        f"SELECT count(*) FROM (SELECT 1 FROM {one.index} "
        f"WHERE {one.equal} = ? AND {one.seq} > ? AND {one.seq} <= ? LIMIT ?)"
    )
    width = 0
    for argument in one.arguments:
        bounds = (argument, span.low, span.high, _WIDE - width)
        width += connection.execute(statement, bounds).get
    return width


def _walk(
    connection: apsw.Connection,
    one: _Filter,
    argument: str,
    span: _Span,
    others: Sequence[_Filter],
) -> Iterator[_Row]:
    checks = "".join(f" AND {other.check}" for other in others)
    return connection.execute(
        f"SELECT {COLUMNS} FROM {one.source} "
        f"WHERE {one.equal} = ? AND {one.seq} > ? AND {one.seq} <= ? "
        f"AND o.timestamp_secs >= ? AND o.timestamp_secs <= ?{checks} ORDER BY {one.seq}",
        (
            argument,
            span.low,
            span.high,
            span.since,
            span.until,
            *(other.check_argument for other in others),
        ),
    )


def _walk_blocks(
    connection: apsw.Connection, span: _Span, filters: Sequence[_Filter]
) -> Iterator[_Row]:
    """Go through the blocks that meet the span of time, and no others."""
    checks = "".join(f" AND {one.check}" for one in filters)
    return connection.execute(
        f"SELECT {COLUMNS} FROM operation_times t "
        f"CROSS JOIN operations o ON o.seq BETWEEN t.block * {TIME_BLOCK} "
        f"AND t.block * {TIME_BLOCK} + {TIME_BLOCK - 1} "
        "WHERE t.block >= ? AND t.latest >= ? AND t.earliest <= ? "
        f"AND o.seq > ? AND o.timestamp_secs >= ? AND o.timestamp_secs <= ?{checks} "
        "ORDER BY t.block, o.seq",
        (
            (span.low + 1) // TIME_BLOCK,
            span.since,
            span.until,
            span.low,
            span.since,
            span.until,
            *(one.check_argument for one in filters),
        ),
    )
