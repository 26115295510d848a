from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle_worker.store import operations
from heddle_worker.store.database import Database
from heddle_worker.store.operation_query import OperationQuery, select
from heddle_worker.store.operations import LISTED_VERBS, NewOperation, Operation, append

T = TypeVar("T")

VERBS = ("snapshot", "goto", "checkpoint", "discussion.open")
ACTORS = ("ada@example.com", "bo@example.com", "")
THREADS = ("main", "topic", "")
SYMBOLS = ("a.py:f", "a.py:g", "b.py:f")
KINDS = ("risk", "size")


def operation(**fields: object) -> NewOperation:
    return NewOperation(**{"timestamp_secs": 1, "verb": "snapshot", **fields})  # type: ignore[arg-type]


def found(connection: apsw.Connection, **filters: object) -> list[int]:
    return [one.seq for one in select(connection, OperationQuery(**filters))]  # type: ignore[arg-type]


@pytest.fixture
def connection(database: Database) -> apsw.Connection:
    return database.connection


def test_what_was_appended_is_returned_with_its_place(connection: apsw.Connection) -> None:
    new = NewOperation(
        timestamp_secs=1_700_000_000,
        verb="snapshot",
        actor_email="ada@example.com",
        operation_id="0b8f",
        thread="main",
        change_id=b"\x01" * 20,
        old_id=b"\x02" * 20,
        detail="commit: first",
        symbols=("b.py:g", "a.py:f"),
        signal_kinds=("size", "risk"),
    )
    (seq,) = append(connection, [new])
    fields = {name: getattr(new, name) for name in NewOperation.__slots__}
    assert list(select(connection, OperationQuery())) == [Operation(seq=seq, **fields)]


def test_places_grow_and_are_never_given_twice(connection: apsw.Connection) -> None:
    assert append(connection, [operation(), operation()]) == [1, 2]
    connection.execute("DELETE FROM operations")
    assert append(connection, [operation()]) == [3]
    assert operations.newest_seq(connection) == 3


def test_a_transaction_that_is_rolled_back_leaves_no_gap(connection: apsw.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    append(connection, [operation()])
    connection.execute("ROLLBACK")
    assert append(connection, [operation()]) == [1]


def test_an_empty_log_has_nothing(connection: apsw.Connection) -> None:
    assert operations.newest_seq(connection) == 0
    assert found(connection, include_checkpoints=True) == []
    assert append(connection, []) == []


def test_only_listed_verbs_without_asking_for_more(connection: apsw.Connection) -> None:
    verbs = (*sorted(LISTED_VERBS), "checkpoint", "transaction_commit", "discussion.open")
    append(connection, [operation(verb=verb) for verb in verbs])
    assert found(connection) == list(range(1, len(LISTED_VERBS) + 1))
    assert found(connection, include_checkpoints=True) == list(range(1, len(verbs) + 1))
    assert found(connection, verbs=("checkpoint",)) == [len(LISTED_VERBS) + 1]
    assert found(connection, verbs=("checkpoint", "goto", "no such verb")) == [
        1 + sorted(LISTED_VERBS).index("goto"),
        len(LISTED_VERBS) + 1,
    ]


def test_texts_are_compared_exactly(connection: apsw.Connection) -> None:
    append(connection, [operation(thread="Main"), operation(thread="main"), operation(thread="")])
    assert found(connection, thread="main") == [2]
    assert found(connection, thread="mai%") == []


def test_bounds_of_time_are_inclusive(connection: apsw.Connection) -> None:
    append(connection, [operation(timestamp_secs=seconds) for seconds in (10, 30, 20, 40)])
    assert found(connection, since_secs=20, until_secs=30) == [2, 3]
    assert found(connection, since_secs=30) == [2, 4]
    assert found(connection, until_secs=10) == [1]
    assert found(connection, since_secs=41) == []


def test_values_that_no_entry_can_have_find_nothing(connection: apsw.Connection) -> None:
    append(connection, [operation()])
    assert found(connection, after_seq=2**64 - 1) == []
    assert found(connection, since_secs=2**63 - 1) == []
    assert found(connection, until_secs=-(2**63)) == []


def test_a_symbol_that_is_named_twice_counts_once(connection: apsw.Connection) -> None:
    append(connection, [operation(symbols=("a.py:f", "a.py:f"))])
    assert found(connection, symbol="a.py:f") == [1]
    (entry,) = select(connection, OperationQuery())
    assert entry.symbols == ("a.py:f",)


def test_the_result_is_read_as_it_is_asked_for(connection: apsw.Connection) -> None:
    append(connection, [operation() for _ in range(3_000)])
    entries = select(connection, OperationQuery())
    assert next(entries).seq == 1
    assert [entry.seq for entry in entries] == list(range(2, 3_001))


class Steps:
    """Counts the instructions that SQLite's machine executes: a measure that does not jitter."""

    def __init__(self, connection: apsw.Connection) -> None:
        self.hundreds = 0
        connection.set_progress_handler(self._count, 100)

    def _count(self) -> bool:
        self.hundreds += 1
        return False

    def of(self, work: Callable[[], T]) -> tuple[T, int]:
        before = self.hundreds
        result = work()
        return result, self.hundreds - before


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"include_checkpoints": True},
        {"actor": "rare@example.com"},
        {"actor": "often@example.com"},
        {"thread": "rare"},
        {"thread": "main", "actor": "rare@example.com"},
        {"thread": "main", "verbs": ("marker_create",)},
        {"verbs": ("marker_create",)},
        {"verbs": ("snapshot", "goto", "marker_create")},
        {"symbol": "rare.py:f", "include_checkpoints": True},
        {"signal_kind": "rare", "thread": "main"},
        {"since_secs": 29_990},
        {"since_secs": 15_000, "until_secs": 15_010, "include_checkpoints": True},
        {"until_secs": 20, "thread": "main"},
        {"since_secs": 40_000},
        {"since_secs": 40_000, "thread": "main", "include_checkpoints": True},
        {"after_seq": 29_900},
        {"after_seq": 15_000, "actor": "rare@example.com"},
    ],
)
def test_the_effort_does_not_grow_with_the_log(
    connection: apsw.Connection, filters: dict[str, object]
) -> None:
    size = 30_000
    connection.execute("BEGIN IMMEDIATE")
    # Clocks go wrong, and so one of the first entries has the time of the last.
    append(connection, [operation(timestamp_secs=50_000, thread="main")])
    append(
        connection,
        [
            operation(
                timestamp_secs=number,
                verb=("snapshot", "goto", "checkpoint")[number % 3],
                actor_email="often@example.com",
                thread="main",
            )
            for number in range(2, size)
        ],
    )
    rare = operation(
        timestamp_secs=size,
        verb="marker_create",
        actor_email="rare@example.com",
        thread="rare",
        symbols=("rare.py:f",),
        signal_kinds=("rare",),
    )
    append(connection, [rare, operation(timestamp_secs=50_000, actor_email="rare@example.com")])
    connection.execute("COMMIT")
    steps = Steps(connection)
    _seqs, effort = steps.of(lambda: found(connection, limit=20, **filters))
    _count, whole = steps.of(lambda: connection.execute("SELECT sum(seq) FROM operations").get)
    assert effort < whole / 2


