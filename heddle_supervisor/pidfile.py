"""The pidfile: who the daemon is, and the lock that makes it the only one.

The lock is a `flock(2)` on the pidfile's own inode and the only truth about ownership; the pid in
it is for messages and for signals. The file is born complete and locked under another name and
then moved to its own, so that nobody ever reads half of it, and it is unlinked only by the holder
of its lock.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from heddle_supervisor.errors import ExitCode, HeddleError
from heddle_supervisor.inode_lock import (
    NotAFileError,
    PidFileError,
    is_locked,
    lock_exclusive,
    open_regular,
    still_names,
)
from heddle_supervisor.pidfile_contents import (
    PIDFILE_MARKER,
    PidFileContents,
    PidFileKind,
    PidFileReading,
    interpret,
)
from heddle_supervisor.process_identity import Match, is_heddle_process, match_writer

__all__ = [
    "PIDFILE_MARKER",
    "AlreadyRunningError",
    "PidFileContents",
    "PidFileError",
    "PidFileKind",
    "PidFileReading",
    "PidGuard",
    "hold_stale_pidfile",
    "read_pidfile",
    "sweep_temporaries",
]

_READ_MAX: Final = 4096
# A reader that looks at the lock holds it, shared, for some microseconds; a start that meets such
# a moment tries again, for no longer than this.
_PATIENCE: Final = 1.0
# What link(2) fails with where the file system, or what it lies on, cannot do it.
_NO_HARD_LINKS: Final = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)
_RETRY_SECONDS: Final = 0.002


class AlreadyRunningError(HeddleError):
    """A live daemon holds the lock.

    Attributes:
        pid: the daemon's pid, as its pidfile states it.
    """

    exit_code = ExitCode.ALREADY_RUNNING

    def __init__(self, pid: int) -> None:
        super().__init__(f"already running (pid {pid})")
        self.pid = pid


def read_pidfile(path: Path) -> PidFileReading:
    """Look at the pidfile without changing it. Contents and lock are those of one inode.

    Raises:
        OSError: it exists, but may not be read.
    """
    while True:
        try:
            descriptor = open_regular(path)
        except FileNotFoundError:
            return PidFileReading(PidFileKind.ABSENT)
        except NotAFileError as error:
            return PidFileReading(PidFileKind.FOREIGN, problem=error.problem)
        try:
            locked = is_locked(descriptor)
            if not still_names(path, descriptor):
                continue
            return interpret(os.pread(descriptor, _READ_MAX, 0), locked=locked)
        finally:
            os.close(descriptor)


class PidGuard:
    """A pidfile that this process owns: locked for as long as the guard lives.

    Usable as a context manager, which removes the file at its end.
    """

    def __init__(self, path: Path, descriptor: int, contents: PidFileContents) -> None:
        self.path = path
        self._descriptor = descriptor
        self._text = contents.render().encode()

    @classmethod
    def install(cls, path: Path, contents: PidFileContents) -> PidGuard:
        """Write the pidfile and take its lock, both at once.

        A stale file, whatever is in it, is replaced; its directory is swept of what killed
        predecessors left.

        Raises:
            AlreadyRunningError: a live daemon holds the lock.
            PidFileError: what stands at the path is not a file, or is held by no known process;
                or the file system has no hard links.
            OSError: the directory cannot be written.
        """
        sweep_temporaries(path)
        temporary, descriptor = _create_locked(path, contents)
        deadline = time.monotonic() + _PATIENCE
        try:
            while not _move_into_place(temporary, path):
                if time.monotonic() > deadline:
                    raise PidFileError(f"{path} is locked by a process that it does not name")
                time.sleep(_RETRY_SECONDS)
        except BaseException:
            os.close(descriptor)
            raise
        finally:
            temporary.unlink(missing_ok=True)
        return cls(path, descriptor, contents)

    @classmethod
    def adopt(cls, path: Path, descriptor: int, contents: PidFileContents) -> PidGuard:
        """Go on holding a lock that this process took before it executed itself anew.

        Args:
            path: of the pidfile.
            descriptor: what holds its lock.
            contents: what this process wrote into it.

        Raises:
            PidFileError: the descriptor does not hold the lock of the file at the path.
        """
        os.set_inheritable(descriptor, False)
        if not (lock_exclusive(descriptor) and still_names(path, descriptor)):
            raise PidFileError(f"{path} is not locked by what the version before has handed over")
        return cls(path, descriptor, contents)

    def fileno(self) -> int:
        """Return the locked descriptor."""
        return self._descriptor

    def still_installed(self) -> bool:
        """Return whether the path still names the file that this guard holds."""
        return still_names(self.path, self._descriptor)

    def is_intact(self) -> bool:
        """Return whether the file says what was written into it, and nothing else."""
        return os.pread(self._descriptor, _READ_MAX, 0) == self._text

    def write_anew(self) -> None:
        """Put back what the file said; a reader at this moment finds it complete.

        Raises:
            OSError: the file system has no room.
        """
        os.pwrite(self._descriptor, self._text, 0)
        os.ftruncate(self._descriptor, len(self._text))

    def remove(self) -> None:
        """Unlink the file, if it is still ours, and then let go of the lock. Idempotent."""
        if self._descriptor < 0:
            return
        if self.still_installed():
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()


@contextlib.contextmanager
def hold_stale_pidfile(path: Path) -> Iterator[bool]:
    """Hold the lock of a pidfile that no daemon owns, so that none starts meanwhile.

    Yields True when the lock was free: what a dead daemon left may be swept, the pidfile last.
    Yields False when a daemon owns it, or there is no such file any more.

    Raises:
        PidFileError: what stands at the path is not a regular file.
    """
    try:
        descriptor = open_regular(path)
    except FileNotFoundError:
        yield False
        return
    try:
        yield lock_exclusive(descriptor) and still_names(path, descriptor)
    finally:
        os.close(descriptor)


def sweep_temporaries(path: Path) -> None:
    """Unlink the temporary files of starts that were killed: those whose lock is free."""
    for temporary in path.parent.glob(f"{path.name}.*.tmp"):
        try:
            descriptor = open_regular(temporary)
        except (FileNotFoundError, PidFileError):
            continue
        try:
            if lock_exclusive(descriptor):
                temporary.unlink(missing_ok=True)
        finally:
            os.close(descriptor)


def _create_locked(path: Path, contents: PidFileContents) -> tuple[Path, int]:
    """Make a complete, locked pidfile under a temporary name; return the name and descriptor."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    while True:
        temporary = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
        descriptor = os.open(temporary, flags, 0o600)
        try:
            if lock_exclusive(descriptor) and still_names(temporary, descriptor):
                os.write(descriptor, contents.render().encode())
                os.fsync(descriptor)
                return temporary, descriptor
        except BaseException:
            os.close(descriptor)
            temporary.unlink(missing_ok=True)
            raise
        # Another start took it for what a killed one has left, and has unlinked it or will.
        os.close(descriptor)


