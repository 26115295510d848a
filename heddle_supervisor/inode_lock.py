"""A lock on what a name leads to: the file is opened, locked, and its name then looked up again.

A lock belongs to an inode. One that has lost its name, since somebody has unlinked or replaced the
file meanwhile, locks nothing any more: whoever has locked it asks `still_names`.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from heddle_supervisor.errors import HeddleError


class PidFileError(HeddleError):
    """The pidfile cannot be used; the text is one line that says why and what to do."""


class NotAFileError(PidFileError):
    """Something else than a regular file stands at the path; `problem` is a phrase about it."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path} {problem}")
        self.problem = problem


def open_regular(path: Path) -> int:
    """Open a regular file for reading, without following a symlink or waiting for a FIFO.

    Raises:
        NotAFileError: something else stands there.
        FileNotFoundError: nothing does.
        PermissionError: it may not be read.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if path.is_symlink():
            raise NotAFileError(path, "is a symlink, not a pidfile: remove it") from None
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        raise NotAFileError(path, f"cannot be opened: {error.strerror}") from None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    kind = "a directory" if path.is_dir() else "not a regular file"
    raise NotAFileError(path, f"is {kind}, not a pidfile: remove it")


def still_names(path: Path, descriptor: int) -> bool:
    """Return whether `path` still names the file behind the descriptor."""
    held = os.fstat(descriptor)
    try:
        found = path.lstat()
    except OSError:
        return False
    return held.st_nlink > 0 and (held.st_dev, held.st_ino) == (found.st_dev, found.st_ino)


def lock_exclusive(descriptor: int) -> bool:
    """Take the inode's lock, unless somebody holds it; return whether we hold it now.

    Raises:
        PidFileError: the file system has no such locks.
    """
    from filelock import lock_descriptor

    try:
        return lock_descriptor(descriptor, blocking=False)
    except OSError as error:
        raise PidFileError(
            f"this file system cannot lock files ({error.strerror}): heddle needs flock(2)"
        ) from None


def is_locked(descriptor: int) -> bool:
    """Return whether somebody holds the inode's lock, without keeping anybody from taking it.

    It tries a shared lock, which other readers do not meet (`filelock` has none of that kind), and
    gives it up at once, since a start may want the lock at this very moment.
    """
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False
