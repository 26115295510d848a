"""What can go wrong with the store, each as one clear line for people."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import apsw


class StoreError(Exception):
    """The store cannot do what it was asked."""


class StoreFullError(StoreError):
    """There is no space left to write."""


class StoreReadOnlyError(StoreError):
    """The database or its directory cannot be written."""


class StoreBusyError(StoreError):
    """Somebody else held what was needed for too long; trying again later may succeed."""


class StoreCorruptError(StoreError):
    """The database is damaged, or is not one of ours. It is left as it was found."""


class StoreTooNewError(StoreError):
    """The database was written by a newer version of this program."""


class StoreUnavailableError(StoreError):
    """The file system failed: an I/O error, a missing directory, a file taken away."""


class StoreClosedError(StoreError):
    """The store was closed already."""


def _full(path: Path, _detail: str) -> StoreError:
    return StoreFullError(f"no space left for {path}; free some and try again")


def _read_only(path: Path, detail: str) -> StoreError:
    return StoreReadOnlyError(
        f"cannot write {path} ({detail}); make the file and its directory writable"
    )


def _busy(path: Path, _detail: str) -> StoreError:
    return StoreBusyError(f"{path} is locked by another process; try again")


def _corrupt(path: Path, detail: str) -> StoreError:
    # SQLite's report may span lines.
    detail = " ".join(detail.split())
    return StoreCorruptError(f"{path} is damaged ({detail}); {_way_out(path)}")


def _unavailable(path: Path, detail: str) -> StoreError:
    return StoreUnavailableError(
        f"cannot use {path} ({detail}); check its directory and its disk, then try again"
    )


_BY_EXCEPTION: Final[dict[type[apsw.Error], Callable[[Path, str], StoreError]]] = {
    apsw.FullError: _full,
    apsw.ReadOnlyError: _read_only,
    apsw.BusyError: _busy,
    apsw.LockedError: _busy,
    apsw.CorruptError: _corrupt,
    apsw.NotADBError: _corrupt,
    apsw.CantOpenError: _unavailable,
    apsw.PermissionsError: _unavailable,
    apsw.IOError: _unavailable,
    apsw.NoLFSError: _unavailable,
    apsw.ProtocolError: _unavailable,
}

_BY_ERRNO: Final[dict[int, Callable[[Path, str], StoreError]]] = {
    errno.ENOSPC: _full,
    errno.EDQUOT: _full,
    errno.EROFS: _read_only,
    errno.EACCES: _read_only,
    errno.EPERM: _read_only,
}


def backups_of(path: Path) -> list[Path]:
    """Return the good copies of a database that were kept, oldest first."""
    copies = path.parent.glob(f"{path.name}.schema-*.backup")
    return sorted(copies, key=lambda copy: copy.stat().st_mtime_ns)


def _way_out(path: Path) -> str:
    advice = f"move it aside together with {path.name}-wal and {path.name}-shm, and "
    copies = backups_of(path)
    if copies:
        return f"{advice}copy the last good backup, {copies[-1]}, to its place"
    return f"{advice}a new one is made at the next start"


def as_store_error(error: BaseException, path: Path) -> BaseException:
    """Return the `StoreError` for what SQLite reports about its surroundings.

    An error that the caller's own statements made, such as a broken constraint, and any other
    exception are returned as they are.
    """
    for kind in type(error).__mro__:
        if kind in _BY_EXCEPTION:
            return _BY_EXCEPTION[kind](path, str(error) or kind.__name__)
    return error


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise the `StoreError` for whatever SQLite reports inside the block about `path`."""
    try:
        yield
    except apsw.Error as error:
        known = as_store_error(error, path)
        if known is error:
            raise
        raise known from error


@contextlib.contextmanager
def translated_files(path: Path) -> Iterator[None]:
    """Raise the `StoreError` for whatever the system reports inside the block about `path`."""
    try:
        yield
    except OSError as error:
        build = _BY_ERRNO.get(error.errno or 0, _unavailable)
        raise build(path, error.strerror or "unknown error") from error


def damaged(path: Path, detail: str) -> StoreError:
    """Return the error for a database at `path` in which a check found a fault."""
    return _corrupt(path, detail)