def _move_into_place(temporary: Path, path: Path) -> bool:
    """Give the pidfile its name; return False when the moment was bad and may be tried again.

    Raises:
        AlreadyRunningError: a live daemon holds the lock of the file that has the name.
        PidFileError: the file system cannot do it.
    """
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        raise PidFileError(
            f"the file system of {path.parent} has no hard links, which the pidfile needs: "
            "keep the repository on another one"
        ) from None
    else:
        return True
    try:
        existing = open_regular(path)
    except FileNotFoundError:
        return False
    try:
        locked = lock_exclusive(existing)
        if not still_names(path, existing):
            return False
        reading = interpret(os.pread(existing, _READ_MAX, 0), locked=not locked)
        _refuse_live_owner(reading)
        if locked:
            temporary.replace(path)
        return locked
    finally:
        os.close(existing)


def _refuse_live_owner(reading: PidFileReading) -> None:
    """Raise when the process that wrote the file lives.

    A free lock does not prove that the writer is dead, since a daemon of another make may not
    lock; but then it must be heddle, and not merely have the pid of a process that once was.
    """
    if reading.kind is not PidFileKind.OURS or reading.contents is None:
        return
    pid = reading.contents.pid
    match = match_writer(pid, reading.contents.started_at_secs)
    if reading.locked:
        alive = match is not Match.DIFFERENT or is_heddle_process(pid)
    else:
        alive = match is Match.SAME and is_heddle_process(pid)
    if alive:
        raise AlreadyRunningError(pid)
