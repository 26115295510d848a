"""Reads what is appended to the operation log, once for everybody who wants to know.

Two processes may append: while a worker is replaced, the old one still serves its connections. Each
knows at once of its own commits. The one that is replaced has nobody left who follows the log; it
touches the database file after each of its commits, and the one that serves is told of that by
the system. The notification of a write to the write-ahead log would come too early: SQLite first
writes the log and syncs it, and only then lets readers see the commit.
"""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import Final, Protocol

from heddle_worker.store.database import Database
from heddle_worker.store.errors import translated
from heddle_worker.store.operation_query import OperationQuery, select
from heddle_worker.store.operations import Operation, newest_seq

_PAGE: Final = 256


class Receiver(Protocol):
    """Who gets the new entries. Its methods are called on the reading thread, and may block it."""

    def begin(self) -> None:
        """Hear that every entry that is appended from now on will come."""

    def take(self, entries: list[Operation]) -> None:
        """Take the next entries, in ascending order of `seq`."""

    def fail(self, error: Exception) -> None:
        """Hear that nothing more will come, since reading has failed with a `StoreError`."""


class Tail:
    """The end of one database's operation log. While nobody receives, nothing is read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reading: _Reading | None = None
        self._has_successor = False

    @property
    def bell(self) -> Path:
        """The file that a process touches when it has appended for another one."""
        return self._database.path

    def begin(self, receiver: Receiver) -> None:
        """Read for a receiver, in a thread of its own, what is appended from now on."""
        self._reading = _Reading(self._database, receiver)

    def end(self) -> None:
        """Read no more. What is being handed over meanwhile still arrives."""
        if self._reading is not None:
            self._reading.end()
            self._reading = None

    def wake(self) -> None:
        """Look for new entries. From any thread; it never waits."""
        if self._reading is not None:
            self._reading.news.set()

    def note_commit(self) -> None:
        """Let whoever follows the log know of a commit of this process, here or elsewhere."""
        if self._has_successor:
            self._ring()
        else:
            self.wake()

    def hand_over(self) -> None:
        """Tell another process of every commit from now on: this one has been replaced."""
        self._has_successor = True
        # It may have begun to listen after the last commit that was not rung for.
        self._ring()

    def _ring(self) -> None:
        with contextlib.suppress(OSError):
            os.utime(self._database.path)


class _Reading:
    """One thread that reads for one receiver."""

    def __init__(self, database: Database, receiver: Receiver) -> None:
        self.news = threading.Event()
        self._database = database
        self._receiver = receiver
        self._has_ended = False
        threading.Thread(target=self._run, name="operation-tail", daemon=True).start()

    def end(self) -> None:
        self._has_ended = True
        self.news.set()

    def _run(self) -> None:
        try:
            with contextlib.closing(self._database.reader()) as connection:
                with translated(self._database.path):
                    after = newest_seq(connection)
                self._receiver.begin()
                while not self._has_ended:
                    query = OperationQuery(include_checkpoints=True, after_seq=after, limit=_PAGE)
                    with translated(self._database.path), connection:
                        entries = list(select(connection, query))
                    if entries:
                        after = entries[-1].seq
                        self._receiver.take(entries)
                    else:
                        self.news.wait()
                        self.news.clear()
        except Exception as error:
            # Whatever it is, those who wait must not wait for ever.
            self._receiver.fail(error)
