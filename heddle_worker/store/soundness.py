"""Whether a database file is sound: the check, and the signs by which one is due."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import apsw

from heddle_worker.store.errors import damaged

_BOOT_ID_FILE: Final = Path("/proc/sys/kernel/random/boot_id")


def check(connection: apsw.Connection, path: Path, table: str | None = None) -> None:
    """Check the structure of the database at `path`, or only of one table and its indexes.

    Raises:
        StoreCorruptError: there is a fault.
        apsw.Error: the file cannot be read.
    """
    subject = "1" if table is None else table
    (verdict,), *_more = connection.execute(f"PRAGMA quick_check({subject})").fetchall()
    if verdict != "ok":
        raise damaged(path, str(verdict))


def check_if_suspect(connection: apsw.Connection, path: Path) -> None:
    """Check the whole file if the machine went down with it open, or if it was condemned.

    Raises what `check` raises.
    """
    mark = note(connection, "opened")
    went_down = mark is not None and mark.split()[:1] != [boot_id()]
    if went_down or condemnation(path).exists():
        check(connection, path)
        condemnation(path).unlink(missing_ok=True)


def tables(connection: apsw.Connection) -> list[str]:
    """Return the names of all tables."""
    found = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return ["sqlite_schema", *(str(row[0]) for row in found.fetchall())]


def note(connection: apsw.Connection, key: str) -> str | None:
    """Return what the database says about itself under a key."""
    value: str | None = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).get
    return value


def condemnation(path: Path) -> Path:
    """Return the file that stands beside the database at `path` while it is condemned."""
    return path.with_name(f"{path.name}.damaged")


def boot_id() -> str:
    """Return what changes with each start of the machine."""
    try:
        return _BOOT_ID_FILE.read_text().strip()
    except OSError:
        import psutil

        return str(int(psutil.boot_time()))
