from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from heddle_worker.store.database import Database, database_path
from heddle_worker.store.errors import (
    StoreCorruptError,
    StoreError,
    StoreReadOnlyError,
    StoreTooNewError,
    StoreUnavailableError,
)
from heddle_worker.store.migrations import MIGRATIONS


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def damage_a_page(path: Path) -> None:
    """Overwrite the middle of a database that has some pages."""
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xa5" * 4096)


def start_process(heddle_dir: Path, code: str) -> subprocess.Popen[bytes]:
    """Run `code` in a process of its own, where `database` is the opened one."""
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from heddle_worker.store.database import Database\n"
        "database = Database.open(Path(sys.argv[1]))\n" + code
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen([sys.executable, "-c", script, heddle_dir], env=environment)


def test_files_are_private_whatever_the_umask(heddle_dir: Path) -> None:
    before = os.umask(0)
    try:
        database = Database.open(heddle_dir)
    finally:
        os.umask(before)
    files = {path.name: mode(path) for path in database.path.parent.iterdir()}
    assert files == {"heddle.db": 0o600, "heddle.db-wal": 0o600, "heddle.db-shm": 0o600}
    assert mode(database.path.parent) == 0o700
    database.close()


def test_modes_that_became_too_wide_are_narrowed(heddle_dir: Path) -> None:
    Database.open(heddle_dir).close()
    path = database_path(heddle_dir)
    path.chmod(0o644)
    path.parent.chmod(0o755)
    Database.open(heddle_dir).close()
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700


def test_the_connection_is_set_up_for_durable_commits(database: Database) -> None:
    pragma = database.connection.pragma
    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2
    assert pragma("foreign_keys") == 1
    assert pragma("busy_timeout") > 0
    assert pragma("wal_autocheckpoint") == 0


def test_every_table_is_strict(database: Database) -> None:
    loose = database.connection.execute(
        "SELECT name FROM pragma_table_list WHERE NOT strict AND name NOT LIKE 'sqlite%'"
    ).fetchall()
    assert loose == []


def test_a_reader_cannot_write(database: Database) -> None:
    reader = database.reader()
    with pytest.raises(apsw.ReadOnlyError):
        reader.execute("DELETE FROM meta")
    reader.close()


def test_what_was_written_is_there_after_a_clean_end(heddle_dir: Path) -> None:
    first = Database.open(heddle_dir)
    assert not first.ended_uncleanly
    first.connection.execute("INSERT INTO meta VALUES ('k', 'v')")
    first.close()
    assert not first.path.with_name("heddle.db-wal").exists()
    second = Database.open(heddle_dir)
    assert not second.ended_uncleanly
    assert second.connection.execute("SELECT value FROM meta WHERE key = 'k'").get == "v"
    second.close()


def test_a_killed_process_is_an_unclean_end_without_loss(heddle_dir: Path) -> None:
    process = start_process(
        heddle_dir,
        "database.connection.execute(\"INSERT INTO meta VALUES ('k', 'v')\")\n"
        "os.kill(os.getpid(), signal.SIGKILL)",
    )
    assert process.wait(30) == -signal.SIGKILL
    database = Database.open(heddle_dir)
    assert database.ended_uncleanly
    assert database.connection.execute("SELECT value FROM meta WHERE key = 'k'").get == "v"
    database.verify()
    database.close()
    after = Database.open(heddle_dir)
    assert not after.ended_uncleanly
    after.close()


def test_the_end_of_an_older_worker_is_not_that_of_its_successor(heddle_dir: Path) -> None:
    old = Database.open(heddle_dir)
    new = Database.open(heddle_dir)
    old.close()
    new.connection.close()
    third = Database.open(heddle_dir)
    assert third.ended_uncleanly
    third.close()


def test_a_database_tells_whether_it_was_in_use_since_the_machine_came_up(
    heddle_dir: Path,
) -> None:
    def was_in_use() -> bool:
        database = Database.prepare(heddle_dir)
        database.close()
        return database.was_in_use

    assert not was_in_use()
    database = Database.open(heddle_dir)
    assert was_in_use()
    database.connection.execute("UPDATE meta SET value = 'another-boot 00' WHERE key = 'opened'")
    assert not was_in_use()
    database.close()


