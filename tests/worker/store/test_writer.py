from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, wait
from pathlib import Path

import apsw
import pytest

from heddle_worker.store.database import Database, database_path
from heddle_worker.store.errors import (
    StoreBusyError,
    StoreClosedError,
    StoreFullError,
    StoreReadOnlyError,
    StoreUnavailableError,
)
from heddle_worker.store.writer import Writer

DEADLINE = 30.0


class Gate:
    """Work that holds the writer until it is opened, so that what is submitted meanwhile waits."""

    def __init__(self, writer: Writer) -> None:
        self._entered = threading.Event()
        self._opened = threading.Event()
        self.future = writer.submit(self._work)
        assert self._entered.wait(DEADLINE)

    def _work(self, _connection: apsw.Connection) -> None:
        self._entered.set()
        assert self._opened.wait(DEADLINE)

    def open(self) -> None:
        self._opened.set()


def put(key: str) -> Callable[[apsw.Connection], str]:
    def work(connection: apsw.Connection) -> str:
        connection.execute("INSERT INTO meta VALUES (?, '')", (key,))
        return key

    return work


def put_and_fail(key: str) -> Callable[[apsw.Connection], str]:
    def work(connection: apsw.Connection) -> str:
        put(key)(connection)
        raise LookupError(key)

    return work


def keys(heddle_dir: Path) -> list[str]:
    """Return what another process would find committed."""
    connection = apsw.Connection(str(database_path(heddle_dir)))
    found = connection.execute(
        "SELECT key FROM meta WHERE key NOT IN ('opened', 'unchecked') ORDER BY key"
    )
    rows = [key for (key,) in found]
    connection.close()
    return rows


@pytest.fixture
def commits(writer: Writer) -> Iterator[list[str]]:
    """Fills with every COMMIT that the writer executes."""
    seen: list[str] = []

    def trace(_cursor: apsw.Cursor, statement: str, _bindings: object) -> bool:
        if statement.startswith("COMMIT"):
            seen.append(statement)
        return True

    writer.submit(lambda connection: connection.set_exec_trace(trace)).result(DEADLINE)
    yield seen
    seen.clear()


def test_the_result_comes_after_the_commit(writer: Writer, heddle_dir: Path) -> None:
    assert writer.submit(put("a")).result(DEADLINE) == "a"
    assert keys(heddle_dir) == ["a"]


def test_what_waits_is_one_commit(writer: Writer, heddle_dir: Path, commits: list[str]) -> None:
    gate = Gate(writer)
    futures = [writer.submit(put(f"{number:02}")) for number in range(50)]
    assert not any(future.done() for future in futures)
    gate.open()
    assert [future.result(DEADLINE) for future in futures] == keys(heddle_dir)
    # The tracing statement's own, the gate's, and one for all of the fifty.
    assert len(commits) == 3


def test_a_failing_caller_takes_back_its_own_work_only(writer: Writer, heddle_dir: Path) -> None:
    gate = Gate(writer)
    before, failing, after = (
        writer.submit(put("before")),
        writer.submit(put_and_fail("failing")),
        writer.submit(put("after")),
    )
    gate.open()
    assert before.result(DEADLINE) == "before"
    assert after.result(DEADLINE) == "after"
    with pytest.raises(LookupError, match="failing"):
        failing.result(DEADLINE)
    assert keys(heddle_dir) == ["after", "before"]


def test_a_broken_constraint_reaches_its_caller_as_it_is(writer: Writer) -> None:
    writer.submit(put("a")).result(DEADLINE)
    with pytest.raises(apsw.ConstraintError):
        writer.submit(put("a")).result(DEADLINE)


def test_callers_see_each_others_work_in_order(writer: Writer) -> None:
    gate = Gate(writer)
    writer.submit(put("a"))
    count = writer.submit(
        lambda connection: connection.execute("SELECT count(*) FROM meta WHERE key = 'a'").get
    )
    gate.open()
    assert count.result(DEADLINE) == 1


def test_a_full_database_fails_its_callers_and_the_writer_lives_on(
    writer: Writer, heddle_dir: Path
) -> None:
    writer.submit(put("before")).result(DEADLINE)

    def limit(connection: apsw.Connection) -> int:
        return int(connection.pragma("max_page_count", connection.pragma("page_count") + 4))

    pages = writer.submit(limit).result(DEADLINE)

    def fill(connection: apsw.Connection) -> None:
        connection.execute("INSERT INTO meta VALUES ('big', hex(zeroblob(100000)))")

    gate = Gate(writer)
    full = writer.submit(fill)
    gate.open()
    with pytest.raises(StoreFullError, match=r"no space left for .*heddle\.db"):
        full.result(DEADLINE)
    raised = writer.submit(lambda c: c.pragma("max_page_count", pages * 100)).result(DEADLINE)
    assert raised > pages
    writer.submit(fill).result(DEADLINE)
    assert keys(heddle_dir) == ["before", "big"]


