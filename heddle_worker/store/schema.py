"""Which version of the tables a database has, and how an older one gets the newest."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

import apsw

from heddle_worker.store.errors import StoreCorruptError, StoreTooNewError, translated_files
from heddle_worker.store.migrations import MIGRATIONS

APPLICATION_ID: Final = 0x6864646C  # "hddl"
"""How SQLite's header says whose database it is."""


def check_version(connection: apsw.Connection, path: Path, newest: int = len(MIGRATIONS)) -> int:
    """Make sure, without changing anything, that the database at `path` is one to work with.

    Returns:
        Its schema's version; 0 for a new one.

    Raises:
        StoreTooNewError: it has a newer schema than this program knows.
        StoreCorruptError: it belongs to another program.
        apsw.Error: it cannot be read.
    """
    connection.execute("BEGIN")
    try:
        return _version(connection, path, newest)
    finally:
        connection.execute("ROLLBACK")


def migrate(
    connection: apsw.Connection, path: Path, migrations: tuple[str, ...] = MIGRATIONS
) -> None:
    """Bring the database at `path` to the newest schema, each step in its own transaction.

    Before the first step on a database that already has a schema, a copy of it is kept beside it.

    Raises:
        StoreTooNewError: as for `check_version`.
        StoreCorruptError: as for `check_version`.
        StoreError: the copy could not be made.
        apsw.Error: a step failed; the database is as it was before that step.
    """
    keeps_copy = True
    while _takes_step(connection, path, migrations, keeps_copy=keeps_copy):
        keeps_copy = False


def _takes_step(
    connection: apsw.Connection, path: Path, migrations: tuple[str, ...], *, keeps_copy: bool
) -> bool:
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection, path, newest=len(migrations))
        is_behind = version < len(migrations)
        if is_behind:
            if keeps_copy and version:
                _back_up(path, version)
            connection.execute(migrations[version])
            connection.pragma("application_id", APPLICATION_ID)
            connection.pragma("user_version", version + 1)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return is_behind


def _version(connection: apsw.Connection, path: Path, newest: int) -> int:
    """Return the schema's version. Only within a transaction is what is read here one state."""
    version = int(connection.pragma("user_version"))
    owner = connection.pragma("application_id")
    is_new = connection.execute("SELECT count(*) FROM sqlite_schema").get == version == owner == 0
    if owner != APPLICATION_ID and not is_new:
        raise StoreCorruptError(
            f"{path} is the database of another program; move it aside, "
            "and a new one is made at the next start"
        )
    if version > newest:
        raise StoreTooNewError(
            f"{path} was written by a newer version of heddle (schema {version}, "
            f"this version knows {newest}); upgrade heddle"
        )
    return version


def _back_up(path: Path, version: int) -> None:
    target = path.with_name(f"{path.name}.schema-{version}.backup")
    unfinished = target.with_name(f"{target.name}.tmp")
    with translated_files(target):
        try:
            unfinished.unlink(missing_ok=True)
            os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            # A connection that writes cannot be copied from; this one sees what was committed.
            source = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
            copy = apsw.Connection(str(unfinished), flags=apsw.SQLITE_OPEN_READWRITE)
            with (
                contextlib.closing(source),
                contextlib.closing(copy),
                copy.backup("main", source, "main") as backup,
            ):
                backup.step(-1)
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
