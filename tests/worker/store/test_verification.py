from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from waiting import wait_until

from heddle_worker.store.database import Database, database_path
from heddle_worker.store.errors import StoreCorruptError
from heddle_worker.store.readers import Readers
from heddle_worker.store.verification import Verification
from heddle_worker.store.writer import Writer

COUNT = "SELECT count(*) FROM meta WHERE key LIKE 'key%'"


def fill(connection: apsw.Connection) -> None:
    connection.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
        "INSERT INTO meta SELECT 'key' || i, hex(randomblob(20)) FROM n"
    )


@pytest.fixture
def left_open(heddle_dir: Path) -> Path:
    """The `.heddle` directory of a database with some pages, whose last user was killed."""
    database = Database.open(heddle_dir)
    fill(database.connection)
    # Nothing that is in the main file is in the log as well.
    database.checkpoint(apsw.SQLITE_CHECKPOINT_TRUNCATE)
    database.connection.close()
    return heddle_dir


@pytest.fixture
def database(left_open: Path) -> Iterator[Database]:
    """The same database, opened again."""
    database = Database.open(left_open)
    yield database
    database.connection.close()


def damage(heddle_dir: Path) -> None:
    with database_path(heddle_dir).open("r+b") as file:
        size = file.seek(0, 2)
        # The rows that the fixture has added last fill the end of the file.
        file.seek(size * 3 // 4 // 4096 * 4096)
        file.write(b"\xa5" * 4096)


def is_due(database: Database) -> bool:
    with contextlib.closing(database.reader()) as reader:
        return bool(reader.execute("SELECT count(*) FROM meta WHERE key = 'unchecked'").get)


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_a_check_that_was_passed_is_not_due_any_more(database: Database, left_open: Path) -> None:
    assert database.wants_check
    assert is_due(database)
    writer = Writer(database)
    verification = Verification(database, writer, delay_seconds=0)
    verification.start()
    wait_until(lambda: not is_due(database), "the check is done")
    verification.close()
    writer.close()
    again = Database.open(left_open)
    assert not again.wants_check
    again.close()


def test_nothing_is_checked_after_a_clean_end(heddle_dir: Path) -> None:
    Database.open(heddle_dir).close()
    database = Database.open(heddle_dir)
    writer = Writer(database)
    with contextlib.closing(Verification(database, writer, delay_seconds=0)) as verification:
        verification.start()
        assert not database.wants_check
        assert "store-check" not in threads()
    writer.close()


def test_a_check_that_never_began_is_due_after_a_clean_end_too(
    database: Database, left_open: Path
) -> None:
    writer = Writer(database)
    verification = Verification(database, writer, delay_seconds=3_600)
    verification.start()
    assert "store-check" in threads()
    # Who ends does not wait for the hour.
    verification.close()
    assert "store-check" not in threads()
    writer.close()
    again = Database.open(left_open)
    assert not again.ended_uncleanly
    assert again.wants_check
    again.close()


def test_a_check_can_be_broken_off(database: Database) -> None:
    asked = 0

    def stopped() -> bool:
        nonlocal asked
        asked += 1
        return asked == 2

    assert database.verify(stopped) is False
    assert asked == 2
    assert database.verify() is True


def test_of_a_damaged_file_nothing_is_overwritten(
    database: Database, left_open: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    writer, readers = Writer(database), Readers(database)
    writer.submit(lambda c: c.execute("INSERT INTO meta VALUES ('late', '')")).result(30)
    damage(left_open)
    condemned = left_open / "state" / "heddle.db.damaged"
    with contextlib.closing(Verification(database, writer, delay_seconds=0)) as verification:
        verification.start()
        wait_until(condemned.exists, "the file is condemned")
    path = database.path
    before = path.read_bytes(), path.with_name("heddle.db-wal").read_bytes()
    with pytest.raises(StoreCorruptError, match="is damaged"):
        writer.submit(lambda c: c.execute("DELETE FROM meta")).result(30)
    # What can be read of it is read.
    with readers.snapshot() as connection:
        assert connection.execute("SELECT count(*) FROM meta WHERE key = 'late'").get == 1
    readers.close()
    writer.close()
    for attempt in (Database.open, Database.prepare):
        with pytest.raises(StoreCorruptError, match="move it aside"):
            attempt(left_open)
    assert (path.read_bytes(), path.with_name("heddle.db-wal").read_bytes()) == before
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("nothing more is written: ")
    assert str(path) in line


def test_damage_that_a_call_meets_condemns_the_file(database: Database, left_open: Path) -> None:
    damage(left_open)
    with contextlib.closing(Readers(database)) as readers:
        with pytest.raises(StoreCorruptError), readers.snapshot() as connection:
            connection.execute("SELECT max(value) FROM meta").fetchall()
        with pytest.raises(StoreCorruptError):
            database.check_usable()


def test_damage_that_a_writer_meets_condemns_the_file(database: Database, left_open: Path) -> None:
    damage(left_open)
    writer = Writer(database)
    with pytest.raises(StoreCorruptError):
        writer.submit(lambda c: c.execute("UPDATE meta SET value = ''")).result(30)
    with pytest.raises(StoreCorruptError):
        writer.submit(lambda c: c.execute("INSERT INTO mirror_lines VALUES (x'00')")).result(30)
    writer.close()


def test_a_standby_notices_that_the_file_was_condemned(left_open: Path) -> None:
    standby = Database.prepare(left_open)
    active = Database.open(left_open)
    damage(left_open)
    with pytest.raises(StoreCorruptError) as raised:
        active.verify()
    active.condemn(raised.value)
    with pytest.raises(StoreCorruptError):
        standby.begin_session()
    for database in (standby, active):
        database.connection.close()


def test_what_was_put_in_the_place_of_a_condemned_file_is_used(left_open: Path) -> None:
    good = database_path(left_open).read_bytes()
    damage(left_open)
    active = Database.open(left_open)
    with pytest.raises(StoreCorruptError) as raised:
        active.verify()
    active.condemn(raised.value)
    active.connection.close()
    state = database_path(left_open).parent
    for name in ("heddle.db", "heddle.db-wal", "heddle.db-shm"):
        (state / name).rename(state / f"aside-{name}")
    database_path(left_open).write_bytes(good)
    again = Database.open(left_open)
    assert again.connection.execute(COUNT).get == 2_000
    assert not (state / "heddle.db.damaged").exists()
    again.close()
