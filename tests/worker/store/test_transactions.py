"""Transactions in the store: one on a worktree, and what waits for its end."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle_worker.store import hooks, transactions
from heddle_worker.store.database import Database
from heddle_worker.store.hooks import RegisteredHook
from heddle_worker.store.operations import NewOperation
from heddle_worker.store.transactions import AbortStep, Transaction, TransactionState
from heddle_worker.store.undo import recording

FIRST = Transaction(
    id="first",
    worktree=b".",
    state=TransactionState.ACTIVE,
    thread="main",
    message="try it",
    base_id=b"\x01" * 20,
    started_at=1_790_000_000,
)
SECOND = dataclasses.replace(FIRST, id="second", started_at=1_790_000_001)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[apsw.Connection]:
    with closing(Database.open(tmp_path).connection) as connection:
        yield connection


def registered(connection: apsw.Connection) -> list[tuple[str, str]]:
    return [(hook.name, hook.command) for hook in hooks.all_hooks(connection)]


def put(connection: apsw.Connection, name: str, command: str) -> None:
    hooks.put(connection, RegisteredHook(name, command, ("pre_push",), 5_000))


def test_it_comes_back_as_it_was_added(connection: apsw.Connection) -> None:
    transactions.add(connection, FIRST)
    assert transactions.find(connection, "first") == FIRST
    assert transactions.find(connection, "second") is None
    assert transactions.active_on(connection, b".") == FIRST
    assert transactions.active_on(connection, b"worktrees/other") is None


def test_a_worktree_has_one_active_transaction(connection: apsw.Connection) -> None:
    transactions.add(connection, FIRST)
    with pytest.raises(apsw.ConstraintError):
        transactions.add(connection, SECOND)
    transactions.add(connection, dataclasses.replace(SECOND, worktree=b"worktrees/other"))
    transactions.finish(connection, "first", TransactionState.COMMITTED)
    transactions.add(connection, dataclasses.replace(SECOND, id="third"))
    assert [one.id for one in transactions.recent(connection, 9)] == ["second", "third", "first"]
    assert [one.id for one in transactions.recent(connection, 2)] == ["second", "third"]


def test_an_abort_leaves_its_step_until_it_ends(connection: apsw.Connection) -> None:
    transactions.add(connection, FIRST)
    assert transactions.cut_off(connection) == []
    transactions.note_step(connection, "first", AbortStep.RESTORING, b"asked", "kept")
    restoring = {"step": AbortStep.RESTORING, "request": b"asked", "kept_as": "kept"}
    found = dataclasses.replace(FIRST, **restoring)  # type: ignore[arg-type]
    assert transactions.cut_off(connection) == [found]
    transactions.finish(connection, "first", TransactionState.ABORTED)
    assert transactions.cut_off(connection) == []
    ended = dataclasses.replace(FIRST, state=TransactionState.ABORTED, kept_as="kept")
    assert transactions.find(connection, "first") == ended


OPERATIONS = st.builds(
    NewOperation,
    timestamp_secs=st.integers(0, 2**40),
    verb=st.text(),
    actor_email=st.text(),
    operation_id=st.text(),
    thread=st.text(),
    change_id=st.binary(),
    old_id=st.binary(),
    detail=st.text(),
    symbols=st.lists(st.text()).map(tuple),
    signal_kinds=st.lists(st.text()).map(tuple),
)


def test_what_waits_comes_back_in_order(connection: apsw.Connection) -> None:
    transactions.add(connection, FIRST)
    transactions.add(connection, dataclasses.replace(SECOND, worktree=b"worktrees/other"))
    transactions.buffer(connection, "second", [NewOperation(timestamp_secs=1, verb="other")], b"")

    @given(st.lists(st.lists(OPERATIONS, max_size=3), max_size=4))
    def whatever_waits(changes: list[list[NewOperation]]) -> None:
        connection.execute("BEGIN")
        try:
            for operations in changes:
                transactions.buffer(connection, "first", operations, b"")
            waiting = [operation for operations in changes for operation in operations]
            assert transactions.buffered(connection, "first") == waiting
            assert transactions.count_buffered(connection, "first") == len(waiting)
            transactions.finish(connection, "first", TransactionState.COMMITTED)
            assert transactions.count_buffered(connection, "first") == 0
            assert transactions.count_buffered(connection, "second") == 1
        finally:
            connection.execute("ROLLBACK")

    whatever_waits()


def test_what_was_changed_within_is_undone_the_latest_first(connection: apsw.Connection) -> None:
    put(connection, "before", "old")
    put(connection, "gone", "old")
    transactions.add(connection, FIRST)
    for number in range(2):
        with recording(connection) as changeset:
            put(connection, "before", f"new {number}")
            put(connection, f"added {number}", "new")
            hooks.remove(connection, "gone")
        transactions.buffer(connection, "first", [], changeset())
    transactions.undo_buffered(connection, "first")
    assert registered(connection) == [("before", "old"), ("gone", "old")]


def test_what_others_have_changed_since_is_theirs(connection: apsw.Connection) -> None:
    put(connection, "a", "old")
    transactions.add(connection, FIRST)
    with recording(connection) as changeset:
        put(connection, "a", "within")
        put(connection, "b", "within")
    transactions.buffer(connection, "first", [], changeset())
    put(connection, "a", "later")
    transactions.undo_buffered(connection, "first")
    assert registered(connection) == [("a", "later")]


def test_a_failure_within_leaves_no_recorder_behind(connection: apsw.Connection) -> None:
    with pytest.raises(LookupError), recording(connection):
        raise LookupError
    with recording(connection) as changeset:
        put(connection, "a", "b")
    assert changeset()
