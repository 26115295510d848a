"""The operation log's records: appended once, never changed, in one strictly increasing order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

import apsw

LISTED_VERBS: Final = frozenset(
    {
        "snapshot",
        "goto",
        "thread_create",
        "thread_delete",
        "thread_update",
        "fork",
        "collapse",
        "marker_create",
        "marker_delete",
        "transaction_abort",
        "ephemeral_thread_collapse",
        "conflict_resolved",
    }
)
"""What a query returns that names no verbs and does not ask for checkpoints."""

TIME_BLOCK: Final = 1_024
"""How many neighbouring operations share one row of `operation_times`."""

COLUMNS: Final = (
    "o.seq, o.timestamp_secs, o.verb, o.actor_email, o.operation_id, o.thread, "
    "o.change_id, o.old_id, o.detail"
)
"""Of `operations o`, in the order that `as_operations` takes."""

_INSERT: Final = "INSERT INTO operations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_NOTE_TIME: Final = """
INSERT INTO operation_times VALUES (?1, ?2, ?3)
ON CONFLICT DO UPDATE SET earliest = min(earliest, ?2), latest = max(latest, ?3)
"""
_LAST_GIVEN: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'operations'"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOperation:
    """Something that happened, before it has its place in the log.

    Attributes:
        timestamp_secs: when, in Unix seconds.
        verb: what, such as `snapshot` or `discussion.open`.
        actor_email: who; empty when nobody knows.
        operation_id: the id under which a client asked for it; empty when none did.
        thread: the branch concerned; empty for none.
        change_id: raw object id of the state that it led to; empty for none.
        old_id: raw object id of the state before; empty for none.
        detail: one line for people.
        symbols: the symbols concerned, as `file:symbol`.
        signal_kinds: the kinds of signals concerned.
    """

    timestamp_secs: int
    verb: str
    actor_email: str = ""
    operation_id: str = ""
    thread: str = ""
    change_id: bytes = b""
    old_id: bytes = b""
    detail: str = ""
    symbols: tuple[str, ...] = ()
    signal_kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An entry of the log; the fields are those of `NewOperation`.

    Attributes:
        seq: its place: greater than that of every entry that was there before.
    """

    seq: int
    timestamp_secs: int
    verb: str
    actor_email: str
    operation_id: str
    thread: str
    change_id: bytes
    old_id: bytes
    detail: str
    symbols: tuple[str, ...]
    signal_kinds: tuple[str, ...]


def append(connection: apsw.Connection, operations: Sequence[NewOperation]) -> list[int]:
    """Append operations, in their order, within the caller's transaction; return their `seq`s."""
    # A place is never given twice, not even that of an entry which is gone by now.
    first = (connection.execute(_LAST_GIVEN).get or 0) + 1
    numbered = list(enumerate(operations, first))
    connection.executemany(_INSERT, [_row(seq, new) for seq, new in numbered])
    for table, values_of in _SIDE_TABLES:
        values = [
            (seq, position, value)
            for seq, new in numbered
            for position, value in enumerate(dict.fromkeys(values_of(new)))
        ]
        if values:
            statement = f"INSERT INTO {table} VALUES (?, ?, ?)"  # noqa: S608 - one of our two names
            connection.executemany(statement, values)
    connection.executemany(_NOTE_TIME, _times(numbered))
    return [seq for seq, _new in numbered]


def newest_seq(connection: apsw.Connection) -> int:
    """Return the `seq` of the last entry, 0 for none."""
    return int(connection.execute("SELECT coalesce(max(seq), 0) FROM operations").get)


def as_operations(
    connection: apsw.Connection, rows: Sequence[tuple[Any, ...]]
) -> Iterator[Operation]:
    """Yield the operations of rows that have `COLUMNS`."""
    seqs = json.dumps([row[0] for row in rows])
    symbols = _side_values(connection, "operation_symbols", seqs)
    signal_kinds = _side_values(connection, "operation_signal_kinds", seqs)
    for row in rows:
        yield Operation(
            seq=row[0],
            timestamp_secs=row[1],
            verb=row[2],
            actor_email=row[3],
            operation_id=row[4],
            thread=row[5],
            change_id=row[6],
            old_id=row[7],
            detail=row[8],
            symbols=tuple(symbols.get(row[0], ())),
            signal_kinds=tuple(signal_kinds.get(row[0], ())),
        )


def _row(seq: int, new: NewOperation) -> tuple[int | str | bytes, ...]:
    return (
        seq,
        new.timestamp_secs,
        new.verb,
        new.actor_email,
        new.operation_id,
        new.thread,
        new.change_id,
        new.old_id,
        new.detail,
    )


def _times(numbered: Sequence[tuple[int, NewOperation]]) -> list[tuple[int, int, int]]:
    times: dict[int, tuple[int, int]] = {}
    for seq, new in numbered:
        now = new.timestamp_secs
        earliest, latest = times.get(seq // TIME_BLOCK, (now, now))
        times[seq // TIME_BLOCK] = min(earliest, now), max(latest, now)
    return [(block, *span) for block, span in times.items()]


def _side_values(connection: apsw.Connection, table: str, seqs: str) -> dict[int, list[str]]:
    values: dict[int, list[str]] = {}
    for seq, value in connection.execute(
        f"SELECT s.seq, s.value FROM json_each(?) j "  # noqa: S608 - one of our two names
        f"CROSS JOIN {table} s ON s.seq = j.value ORDER BY s.seq, s.position",
        (seqs,),
    ):
        values.setdefault(seq, []).append(value)
    return values


_SIDE_TABLES: Final[tuple[tuple[str, Callable[[NewOperation], tuple[str, ...]]], ...]] = (
    ("operation_symbols", attrgetter("symbols")),
    ("operation_signal_kinds", attrgetter("signal_kinds")),
)