def fill(database: Database) -> None:
    database.connection.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
        "INSERT INTO meta SELECT 'key' || i, hex(randomblob(20)) FROM n"
    )


def test_the_file_is_checked_after_the_machine_went_down(heddle_dir: Path) -> None:
    database = Database.open(heddle_dir)
    fill(database)
    database.close()
    path = database.path
    with apsw.Connection(str(path)) as connection:
        connection.execute("INSERT INTO meta VALUES ('opened', 'another-boot 00')")
    connection.close()
    damage_a_page(path)
    before = path.read_bytes()
    with pytest.raises(StoreCorruptError) as raised:
        Database.open(heddle_dir)
    text = str(raised.value)
    assert "\n" not in text
    assert str(path) in text
    assert "move it aside" in text
    assert path.read_bytes() == before


def test_verify_finds_a_damaged_page(heddle_dir: Path) -> None:
    database = Database.open(heddle_dir)
    fill(database)
    database.close()
    damage_a_page(database.path)
    database = Database.open(heddle_dir)
    with pytest.raises(StoreCorruptError, match="is damaged"):
        database.verify()
    database.connection.close()


@pytest.mark.parametrize(
    "content", [b"this is no database" * 300, b"SQLite format 3\0" + b"x" * 99]
)
def test_a_file_that_is_no_database_is_left_alone(heddle_dir: Path, content: bytes) -> None:
    path = database_path(heddle_dir)
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StoreCorruptError, match="a new one is made at the next start"):
        Database.open(heddle_dir)
    assert path.read_bytes() == content
    path.rename(path.with_name("aside"))
    Database.open(heddle_dir).close()


def test_the_last_good_backup_is_offered(heddle_dir: Path) -> None:
    path = database_path(heddle_dir)
    path.parent.mkdir()
    path.write_bytes(b"garbage" * 1000)
    for version in (1, 2):
        backup = path.with_name(f"heddle.db.schema-{version}.backup")
        backup.write_bytes(b"")
        os.utime(backup, (version, version))
    with pytest.raises(StoreCorruptError, match=r"heddle\.db\.schema-2\.backup"):
        Database.open(heddle_dir)


def test_the_database_of_another_program_is_left_alone(heddle_dir: Path) -> None:
    path = database_path(heddle_dir)
    path.parent.mkdir()
    with apsw.Connection(str(path)) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreCorruptError, match="another program"):
        Database.open(heddle_dir)
    assert path.read_bytes() == before


def test_a_newer_schema_is_refused_and_left_alone(heddle_dir: Path) -> None:
    Database.open(heddle_dir).close()
    path = database_path(heddle_dir)
    newer = len(MIGRATIONS) + 1
    with apsw.Connection(str(path)) as connection:
        connection.pragma("user_version", newer)
    connection.close()
    with pytest.raises(StoreTooNewError) as raised:
        Database.open(heddle_dir)
    assert f"schema {newer}" in str(raised.value)
    assert "upgrade heddle" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_is_named(heddle_dir: Path) -> None:
    heddle_dir.chmod(0o500)
    with pytest.raises(StoreReadOnlyError, match=r"cannot write .*heddle\.db"):
        Database.open(heddle_dir)
    heddle_dir.chmod(0o700)


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="No such file or directory"):
        Database.open(tmp_path / "gone")


def test_a_directory_in_place_of_the_file_is_named(heddle_dir: Path) -> None:
    database_path(heddle_dir).mkdir(parents=True)
    with pytest.raises(StoreError, match=r"cannot use .*heddle\.db"):
        Database.open(heddle_dir)


def test_a_file_taken_away_is_noticed(database: Database) -> None:
    database.check_in_place()
    database.path.rename(database.path.with_name("elsewhere"))
    with pytest.raises(StoreUnavailableError, match="restart the daemon"):
        database.check_in_place()
    database.path.write_bytes(b"")
    with pytest.raises(StoreUnavailableError, match="deleted or replaced"):
        database.check_in_place()


def test_many_processes_may_make_and_leave_it_at_once(heddle_dir: Path) -> None:
    processes = [start_process(heddle_dir, "database.close()") for _ in range(6)]
    assert [process.wait(60) for process in processes] == [0] * 6
    database = Database.open(heddle_dir)
    assert not database.ended_uncleanly
    database.verify()
    database.close()
