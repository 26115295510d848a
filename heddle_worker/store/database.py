"""The one database file: where it lies, the session of a process with it, and its soundness."""

from __future__ import annotations

import contextlib
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import apsw

from heddle_worker.store import schema, soundness
from heddle_worker.store.connecting import (
    connect,
    identity,
    make_private,
    opening,
    use_write_ahead_log,
)
from heddle_worker.store.errors import (
    StoreCorruptError,
    StoreUnavailableError,
    translated,
)

_WAL_SIZE_LIMIT: Final = 16 * 2**20
_STOP_STEPS: Final = 1_000
"""Instructions of SQLite's machine, some microseconds, after which a check may be stopped."""


def database_path(heddle_dir: Path) -> Path:
    """Return where the database of a `.heddle` directory lies."""
    return heddle_dir / "state" / "heddle.db"


class Database:
    """The database and its one writing connection. A process opens it after it was forked.

    Attributes:
        path: the database file.
        connection: the connection that writes; whoever uses it is alone with it.
        ended_uncleanly: the last one to open it never closed it. When the machine itself went
            down, `prepare` has checked the file already; what a killed process wrote is safe with
            the system.
        wants_check: nobody has found the file sound since an unclean end: `verify` it at leisure.
        was_in_use: when it was prepared it bore the mark of a session of this machine's present
            uptime. So it was checked since the machine came up, and could be written.
        in_session: a session was begun.
    """

    def __init__(self, path: Path, connection: apsw.Connection) -> None:
        self.path = path
        self.connection = connection
        self.ended_uncleanly = False
        self.wants_check = False
        self._damage: StoreCorruptError | None = None
        self.was_in_use = False
        self.in_session = False
        self._identity = identity(path)
        self._mark = f"{soundness.boot_id()} {secrets.token_hex(8)}"

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
        held afterwards. Before anything is written, the file is checked if the machine went down
        with it open, or if it was condemned.

        Raises:
            StoreTooNewError: a newer version has written it.
            StoreCorruptError: it is damaged, or not ours; the file is left as it is.
            StoreError: its directory or disk does not let us.
        """
        path = database_path(heddle_dir)
        make_private(path)
        with opening(path), contextlib.ExitStack() as on_failure:
            connection = connect(path, apsw.SQLITE_OPEN_READWRITE)
            on_failure.callback(connection.close)
            if connection.readonly("main"):
                # What SQLite makes of a file that it may only read; it would fail later, and
                # more darkly, for want of the files beside it.
                raise apsw.ReadOnlyError("it can only be read")
            if schema.check_version(connection, path):
                soundness.check_if_suspect(connection, path)
            use_write_ahead_log(connection)
            connection.pragma("journal_size_limit", _WAL_SIZE_LIMIT)
            connection.pragma("foreign_keys", True)
            schema.migrate(connection, path)
            database = cls(path, connection)
            database.was_in_use = database._is_of_this_boot(soundness.note(connection, "opened"))
            on_failure.pop_all()
            return database

    def begin_session(self) -> None:
        """Begin to write: mark the file as open, and note whether it is to be checked.

        Raises:
            StoreCorruptError: it was condemned meanwhile, and rightly so.
            StoreError: the mark cannot be written, and not for want of space.
        """
        with opening(self.path):
            if soundness.condemnation(self.path).exists():
                soundness.check_if_suspect(self.connection, self.path)
            self.ended_uncleanly = soundness.note(self.connection, "opened") is not None
            self.wants_check = (
                self.ended_uncleanly or soundness.note(self.connection, "unchecked") is not None
            )
            notes = [("opened", self._mark)] + [("unchecked", "")] * self.wants_check
            # Needs no sync of its own: until the next commit, which has one, nothing is at risk.
            self.connection.pragma("synchronous", "normal")
            # On a full disk what is there can be read all the same, and that is worth more.
            with contextlib.suppress(apsw.FullError):
                self.connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", notes)
            self.connection.pragma("synchronous", "full")
        self.in_session = True

    def reader(self) -> apsw.Connection:
        """Return a new connection that can only read.

        Raises:
            StoreError: it cannot be opened.
        """
        with translated(self.path):
            connection = connect(self.path, apsw.SQLITE_OPEN_READONLY)
            connection.pragma("query_only", True)
            return connection

    def verify(self, stopped: Callable[[], bool] = lambda: False) -> bool:
        """Check the structure of one table after the other, each in a snapshot of its own.

        A table of a million operations takes 0.4 s, and so long it holds its snapshot.

        Args:
            stopped: asked again and again; the check is given up when it says so.

        Returns:
            Whether everything was checked.

        Raises:
            StoreCorruptError: there is a fault.
            StoreError: the file cannot be read.
        """
        with translated(self.path), contextlib.closing(self.reader()) as connection:
            connection.set_progress_handler(stopped, _STOP_STEPS)
            try:
                for table in soundness.tables(connection):
                    soundness.check(connection, self.path, table)
            except apsw.InterruptError:
                return False
        return True

    def condemn(self, damage: StoreCorruptError) -> None:
        """Write nothing to the file any more, and have it checked before it is used again.

        What can still be read of it may be read. The first call says so on standard error.
        """
        if self._damage is None:
            self._damage = damage
            sys.stderr.write(f"nothing more is written: {damage}\n")
            with contextlib.suppress(OSError):
                soundness.condemnation(self.path).touch(0o600)

    def check_usable(self) -> None:
        """Make sure that writing is safe: the file is not condemned, and is still in its place.

        Raises:
            StoreCorruptError: it was condemned.
            StoreUnavailableError: as for `check_in_place`.
        """
        if self._damage is not None:
            raise self._damage
        self.check_in_place()

    def check_in_place(self) -> None:
        """Make sure that the open file is still the one at its path.

        Raises:
            StoreUnavailableError: it was deleted or replaced, so what is written would be lost.
        """
        with contextlib.suppress(OSError):
            if identity(self.path) == self._identity:
                return
        raise StoreUnavailableError(
            f"{self.path} was deleted or replaced while it was in use; restart the daemon"
        )

    def checkpoint(self, mode: int = apsw.SQLITE_CHECKPOINT_PASSIVE) -> None:
        """Put what was committed into the main file, as far as readers let it, unless condemned.

        Raises:
            apsw.BusyError: in a mode that waits, it waited in vain; or another worker does it.
        """
        if self._damage is None:
            self.connection.wal_checkpoint(mode=mode)

    def close(self) -> None:
        """Put everything into the main file, note the clean end, and close the connection.

        Where no session was begun there is nothing to put or to note.

        Raises:
            StoreError: the file could not be brought to that state; the connection is closed.
        """
        if not self.in_session:
            self.connection.close()
            return
        try:
            with translated(self.path):
                if self._damage is None:
                    self._end_session()
        finally:
            self.connection.close()

    def _end_session(self) -> None:
        self.connection.execute(
            "DELETE FROM meta WHERE key = 'opened' AND value = ?", (self._mark,)
        )
        with contextlib.suppress(apsw.BusyError):
            self.checkpoint()
        self.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)

    def _is_of_this_boot(self, mark: str | None) -> bool:
        return mark is not None and mark.split()[0] == self._mark.split()[0]
