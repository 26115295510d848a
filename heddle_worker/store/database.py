"""Opening the one database file: where it lies, how every connection to it is set up."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from pathlib import Path
from typing import Final

import apsw

from heddle_worker.store import schema
from heddle_worker.store.errors import StoreUnavailableError, damaged, translated, translated_files

_BUSY_TIMEOUT_MS: Final = 5_000
_RETRY_SECONDS: Final = 0.005
_WAL_SIZE_LIMIT: Final = 16 * 2**20
_BOOT_ID_FILE: Final = Path("/proc/sys/kernel/random/boot_id")


def database_path(heddle_dir: Path) -> Path:
    """Return where the database of a `.heddle` directory lies."""
    return heddle_dir / "state" / "heddle.db"


class Database:
    """The database and its one writing connection. A process opens it after it was forked.

    Attributes:
        path: the database file.
        connection: the connection that writes; whoever uses it is alone with it.
        ended_uncleanly: the last one to open it never closed it. When the machine itself went
            down, `open` has checked the file already; what a killed process wrote is safe with
            the system, and `verify` may be run at leisure.
    """

    def __init__(self, path: Path, connection: apsw.Connection) -> None:
        self.path = path
        self.connection = connection
        self.ended_uncleanly = False
        self._identity = _identity(path)
        self._mark = f"{_boot_id()} {secrets.token_hex(8)}"

    @classmethod
    def open(cls, heddle_dir: Path) -> Database:
        """Open the database of a `.heddle` directory and begin a session; see both steps.

        Raises:
            StoreError: as they do.
        """
        database = cls.prepare(heddle_dir)
        try:
            database.begin_session()
        except BaseException:
            database.connection.close()
            raise
        return database

    @classmethod
    def prepare(cls, heddle_dir: Path) -> Database:
        """Open the database of a `.heddle` directory; make it, or migrate it, when needed.

        A worker that stands by does this much ahead: it takes most of the time, and no lock is
        held afterwards.

        Raises:
            StoreTooNewError: a newer version has written it.
            StoreCorruptError: it is damaged, or not ours; the file is left as it is.
            StoreError: its directory or disk does not let us.
        """
        path = database_path(heddle_dir)
        _make_private(path)
        with translated(path), contextlib.ExitStack() as on_failure:
            connection = _connect(path, apsw.SQLITE_OPEN_READWRITE)
            on_failure.callback(connection.close)
            schema.check_version(connection, path)
            _use_write_ahead_log(connection)
            connection.pragma("journal_size_limit", _WAL_SIZE_LIMIT)
            connection.pragma("foreign_keys", True)
            schema.migrate(connection, path)
            on_failure.pop_all()
            return cls(path, connection)

    def begin_session(self) -> None:
        """Begin to write: check the file if the machine went down with it open, and mark it open.

        Raises:
            StoreCorruptError: there is a fault.
            StoreError: the mark cannot be written, and not for want of space.
        """
        with translated(self.path):
            found = self.connection.execute("SELECT value FROM meta WHERE key = 'opened'").get
            self.ended_uncleanly = found is not None
            if found is not None and found.split()[0] != self._mark.split()[0]:
                _check(self.connection, self.path)
            # Needs no sync of its own: until the next commit, which has one, nothing is at risk.
            self.connection.pragma("synchronous", "normal")
            # On a full disk what is there can be read all the same, and that is worth more.
            with contextlib.suppress(apsw.FullError):
                self.connection.execute(
                    "INSERT OR REPLACE INTO meta VALUES ('opened', ?)", (self._mark,)
                )
            self.connection.pragma("synchronous", "full")

    def reader(self) -> apsw.Connection:
        """Return a new connection that can only read.

        Raises:
            StoreError: it cannot be opened.
        """
        with translated(self.path):
            connection = _connect(self.path, apsw.SQLITE_OPEN_READONLY)
            connection.pragma("query_only", True)
            return connection

    def verify(self) -> None:
        """Read the whole file and check its structure: about a second for 500 MB.

        Raises:
            StoreCorruptError: there is a fault.
        """
        with translated(self.path):
            connection = self.reader()
            try:
                _check(connection, self.path)
            finally:
                connection.close()

    def check_in_place(self) -> None:
        """Make sure that the open file is still the one at its path.

        Raises:
            StoreUnavailableError: it was deleted or replaced, so what is written would be lost.
        """
        with contextlib.suppress(OSError):
            if _identity(self.path) == self._identity:
                return
        raise StoreUnavailableError(
            f"{self.path} was deleted or replaced while it was in use; restart the daemon"
        )

    def close(self) -> None:
        """Put everything into the main file, note the clean end, and close the connection.

        Raises:
            StoreError: the file could not be brought to that state; the connection is closed.
        """
        try:
            with translated(self.path):
                self.connection.execute(
                    "DELETE FROM meta WHERE key = 'opened' AND value = ?", (self._mark,)
                )
                # Busy means that another worker does the same.
                with contextlib.suppress(apsw.BusyError):
                    self.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        finally:
            self.connection.close()


def _connect(path: Path, flags: int) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=flags)
    # Before anything else: already the change of the journal mode takes a lock.
    connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
    connection.wal_autocheckpoint(0)
    connection.pragma("trusted_schema", False)
    return connection


def _use_write_ahead_log(connection: apsw.Connection) -> None:
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


def _check(connection: apsw.Connection, path: Path) -> None:
    verdict = connection.execute("PRAGMA quick_check(1)").get
    if verdict != "ok":
        raise damaged(path, verdict)


def _make_private(path: Path) -> None:
    # An existing database is never opened here, not even to look: closing any descriptor of it
    # would drop the locks that SQLite holds on it for this process.
    with translated_files(path):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _restrict(path.parent, 0o700)
        _restrict(path, 0o600)


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _restrict(path: Path, mode: int) -> None:
    if path.stat().st_mode & 0o777 != mode:
        path.chmod(mode)


def _boot_id() -> str:
    """Return what changes with each start of the machine."""
    try:
        return _BOOT_ID_FILE.read_text().strip()
    except OSError:
        import psutil

        return str(int(psutil.boot_time()))
