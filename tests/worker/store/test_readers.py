from __future__ import annotations

import contextlib
import threading

import apsw
import pytest

from heddle_worker.store.database import Database
from heddle_worker.store.errors import StoreBusyError, StoreClosedError, StoreCorruptError
from heddle_worker.store.readers import Readers
from heddle_worker.store.writer import Writer

COUNT = "SELECT count(*) FROM meta WHERE key NOT IN ('opened', 'unchecked')"


def put(writer: Writer, key: str) -> None:
    writer.submit(lambda c: c.execute("INSERT INTO meta VALUES (?, '')", (key,))).result(30)


def test_a_snapshot_does_not_change_while_it_is_held(readers: Readers, writer: Writer) -> None:
    put(writer, "a")
    with readers.snapshot() as connection:
        assert connection.execute(COUNT).get == 1
        put(writer, "b")
        assert connection.execute(COUNT).get == 1
    with readers.snapshot() as connection:
        assert connection.execute(COUNT).get == 2


def test_no_more_are_lent_than_there_are(database: Database) -> None:
    with contextlib.closing(Readers(database, size=2, wait_seconds=0.01)) as readers:
        with readers.snapshot() as first, readers.snapshot() as second:
            assert first is not second
            with pytest.raises(StoreBusyError, match="all 2 readers"), readers.snapshot():
                pass
        with readers.snapshot() as again:
            assert again in (first, second)


def test_who_waits_gets_the_next_one_that_is_free(database: Database) -> None:
    with contextlib.closing(Readers(database, size=1)) as readers:
        got = threading.Event()

        def read() -> None:
            with readers.snapshot():
                got.set()

        with readers.snapshot():
            waiting = threading.Thread(target=read)
            waiting.start()
            assert not got.is_set()
        assert got.wait(30)
        waiting.join(30)


def test_a_connection_survives_an_error_of_its_user(readers: Readers) -> None:
    with readers.snapshot() as connection, pytest.raises(apsw.SQLError):
        connection.execute("SELECT * FROM nowhere")
    with pytest.raises(apsw.SQLError), readers.snapshot() as again:
        again.execute("SELECT * FROM nowhere")
    with readers.snapshot() as third:
        assert connection is again is third
        assert third.execute(COUNT).get == 0


def test_a_query_that_an_error_left_unfinished_holds_no_old_state(
    readers: Readers, writer: Writer
) -> None:
    def stop_at_the_first(connection: apsw.Connection) -> None:
        rows = connection.execute("SELECT key FROM meta")
        for (key,) in rows:
            raise LookupError(key)

    for key in ("a", "b", "c"):
        put(writer, key)
    # The error is kept until the end of the test, and with it the query.
    with pytest.raises(LookupError) as kept, readers.snapshot() as connection:
        stop_at_the_first(connection)
    assert kept.tb is not None
    put(writer, "d")
    with readers.snapshot() as connection:
        assert connection.execute(COUNT).get == 4


def test_damage_is_told_as_such(database: Database) -> None:
    database.connection.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
        "INSERT INTO meta SELECT 'key' || i, hex(randomblob(20)) FROM n"
    )
    database.connection.wal_checkpoint()
    with database.path.open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))
    readers = Readers(database)
    with pytest.raises(StoreCorruptError), readers.snapshot() as connection:
        connection.execute("SELECT * FROM meta").fetchall()
    readers.close()


def test_after_the_close_nothing_is_lent(database: Database) -> None:
    readers = Readers(database)
    with readers.snapshot() as connection:
        readers.close()
        assert connection.execute(COUNT).get == 0
    with pytest.raises(StoreClosedError), readers.snapshot():
        pass
