"""The write-ahead log does not grow without limit, whoever reads meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from heddle_worker.store.database import database_path
from heddle_worker.store.readers import Readers
from heddle_worker.store.writer import Writer

DEADLINE = 30.0
LIMIT = 16 * 2**20


def rewrite(connection: apsw.Connection) -> None:
    """Write about a mebibyte."""
    connection.execute("REPLACE INTO meta VALUES ('big', hex(randomblob(500000)))")


def burst(connection: apsw.Connection) -> None:
    """Write more than twice of what the log may keep."""
    connection.execute("REPLACE INTO meta VALUES ('burst', hex(randomblob(20000000)))")


@pytest.fixture
def wal(heddle_dir: Path) -> Path:
    return database_path(heddle_dir).with_name("heddle.db-wal")


def begin_reading(connection: apsw.Connection) -> None:
    """Make the snapshot one: it begins with what is read first."""
    assert connection.execute("SELECT count(*) FROM meta").get


def read_long(connection: apsw.Connection) -> None:
    """Take longer than some writes do."""
    connection.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)"
        "SELECT count(*) FROM n"
    ).fetchall()


class Relay:
    """Two readers, one of which lets go of its snapshot only when the other has a new one."""

    def __init__(self, readers: Readers) -> None:
        self.rounds = 0
        self._readers = readers
        self._ending = threading.Event()
        self._batons = [threading.Semaphore(1), threading.Semaphore(0)]
        self._threads = [threading.Thread(target=self._read, args=(place,)) for place in (0, 1)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(DEADLINE)

    def _read(self, place: int) -> None:
        while not self._ending.is_set():
            with self._readers.snapshot() as connection:
                begin_reading(connection)
                self._batons[1 - place].release()
                read_long(connection)
                assert self._batons[place].acquire(timeout=DEADLINE)
            self.rounds += 1
        self._batons[1 - place].release()


@pytest.fixture
def relay(readers: Readers) -> Iterator[Relay]:
    relay = Relay(readers)
    yield relay
    relay.end()


def test_readers_that_overlap_without_end(writer: Writer, relay: Relay, wal: Path) -> None:
    largest = 0
    for _ in range(100):
        writer.submit(rewrite).result(DEADLINE)
        largest = max(largest, wal.stat().st_size)
    assert relay.rounds > 2
    # A hundred mebibytes went through it. On a slow machine a few attempts may be in vain.
    assert largest < 4 * LIMIT


def test_a_reader_that_took_long_leaves_no_long_log(
    writer: Writer, readers: Readers, wal: Path
) -> None:
    with readers.snapshot() as connection:
        begin_reading(connection)
        for _ in range(25):
            writer.submit(rewrite).result(DEADLINE)
        assert wal.stat().st_size > LIMIT
    for _ in range(25):
        writer.submit(rewrite).result(DEADLINE)
    # Whatever it was, it is begun anew and cut back once the reader has gone.
    assert wal.stat().st_size <= LIMIT


def test_the_log_is_cut_back_after_a_burst(writer: Writer, wal: Path) -> None:
    writer.submit(burst).result(DEADLINE)
    assert wal.stat().st_size > 2 * LIMIT
    writer.submit(rewrite).result(DEADLINE)
    assert wal.stat().st_size <= LIMIT
