"""Signals that hooks have attached to states, and those that wait for their commit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Final

import apsw

from heddle_worker.limits import MAX_EXTRA_SIGNALS, MAX_KEPT_EXTRA_SIGNALS

_COLUMNS: Final = "kind, file, symbol, start_line, end_line, reason, module"
_OF_STATE: Final = f"SELECT {_COLUMNS} FROM extra_signals WHERE state = ? ORDER BY id"  # noqa: S608 - our own columns
_ATTACH: Final = f"INSERT INTO extra_signals (state, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - likewise
_SHORTEN: Final = """
DELETE FROM extra_signals WHERE id <= (SELECT max(id) FROM extra_signals) - ?
"""
_EXPECT: Final = """
INSERT INTO expected_commits (tree, thread, head, after_seq, asked_at, signals)
VALUES (?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True)
class ExtraSignal:
    """A signal that a hook has raised.

    Attributes:
        kind: as the hook calls it.
        file: its path; `*` for the whole change.
        symbol: empty for the file as a whole.
        start_line, end_line: counted from 1, inclusive; 0 for no range.
        reason: for people.
        module: who has raised it; empty as long as that is not known.
    """

    kind: str
    file: str
    symbol: str
    start_line: int
    end_line: int
    reason: str
    module: str = ""


@dataclass(frozen=True, slots=True)
class ExpectedCommit:
    """A commit that git is about to make, and what hooks have attached to it.

    Attributes:
        tree: raw id of the tree that it will have.
        thread: the branch that it will be on; empty when `HEAD` is detached.
        head: raw id of what `HEAD` was when the hooks were asked; empty before the first commit.
        after_seq: the last entry that the operation log had then.
        asked_at: when that was, in Unix seconds.
        signals: what was attached.
    """

    tree: bytes
    thread: str
    head: bytes
    after_seq: int
    asked_at: int
    signals: tuple[ExtraSignal, ...]


def expect(connection: apsw.Connection, commit: ExpectedCommit) -> int:
    """Keep what was attached to a commit until it is there; return the number that it has."""
    signals = json.dumps([astuple(signal) for signal in commit.signals])
    values = commit.tree, commit.thread, commit.head, commit.after_seq, commit.asked_at, signals
    connection.execute(_EXPECT, values)
    return connection.last_insert_rowid()


def expected(connection: apsw.Connection) -> dict[int, ExpectedCommit]:
    """Return the commits that are waited for, by their numbers."""
    rows = connection.execute(
        "SELECT id, tree, thread, head, after_seq, asked_at, signals FROM expected_commits"
    )
    return {
        number: ExpectedCommit(tree, thread, head, after_seq, asked_at, _decoded(signals))
        for number, tree, thread, head, after_seq, asked_at, signals in rows
    }


def forget(connection: apsw.Connection, number: int) -> bool:
    """Wait for a commit no longer; return whether it was waited for."""
    connection.execute("DELETE FROM expected_commits WHERE id = ?", (number,))
    return connection.changes() > 0


def attach(connection: apsw.Connection, state: bytes, signals: Iterable[ExtraSignal]) -> int:
    """Attach signals to a state, as many as it may have; return how many there was no room for.

    One that it has already is not attached again. The oldest of all states make place for them.
    """
    present = set(of_state(connection, state))
    fresh = [signal for signal in dict.fromkeys(signals) if signal not in present]
    fitting = fresh[: MAX_EXTRA_SIGNALS - len(present)]
    connection.executemany(_ATTACH, [(state, *astuple(signal)) for signal in fitting])
    connection.execute(_SHORTEN, (MAX_KEPT_EXTRA_SIGNALS,))
    return len(fresh) - len(fitting)


def of_state(connection: apsw.Connection, state: bytes) -> list[ExtraSignal]:
    """Return the signals of a state, by its raw id, in the order in which they were attached."""
    return [ExtraSignal(*row) for row in connection.execute(_OF_STATE, (state,))]


def modules_of(connection: apsw.Connection, states: Sequence[bytes]) -> list[set[str]]:
    """Return for each state, by its raw id, who has attached something to it."""
    if not connection.execute("SELECT EXISTS (SELECT 1 FROM extra_signals)").get:
        return [set() for _ in states]
    query = "SELECT DISTINCT module FROM extra_signals WHERE state = ?"
    return [{module for (module,) in connection.execute(query, (state,))} for state in states]


def _decoded(signals: str) -> tuple[ExtraSignal, ...]:
    return tuple(ExtraSignal(*fields) for fields in json.loads(signals))