new_operations = st.builds(
    NewOperation,
    timestamp_secs=st.integers(1, 40),
    verb=st.sampled_from(VERBS),
    actor_email=st.sampled_from(ACTORS),
    thread=st.sampled_from(THREADS),
    symbols=st.lists(st.sampled_from(SYMBOLS), max_size=2, unique=True).map(tuple),
    signal_kinds=st.lists(st.sampled_from(KINDS), max_size=2, unique=True).map(tuple),
)
queries = st.builds(
    OperationQuery,
    actor=st.sampled_from(("", *ACTORS, "nobody")),
    symbol=st.sampled_from(("", *SYMBOLS)),
    signal_kind=st.sampled_from(("", *KINDS)),
    thread=st.sampled_from(("", *THREADS)),
    verbs=st.lists(st.sampled_from((*VERBS, "unknown")), max_size=3).map(tuple),
    since_secs=st.integers(0, 41),
    until_secs=st.integers(0, 41),
    include_checkpoints=st.booleans(),
    after_seq=st.integers(0, 70),
    limit=st.integers(0, 20),
)


def passes(query: OperationQuery, seq: int, one: NewOperation) -> bool:
    """What the filters mean, in the plainest words."""
    listed = one.verb in LISTED_VERBS or query.include_checkpoints
    return (
        seq > query.after_seq
        and query.actor in ("", one.actor_email)
        and query.thread in ("", one.thread)
        and (not query.symbol or query.symbol in one.symbols)
        and (not query.signal_kind or query.signal_kind in one.signal_kinds)
        and (one.verb in query.verbs if query.verbs else listed)
        and (not query.since_secs or one.timestamp_secs >= query.since_secs)
        and (not query.until_secs or one.timestamp_secs <= query.until_secs)
    )


@pytest.fixture(scope="module")
def shared() -> Iterator[Database]:
    """One database for all examples: each rolls back what it did."""
    with TemporaryDirectory() as directory:
        database = Database.open(Path(directory))
        yield database
        database.close()


@given(
    log=st.lists(new_operations, max_size=60),
    wanted=st.lists(queries, min_size=1, max_size=10),
    narrow=st.sampled_from((1, 3, 2_000)),
    block=st.sampled_from((1, 8, 1_024)),
)
def test_the_result_is_what_the_filters_say(
    shared: Database,
    log: list[NewOperation],
    wanted: list[OperationQuery],
    narrow: int,
    block: int,
) -> None:
    connection = shared.connection
    with pytest.MonkeyPatch.context() as patch:
        # Small logs take the ways that only large ones take otherwise.
        patch.setattr("heddle_worker.store.operation_query._WIDE", narrow)
        patch.setattr("heddle_worker.store.operation_query.TIME_BLOCK", block)
        patch.setattr("heddle_worker.store.operations.TIME_BLOCK", block)
        connection.execute("BEGIN IMMEDIATE")
        try:
            seqs = append(connection, log)
            for query in wanted:
                expected = [s for s, o in zip(seqs, log, strict=True) if passes(query, s, o)]
                got = [one.seq for one in select(connection, query)]
                assert got == expected[: query.limit or None], query
        finally:
            connection.execute("ROLLBACK")