def test_a_database_that_cannot_be_written_fails_its_callers_and_the_writer_lives_on(
    heddle_dir: Path,
) -> None:
    database = Database.open(heddle_dir)
    with contextlib.closing(Writer(database)) as writer:
        writer.submit(put("before")).result(DEADLINE)
        database.connection.pragma("query_only", True)
        with pytest.raises(StoreReadOnlyError, match=r"cannot write .*heddle\.db .* writable"):
            writer.submit(put("meanwhile")).result(DEADLINE)
        assert keys(heddle_dir) == ["before"]
        database.connection.pragma("query_only", False)
        writer.submit(put("later")).result(DEADLINE)
        assert keys(heddle_dir) == ["before", "later"]


def test_a_failing_commit_fails_the_whole_group(writer: Writer, heddle_dir: Path) -> None:
    def refuse_the_next(connection: apsw.Connection) -> None:
        # What a commit hook turns into a rollback is all that SQLite lets us fail at will.
        def hook() -> bool:
            connection.set_commit_hook(None)
            return True

        connection.set_commit_hook(hook)

    gate = Gate(writer)
    futures: list[Future[object]] = [
        writer.submit(put("a")),
        writer.submit(put_and_fail("b")),
        writer.submit(refuse_the_next),
    ]
    gate.open()
    wait(futures, DEADLINE)
    assert [type(future.exception()) for future in futures] == [
        apsw.ConstraintError,
        LookupError,
        apsw.ConstraintError,
    ]
    assert keys(heddle_dir) == []
    assert writer.submit(put("later")).result(DEADLINE) == "later"


def test_work_that_ends_the_transaction_is_an_error(writer: Writer, heddle_dir: Path) -> None:
    with pytest.raises(RuntimeError, match="ended the writer's transaction"):
        writer.submit(lambda connection: connection.execute("COMMIT")).result(DEADLINE)
    assert writer.submit(put("later")).result(DEADLINE) == "later"


def test_waiting_for_another_process_ends_with_a_clear_error(
    heddle_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heddle_worker.store.writer._LOCK_WAIT_MS", 20)
    beats = threading.Semaphore(0)
    writer = Writer(Database.open(heddle_dir), beats.release)
    other = Database.open(heddle_dir)
    other.connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError, match="locked by another process; try again"):
        writer.submit(put("a")).result(DEADLINE)
    # Who waits for a lock is alive, and says so.
    assert beats.acquire(timeout=DEADLINE)
    other.connection.execute("COMMIT")
    assert writer.submit(put("b")).result(DEADLINE) == "b"
    other.close()
    writer.close()


def test_two_writers_on_one_file_lose_nothing(heddle_dir: Path) -> None:
    writers = [Writer(Database.open(heddle_dir)) for _ in range(2)]
    futures = [
        writer.submit(put(f"{place}-{number:03}"))
        for number in range(100)
        for place, writer in enumerate(writers)
    ]
    assert len(keys_of(futures)) == 200
    assert keys(heddle_dir) == sorted(keys_of(futures))
    for writer in writers:
        writer.close()


def keys_of(futures: list[Future[str]]) -> list[str]:
    return [future.result(DEADLINE) for future in futures]


def test_a_database_that_was_deleted_takes_no_more(writer: Writer, heddle_dir: Path) -> None:
    database_path(heddle_dir).unlink()
    with pytest.raises(StoreUnavailableError, match="restart the daemon"):
        writer.submit(put("a")).result(DEADLINE)


def test_a_cancelled_caller_never_runs(writer: Writer, heddle_dir: Path) -> None:
    gate = Gate(writer)
    future = writer.submit(put("a"))
    assert future.cancel()
    gate.open()
    writer.submit(put("b")).result(DEADLINE)
    with pytest.raises(CancelledError):
        future.result(DEADLINE)
    assert keys(heddle_dir) == ["b"]


def test_coroutines_get_what_other_callers_get(writer: Writer, heddle_dir: Path) -> None:
    async def calls() -> list[object]:
        gate = Gate(writer)
        futures = [writer.submit_awaited(put(f"{number}")) for number in range(5)]
        futures.append(writer.submit_awaited(put_and_fail("failing")))
        assert futures[2].cancel()
        gate.open()
        return await asyncio.gather(*futures, return_exceptions=True)

    *results, failure = asyncio.run(calls())
    assert [type(one) for one in results] == [str, str, asyncio.CancelledError, str, str]
    assert isinstance(failure, LookupError)
    assert keys(heddle_dir) == ["0", "1", "3", "4"]


def test_a_coroutine_that_left_while_its_work_ran_harms_nobody(
    writer: Writer, heddle_dir: Path
) -> None:
    entered, opened = threading.Event(), threading.Event()

    def hold(connection: apsw.Connection) -> str:
        entered.set()
        assert opened.wait(DEADLINE)
        return put("held")(connection)

    async def calls() -> str:
        leaving = writer.submit_awaited(hold)
        assert await asyncio.to_thread(entered.wait, DEADLINE)
        leaving.cancel()
        opened.set()
        return await writer.submit_awaited(put("after"))

    assert asyncio.run(calls()) == "after"
    # Its loop is closed by now, and it cannot be told.
    assert keys(heddle_dir) == ["after", "held"]


