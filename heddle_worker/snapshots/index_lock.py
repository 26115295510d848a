"""Holding git's own lock on a worktree's index, across the death of whoever held it for us."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from heddle_worker.repository.scratch import SCRATCH
from heddle_worker.snapshots.worktree import (
    LOCK_PATIENCE_SECONDS,
    LOCK_PAUSE_SECONDS,
    Worktree,
    busy,
)

_MARK: Final = b"heddle is restoring a snapshot in this worktree\n"


@contextmanager
def index_locked(worktree: Worktree) -> Iterator[None]:
    """Keep every git from changing the index and the files that it has checked out.

    The lock is git's `index.lock`. Ours has a text of its own, and its holder a `flock` on it: one
    whose holder was killed is taken over.

    Raises:
        WorktreeBusyError: somebody else holds it.
    """
    deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
    while (descriptor := _try_to_lock(worktree.lock_path)) is None:
        if time.monotonic() > deadline:
            raise busy(worktree)
        time.sleep(LOCK_PAUSE_SECONDS)
    try:
        yield
    finally:
        worktree.lock_path.unlink(missing_ok=True)
        os.close(descriptor)


def wait_until_unlocked(worktree: Worktree) -> None:
    """Wait until no git is changing the index, for a short time; remove a dead lock of ours.

    Raises:
        WorktreeBusyError: one still is.
    """
    deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
    while os.path.lexists(worktree.lock_path):
        descriptor = _taken_over(worktree.lock_path)
        if descriptor is not None:
            worktree.lock_path.unlink(missing_ok=True)
            os.close(descriptor)
            return
        if time.monotonic() > deadline:
            raise busy(worktree)
        time.sleep(LOCK_PAUSE_SECONDS)


def _try_to_lock(path: Path) -> int | None:
    descriptor = _created(path)
    return descriptor if descriptor is not None else _taken_over(path)


def _created(path: Path) -> int | None:
    """Return a descriptor of a new lock, which appears with its text and our `flock` on it."""
    descriptor, temporary = tempfile.mkstemp(prefix=SCRATCH, dir=path.parent)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(descriptor, _MARK)
        os.link(temporary, path)
    except BaseException as error:
        os.close(descriptor)
        if isinstance(error, FileExistsError):
            return None
        raise
    finally:
        Path(temporary).unlink()
    return descriptor


def _taken_over(path: Path) -> int | None:
    """Return a descriptor of a lock of ours that a dead process has left; `None` for another."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        if os.read(descriptor, len(_MARK) + 1) == _MARK:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = os.fstat(descriptor)
            there = path.stat()
            if (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino):
                return descriptor
    os.close(descriptor)
    return None
