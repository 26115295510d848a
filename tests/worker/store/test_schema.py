from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from heddle_worker.store import schema
from heddle_worker.store.database import Database, database_path
from heddle_worker.store.errors import StoreTooNewError, backups_of
from heddle_worker.store.migrations import MIGRATIONS
from heddle_worker.store.operation_query import OperationQuery, select
from heddle_worker.store.operations import NewOperation, append

ONE = "CREATE TABLE one (x INTEGER) STRICT; INSERT INTO one VALUES (1)"
TWO = "CREATE TABLE two (x INTEGER) STRICT; INSERT INTO two SELECT x + 1 FROM one"
THREE = "CREATE TABLE three (x INTEGER) STRICT"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "heddle.db"


@pytest.fixture
def connection(path: Path) -> Iterator[apsw.Connection]:
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    yield connection
    connection.close()


def tables(connection: apsw.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM sqlite_schema ORDER BY name")]


def backups(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir() if "backup" in one.name)


def test_a_new_database_gets_every_step_and_no_backup(
    connection: apsw.Connection, path: Path
) -> None:
    schema.migrate(connection, path, (ONE, TWO, THREE))
    assert tables(connection) == ["one", "three", "two"]
    assert connection.pragma("user_version") == 3
    assert backups(path) == []


def test_an_older_database_is_backed_up_and_gets_what_it_lacks(
    connection: apsw.Connection, path: Path
) -> None:
    schema.migrate(connection, path, (ONE,))
    connection.execute("INSERT INTO one VALUES (41)")
    schema.migrate(connection, path, (ONE, TWO, THREE))
    assert connection.execute("SELECT x FROM two ORDER BY x").fetchall() == [(2,), (42,)]
    assert backups(path) == ["heddle.db.schema-1.backup"]
    copy_path = path.with_name("heddle.db.schema-1.backup")
    assert stat.S_IMODE(copy_path.stat().st_mode) == 0o600
    copy = apsw.Connection(str(copy_path))
    assert copy.pragma("user_version") == 1
    assert tables(copy) == ["one"]
    assert copy.execute("SELECT x FROM one ORDER BY x").fetchall() == [(1,), (41,)]
    copy.close()


def test_nothing_happens_at_the_newest_version(connection: apsw.Connection, path: Path) -> None:
    schema.migrate(connection, path, (ONE,))
    schema.migrate(connection, path, (ONE,))
    assert connection.execute("SELECT count(*) FROM one").get == 1
    assert backups(path) == []


def test_a_failing_step_leaves_everything_before_it(
    connection: apsw.Connection, path: Path
) -> None:
    schema.migrate(connection, path, (ONE,))
    broken = "CREATE TABLE half (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1)"
    with pytest.raises(apsw.SQLError):
        schema.migrate(connection, path, (ONE, TWO, broken))
    assert connection.pragma("user_version") == 2
    assert tables(connection) == ["one", "two"]
    assert not connection.in_transaction


def test_a_backup_that_was_broken_off_is_made_anew(connection: apsw.Connection, path: Path) -> None:
    schema.migrate(connection, path, (ONE,))
    path.with_name("heddle.db.schema-1.backup.tmp").write_bytes(b"half of it")
    schema.migrate(connection, path, (ONE, TWO))
    assert backups(path) == ["heddle.db.schema-1.backup"]


def test_a_newer_database_is_refused(connection: apsw.Connection, path: Path) -> None:
    schema.migrate(connection, path, (ONE, TWO))
    with pytest.raises(StoreTooNewError):
        schema.migrate(connection, path, (ONE,))
    assert not connection.in_transaction


def test_a_backup_is_a_store_that_works(tmp_path: Path) -> None:
    database = Database.open(tmp_path)
    seqs = append(database.connection, [NewOperation(timestamp_secs=1, verb="snapshot")] * 500)
    # The log has what the main file has not yet: a copy of that file alone would lack it.
    assert database.path.with_name("heddle.db-wal").stat().st_size > 0
    schema.migrate(database.connection, database.path, (*MIGRATIONS, ONE))
    database.close()
    (backup,) = backups_of(database.path)
    place = tmp_path / "again"
    database_path(place).parent.mkdir(parents=True)
    backup.rename(database_path(place))
    again = Database.open(place)
    again.verify()
    entries = select(again.connection, OperationQuery(include_checkpoints=True))
    assert [entry.seq for entry in entries] == seqs
    assert append(again.connection, [NewOperation(timestamp_secs=2, verb="goto")]) == [501]
    again.close()
