"""A bounded set of connections that read, each for one short look at one state of the database."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw

from heddle_worker.store.database import Database
from heddle_worker.store.errors import (
    StoreBusyError,
    StoreClosedError,
    StoreCorruptError,
    translated,
)

_WAIT_SECONDS: Final = 10.0


class Readers:
    """Lends read-only connections to the threads that ask; at most `size` at the same time."""

    def __init__(
        self, database: Database, size: int = 4, wait_seconds: float = _WAIT_SECONDS
    ) -> None:
        self._database = database
        self._size = size
        self._wait_seconds = wait_seconds
        self._closed = threading.Event()
        # The one used last is lent first: its pages are cached. `None` stands for one to open.
        self._idle: queue.LifoQueue[apsw.Connection | None] = queue.LifoQueue()
        for _ in range(size):
            self._idle.put(None)

    @property
    def path(self) -> Path:
        """The database's file."""
        return self._database.path

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[apsw.Connection]:
        """Lend a connection that sees one unchanging state of the database inside the block.

        While it is held, the write-ahead log grows: leave the block soon.

        Raises:
            StoreBusyError: none became free in time.
            StoreClosedError: the readers were closed.
            StoreError: the database cannot be read.
        """
        connection = self._borrow()
        try:
            if connection is None:
                connection = self._database.reader()
            with translated(self._database.path):
                connection.execute("BEGIN")
                try:
                    yield connection
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    connection = _fresh(connection)
        except StoreCorruptError as damage:
            self._database.condemn(damage)
            raise
        finally:
            self._give_back(connection)

    def close(self) -> None:
        """Close the connections; one that is lent out, when it comes back."""
        self._closed.set()
        self._close_idle()

    def _borrow(self) -> apsw.Connection | None:
        try:
            if self._closed.is_set():
                raise StoreClosedError(f"{self._database.path} was closed")
            return self._idle.get(timeout=self._wait_seconds)
        except queue.Empty:
            raise StoreBusyError(
                f"all {self._size} readers of {self._database.path} are in use; try again"
            ) from None

    def _give_back(self, connection: apsw.Connection | None) -> None:
        self._idle.put(connection)
        if self._closed.is_set():
            self._close_idle()

    def _close_idle(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                connection = self._idle.get_nowait()
                if connection is not None:
                    connection.close()


def _fresh(connection: apsw.Connection) -> apsw.Connection | None:
    """Return a connection that sees what is committed from now on; None for one to open.

    An error that left a query unfinished keeps it, in its traceback, and with it the state of the
    database that it has looked at, transaction or not.
    """
    if connection.txn_state() == apsw.SQLITE_TXN_NONE:
        return connection
    connection.close()
    return None
