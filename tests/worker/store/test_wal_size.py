"""The write-ahead log does not grow without limit, whoever reads meanwhile."""

from __future__ import annotations

import contextlib
from concurrent.futures import wait
from pathlib import Path

import apsw
import pytest

from heddle_worker.store.database import database_path
from heddle_worker.store.readers import Readers
from heddle_worker.store.writer import Writer

DEADLINE = 30.0
LIMIT = 16 * 2**20
SLOW = 0.6
"""Seconds that a reader keeps its snapshot: more than the writer waits at first."""


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


class OverlappingReaders:
    """Readers of which one always has a snapshot: it lets go when the next one has its own."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._held = contextlib.ExitStack()
        self.hand_over()

    def hand_over(self) -> None:
        following = contextlib.ExitStack()
        begin_reading(following.enter_context(self._readers.snapshot()))
        self._held.close()
        self._held = following

    def close(self) -> None:
        self._held.close()


def test_readers_that_overlap_without_end(writer: Writer, readers: Readers, wal: Path) -> None:
    largest = 0
    with contextlib.closing(OverlappingReaders(readers)) as overlapping:
        for number in range(88):
            write = writer.submit(rewrite)
            if number % 3 == 0:
                overlapping.hand_over()
            # A write that takes its time may wait for the readers, who do not wait for it.
            while not wait([write], timeout=SLOW).done:
                overlapping.hand_over()
            write.result()
            largest = max(largest, wal.stat().st_size)
    # The first waits are in vain; each is longer than the one before.
    assert largest <= 5 * LIMIT


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
