from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest
from waiting import DEADLINE, wait_until

from heddle_worker.store.database import Database, database_path
from heddle_worker.store.errors import StoreUnavailableError
from heddle_worker.store.operations import NewOperation, Operation, append
from heddle_worker.store.tail import Tail
from heddle_worker.store.writer import Writer


class Ear:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.has_begun = threading.Event()
        self.details: list[str] = []
        self.seqs: list[int] = []
        self.error: Exception | None = None

    def begin(self) -> None:
        self.has_begun.set()

    def take(self, entries: list[Operation]) -> None:
        self.details += [entry.detail for entry in entries]
        self.seqs += [entry.seq for entry in entries]

    def fail(self, error: Exception) -> None:
        self.error = error


class Log:
    """A database, and its writer, which wakes the tail."""

    def __init__(self, heddle_dir: Path) -> None:
        database = Database.open(heddle_dir)
        self.tail = Tail(database)
        self.writer = Writer(database, committed=self.tail.note_commit)

    def append(self, *details: str) -> None:
        self.writer.submit(appending(*details)).result(DEADLINE)

    def listen(self) -> Ear:
        ear = Ear()
        self.tail.begin(ear)
        assert ear.has_begun.wait(DEADLINE)
        return ear

    def close(self) -> None:
        self.tail.end()
        self.writer.close()


def appending(*details: str) -> Callable[[apsw.Connection], list[int]]:
    new = [NewOperation(timestamp_secs=1, verb="checkpoint", detail=each) for each in details]
    return lambda connection: append(connection, new)


@pytest.fixture
def log(heddle_dir: Path) -> Iterator[Log]:
    with contextlib.closing(Log(heddle_dir)) as log:
        yield log


def test_what_is_appended_from_the_beginning_on_comes_once_and_in_order(log: Log) -> None:
    log.append("before")
    ear = log.listen()
    many = [f"many {number}" for number in range(1_000)]
    log.append("one")
    log.append(*many)
    wait_until(lambda: len(ear.details) >= 1_001, "everything has come")
    assert ear.details == ["one", *many]
    assert ear.seqs == list(range(2, 1_003))


def test_what_was_rolled_back_does_not_come(log: Log) -> None:
    ear = log.listen()

    def fail(connection: apsw.Connection) -> None:
        appending("failed")(connection)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        log.writer.submit(fail).result(DEADLINE)
    log.append("after")
    wait_until(lambda: ear.details, "something has come")
    assert ear.details == ["after"]


def test_after_the_end_nothing_comes_and_a_new_beginning_leaves_it_out(log: Log) -> None:
    first = log.listen()
    log.tail.end()
    wait_until(lambda: not tails(), "the thread has ended")
    log.append("unheard")
    second = log.listen()
    log.append("heard")
    wait_until(lambda: second.details, "something has come")
    assert second.details == ["heard"]
    assert first.details == []


def test_while_nobody_listens_nothing_runs(log: Log) -> None:
    log.append("unheard")
    assert tails() == []


_APPENDER = """
import sys
from pathlib import Path
from heddle_worker.store.database import Database
from heddle_worker.store.operations import NewOperation, append
from heddle_worker.store.writer import Writer
database = Database.open(Path(sys.argv[1]))
new = [NewOperation(timestamp_secs=1, verb="checkpoint", detail=each) for each in sys.argv[2:]]
writer = Writer(database)
writer.submit(lambda connection: append(connection, new)).result()
writer.close()
"""


def test_what_another_process_appends_is_seen_when_it_is_looked_for(
    log: Log, heddle_dir: Path
) -> None:
    ear = log.listen()
    subprocess.run([sys.executable, "-c", _APPENDER, heddle_dir, "theirs"], check=True)
    log.tail.wake()
    wait_until(lambda: ear.details, "something has come")
    log.append("ours")
    wait_until(lambda: len(ear.details) > 1, "more has come")
    assert ear.details == ["theirs", "ours"]


def test_a_process_that_was_replaced_rings_after_each_commit(log: Log, heddle_dir: Path) -> None:
    def rung() -> bool:
        return database_path(heddle_dir).stat().st_mtime > 1_000

    def silence() -> None:
        os.utime(database_path(heddle_dir), (1_000, 1_000))

    assert log.tail.bell == database_path(heddle_dir)
    silence()
    log.append("active")
    assert not rung()
    log.tail.hand_over()
    assert rung()
    silence()
    log.append("replaced")
    wait_until(rung, "the bell has rung")


def test_who_listens_hears_why_nothing_can_be_read(database: Database) -> None:
    database.path.unlink()
    ear = Ear()
    Tail(database).begin(ear)
    wait_until(lambda: ear.error, "it has failed")
    assert isinstance(ear.error, StoreUnavailableError)
    assert not ear.has_begun.is_set()


def tails() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name == "operation-tail"]