def test_a_loop_that_was_closed_is_not_told(writer: Writer, heddle_dir: Path) -> None:
    gate = Gate(writer)

    async def call() -> None:
        writer.submit_awaited(put("nobody waits"))

    asyncio.run(call())
    gate.open()
    assert writer.submit(put("after")).result(DEADLINE) == "after"
    assert keys(heddle_dir) == ["after", "nobody waits"]


def test_a_beat_comes_from_the_writers_thread_once_for_each_time_it_is_asked(
    heddle_dir: Path,
) -> None:
    threads: list[int] = []
    beat = threading.Event()

    def note() -> None:
        threads.append(threading.get_ident())
        beat.set()

    writer = Writer(Database.open(heddle_dir), note)
    own = writer.submit(lambda _connection: threading.get_ident()).result(DEADLINE)
    assert threads == []
    writer.ask_for_beat()
    assert beat.wait(DEADLINE)
    assert threads == [own]
    writer.close()
    writer.ask_for_beat()
    assert threads == [own]


def test_a_writer_that_is_held_up_does_not_beat(heddle_dir: Path) -> None:
    beat = threading.Event()
    writer = Writer(Database.open(heddle_dir), beat.set)
    gate = Gate(writer)
    writer.ask_for_beat()
    assert not beat.is_set()
    gate.open()
    assert beat.wait(DEADLINE)
    writer.close()


def test_close_finishes_what_was_submitted(heddle_dir: Path) -> None:
    writer = Writer(Database.open(heddle_dir))
    gate = Gate(writer)
    futures = [writer.submit(put(f"{number:03}")) for number in range(600)]
    closing = threading.Thread(target=writer.close)
    closing.start()
    gate.open()
    closing.join(DEADLINE)
    assert [future.result(0) for future in futures] == keys(heddle_dir)
    assert not database_path(heddle_dir).with_name("heddle.db-wal").exists()
    with pytest.raises(StoreClosedError):
        writer.submit(put("late"))
    writer.close()


def test_the_write_ahead_log_is_bounded(writer: Writer, heddle_dir: Path) -> None:
    def rewrite(connection: apsw.Connection) -> None:
        connection.execute("REPLACE INTO meta VALUES ('big', hex(randomblob(250000)))")

    for _ in range(60):
        writer.submit(rewrite).result(DEADLINE)
    # Sixty times half a megabyte went through it.
    assert database_path(heddle_dir).with_name("heddle.db-wal").stat().st_size < 16 * 2**20


def marks(heddle_dir: Path) -> int:
    """Return how many sessions have noted that they are open."""
    connection = apsw.Connection(str(database_path(heddle_dir)))
    count = int(connection.execute("SELECT count(*) FROM meta WHERE key = 'opened'").get)
    connection.close()
    return count


@pytest.mark.parametrize("asked", [True, False])
def test_the_session_begins_when_asked_or_with_the_first_work(
    heddle_dir: Path, asked: bool
) -> None:
    writer = Writer(Database.prepare(heddle_dir))
    assert marks(heddle_dir) == 0
    if asked:
        writer.begin().result(DEADLINE)
    else:
        writer.submit(put("a")).result(DEADLINE)
    assert marks(heddle_dir) == 1
    writer.submit(put("b")).result(DEADLINE)
    writer.close()
    assert marks(heddle_dir) == 0
    assert "b" in keys(heddle_dir)


def test_nothing_is_written_by_a_writer_that_was_never_used(heddle_dir: Path) -> None:
    other = Database.open(heddle_dir)
    Writer(Database.prepare(heddle_dir)).close()
    assert marks(heddle_dir) == 1
    other.close()


def test_a_session_that_cannot_begin_is_an_error_and_so_is_work(
    heddle_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heddle_worker.store.writer._LOCK_WAIT_MS", 20)
    beats = threading.Semaphore(0)
    writer = Writer(Database.prepare(heddle_dir), beats.release)
    other = Database.open(heddle_dir)
    other.connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError):
        writer.begin().result(DEADLINE)
    assert beats.acquire(timeout=DEADLINE)
    with pytest.raises(StoreBusyError):
        writer.submit(put("a")).result(DEADLINE)
    other.connection.execute("COMMIT")
    assert writer.submit(put("b")).result(DEADLINE) == "b"
    assert keys(heddle_dir) == ["b"]
    other.close()
    writer.close()


def test_each_group_that_wrote_something_is_told_of_after_its_commit(heddle_dir: Path) -> None:
    seen: list[list[str]] = []
    committed = threading.Semaphore(0)

    def note() -> None:
        seen.append(keys(heddle_dir))
        committed.release()

    writer = Writer(Database.open(heddle_dir), committed=note)
    writer.submit(put("one")).result(DEADLINE)
    assert committed.acquire(timeout=DEADLINE)
    writer.submit(lambda connection: connection.execute("SELECT 1").get).result(DEADLINE)
    gate = Gate(writer)
    both = [writer.submit(put("three")), writer.submit(put("four"))]
    gate.open()
    wait(both, DEADLINE)
    writer.close()
    assert seen == [["one"], ["four", "one", "three"]]
