"""How the database file comes to be, and how every connection to it is set up."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw

from heddle_worker.store.errors import damaged, translated, translated_files

_BUSY_TIMEOUT_MS: Final = 5_000
_RETRY_SECONDS: Final = 0.005


def connect(path: Path, flags: int) -> apsw.Connection:
    """Return a connection to a database as each of ours is set up.

    Raises:
        apsw.Error: it cannot be opened.
    """
    connection = apsw.Connection(str(path), flags=flags)
    # Before anything else: already the change of the journal mode takes a lock.
    connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
    connection.wal_autocheckpoint(0)
    # Who finds a damaged file and leaves must leave it, and its log, as they are.
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.pragma("trusted_schema", False)
    return connection


def use_write_ahead_log(connection: apsw.Connection) -> None:
    """Switch to the write-ahead log, which a new database does not have yet.

    When two processes do that at once, SQLite refuses one of them without waiting.
    """
    deadline = time.monotonic() + _BUSY_TIMEOUT_MS / 1_000
    while True:
        try:
            connection.pragma("journal_mode", "wal")
        except apsw.BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return


@contextlib.contextmanager
def opening(path: Path) -> Iterator[None]:
    """Raise a `StoreError` for everything that SQLite reports inside the block.

    Our own statements are right for an intact file: if one of them fails, the file is not.
    """
    try:
        with translated(path):
            yield
    except apsw.Error as error:
        raise damaged(path, str(error)) from error


def make_private(path: Path) -> None:
    """Make the file and its directory, if they are not there, and nobody else's to read.

    Raises:
        StoreError: its directory or disk does not let us.
    """
    # An existing database is never opened here, not even to look: closing any descriptor of it
    # would drop the locks that SQLite holds on it for this process.
    with translated_files(path):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _restrict(path.parent, 0o700)
        _restrict(path, 0o600)


def identity(path: Path) -> tuple[int, int]:
    """Return what tells the file from any other that may take its name."""
    found = path.stat()
    return found.st_dev, found.st_ino


def _restrict(path: Path, mode: int) -> None:
    if path.stat().st_mode & 0o777 != mode:
        path.chmod(mode)
