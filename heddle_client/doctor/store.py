"""Check of the store: read-only, by Python's own SQLite, beside whoever has it open.

It is looked at here and not asked of the daemon, since a daemon whose store is damaged may not run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from heddle_client.doctor.finding import Finding, failure, ok, warning
from heddle_client.doctor.subject import Subject
from heddle_client.visible import visible
from heddle_supervisor.console import size

if TYPE_CHECKING:
    import sqlite3

NEWEST_SCHEMA: Final = 8
"""The version of the tables that this version of heddle writes."""
APPLICATION_ID: Final = 0x6864646C
"""How SQLite's header says that a database is heddle's."""

_MAGIC: Final = b"SQLite format 3\0"
_SQLITE_MIN: Final = (3, 37)  # It knows STRICT tables.
_DAMAGED: Final = frozenset({11, 26})
"""Codes of SQLite: the image is malformed, the file is no database."""
_BUSY_SECONDS: Final = 5.0


def check_store(subject: Subject) -> Iterator[Finding]:
    """Is the store there, sound, and of a version that this one can work with?"""
    path = subject.store_path
    if not os.path.lexists(path):
        return
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        yield failure(
            "store",
            visible(f"{path} cannot be read: {error.strerror}"),
            f"run `chmod u+rw {visible(str(path))}`; it has to be this user's file",
        )
        return
    if magic not in (b"", _MAGIC):
        yield failure("store", visible(f"{path} is no SQLite database"), _way_out(path))
    else:
        yield _inside(path)


def _inside(path: Path) -> Finding:
    """Return what SQLite says of the file."""
    try:
        import sqlite3
    except ImportError:
        return warning("store", "this Python has no sqlite3, so it was not looked into")
    if sqlite3.sqlite_version_info < _SQLITE_MIN:
        version = sqlite3.sqlite_version
        return warning("store", f"SQLite {version} is too old, so it was not looked into")
    alone = not _log(path).exists()
    finding = _examined(path, alone=alone)
    if alone and _log(path).exists():
        # Somebody has opened it meanwhile, and may have written under our eyes.
        return _examined(path, alone=False)
    return finding


def _examined(path: Path, *, alone: bool) -> Finding:
    """Check the whole file.

    Args:
        path: the file.
        alone: nobody has it open. Then SQLite needs neither a lock nor files of its own beside it.
    """
    import contextlib
    import sqlite3

    uri = f"{path.absolute().as_uri()}?{'immutable=1' if alone else 'mode=ro'}"
    try:
        with contextlib.closing(
            sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)
        ) as connection:
            return _verdict(path, connection)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            return _damaged(path, str(error))
        return warning("store", visible(f"{path} was not looked into: {error}"), "try again")


def _verdict(path: Path, connection: sqlite3.Connection) -> Finding:
    """Return what an open database is worth.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    owner, version = (_pragma(connection, name) for name in ("application_id", "user_version"))
    if owner != APPLICATION_ID and (owner or version):
        return failure("store", visible(f"{path} is another program's database"), _way_out(path))
    if version > NEWEST_SCHEMA:
        return failure(
            "store",
            f"{visible(str(path))} was written by a newer heddle "
            f"(schema {version}, this one knows {NEWEST_SCHEMA})",
            "upgrade heddle, or go back to the backup; see docs/guides/upgrading.md",
        )
    said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if said != "ok":
        return _damaged(path, said)
    if _mark(path).exists():
        return warning(
            "store",
            visible(f"{path} was found damaged once, and is sound now"),
            "run `heddle agent reload`, or start a daemon: its worker checks the store and uses it",
        )
    bytes_used = sum(each.stat().st_size for each in (path, _log(path)) if each.exists())
    return ok("store", f"{visible(str(path))} is sound, {size(bytes_used)}, schema {version}")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _damaged(path: Path, detail: str) -> Finding:
    said = visible(" ".join(detail.split()))
    return failure("store", f"{visible(str(path))} is damaged: {said}", _way_out(path))


def _way_out(path: Path) -> str:
    """Return what to do about a file that is of no use."""
    copies = sorted(
        path.parent.glob(f"{path.name}.schema-*.backup"), key=lambda copy: copy.stat().st_mtime_ns
    )
    then = "start a daemon, which makes a new one"
    if copies:
        then = f"copy the last backup, {visible(str(copies[-1]))}, to its place"
    name = visible(path.name)
    return (
        f"run `heddle agent stop`, move {name}, {name}-wal and {name}-shm aside, "
        f"as far as they are there, and {then}"
    )


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _mark(path: Path) -> Path:
    """Return the file that a worker sets beside a store in which it has found damage."""
    return path.with_name(f"{path.name}.damaged")
