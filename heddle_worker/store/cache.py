"""What can be computed again: values by what they were computed from, in a file of their own.

The file may be deleted at any time, and is replaced when it is damaged. No failure of the cache is
a failure of whoever uses it: what cannot be read is not there, what cannot be kept is dropped.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import zlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final

import apsw

_MAX_BYTES: Final = 512 * 2**20
_CHECK_BYTES: Final = 4
_DAY_SECONDS: Final = 86_400
_BUSY_TIMEOUT_MS: Final = 500
_AT_ONCE: Final = 500
_FLAGS: Final = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
_FORMAT: Final = 1

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS entries (
    kind TEXT NOT NULL,
    key BLOB NOT NULL,
    value BLOB NOT NULL,
    used_day INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_by_day ON entries (used_day);
"""
_PUT: Final = "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)"
_TOUCH: Final = "UPDATE entries SET used_day = ? WHERE kind = ? AND key = ? AND used_day < ?"
_FORGET: Final = """
DELETE FROM entries WHERE (kind, key) IN (SELECT kind, key FROM entries ORDER BY used_day LIMIT ?)
"""


def cache_path(heddle_dir: Path) -> Path:
    """Return where the cache of a `.heddle` directory lies."""
    return heddle_dir / "state" / "cache.db"


class Cache:
    """Values by kind and key. Safe to be used by many threads and processes; opened when used.

    Args:
        path: of its file; the directory has to exist when it is used.
        max_bytes: of the file; beyond it what was not used for longest goes.
    """

    def __init__(self, path: Path, max_bytes: int = _MAX_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._connection: apsw.Connection | None = None
        self._has_complained = False

    def get(self, kind: str, keys: Collection[bytes]) -> dict[bytes, bytes]:
        """Return the values of those keys that have one."""
        found: dict[bytes, bytes] = {}
        if keys:
            self._attempt(lambda connection: _find(connection, kind, list(keys), found))
        return found

    def put(self, kind: str, values: Mapping[bytes, bytes]) -> None:
        """Keep values in place of those that their keys have."""
        today = _today()
        rows = [(kind, key, _check(value) + value, today) for key, value in values.items()]

        def keep(connection: apsw.Connection) -> None:
            with connection:
                connection.executemany(_PUT, rows)
            self._shrink(connection)

        if rows:
            self._attempt(keep)

    def close(self) -> None:
        """Close the file; using the cache opens it again."""
        with self._lock:
            self._drop()

    def _attempt(self, work: Callable[[apsw.Connection], None]) -> None:
        with self._lock:
            try:
                if self._connection is None or not self._path.exists():
                    self._drop()
                    self._connection = _connect(self._path)
                work(self._connection)
            except (apsw.CorruptError, apsw.NotADBError) as error:
                self._complain(error)
                self._drop()
                _remove(self._path)
            except (apsw.Error, OSError) as error:
                self._complain(error)
                self._drop()

    def _shrink(self, connection: apsw.Connection) -> None:
        pages = int(connection.pragma("page_count")) - int(connection.pragma("freelist_count"))
        if pages * int(connection.pragma("page_size")) > self._max_bytes:
            count = int(connection.execute("SELECT count(*) FROM entries").get)
            with connection:
                connection.execute(_FORGET, (count // 4 + 1,))

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close(force=True)
            self._connection = None

    def _complain(self, error: Exception) -> None:
        if not self._has_complained:
            self._has_complained = True
            sys.stderr.write(f"working without the cache {self._path}: {error}\n")


def _find(
    connection: apsw.Connection, kind: str, keys: list[bytes], found: dict[bytes, bytes]
) -> None:
    """Put into `found` what is there, and note that it was of use today."""
    today = _today()
    stale: list[bytes] = []
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        marks = ",".join("?" * len(some))
        rows = connection.execute(
            f"SELECT key, value, used_day FROM entries WHERE kind = ? AND key IN ({marks})",  # noqa: S608 - question marks alone
            (kind, *some),
        )
        for key, checked, used_day in rows:
            value = checked[_CHECK_BYTES:]
            if _check(value) == checked[:_CHECK_BYTES]:
                found[key] = value
                if used_day < today:
                    stale.append(key)
    if stale:
        with connection:
            connection.executemany(_TOUCH, [(today, kind, key, today) for key in stale])


def _connect(path: Path) -> apsw.Connection:
    # SQLite would make it readable by whoever the umask lets.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    connection = apsw.Connection(str(path), flags=_FLAGS)
    try:
        connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
        connection.pragma("journal_mode", "wal")
        # A crash of the machine may cost the file, which is nobody's loss.
        connection.pragma("synchronous", "off")
        with connection:
            if connection.pragma("user_version") != _FORMAT:
                connection.execute("DROP TABLE IF EXISTS entries")
                connection.execute(_TABLE)
                connection.pragma("user_version", _FORMAT)
    except BaseException:
        connection.close(force=True)
        raise
    return connection


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def _check(value: bytes) -> bytes:
    return zlib.crc32(value).to_bytes(_CHECK_BYTES, "big")


def _today() -> int:
    return int(time.time()) // _DAY_SECONDS
