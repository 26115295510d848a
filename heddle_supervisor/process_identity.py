"""Which process is it? Liveness, identity and signals that cannot hit a stranger.

A pid is a name that the kernel gives away again. What identifies a process is its pid together
with its start time in this boot, and a comparison has three results: same, different, unknown.
Unknown is never taken for dead and never signalled.
"""

from __future__ import annotations

import contextlib
import enum
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROCESS_NAME: Final = "heddle-agent"
"""What a supervisor calls itself in `ps`, where the system allows it."""

PID_MAX: Final = 2**31 - 1
"""The largest pid that a file or a caller may name."""

_CLOCK_GRAIN: Final = 2.0
_WAIT_STEP: Final = 0.01


class Match(enum.Enum):
    """Whether two sightings are of one process."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


def pid_alive(pid: int) -> bool:
    """Return whether a process with this pid runs. A zombie does not; another user's does."""
    return _state(pid) not in (_State.GONE, _State.ZOMBIE)


def is_stopped(pid: int) -> bool:
    """Return whether the process exists but has been stopped, as by SIGSTOP or a debugger."""
    return _state(pid) is _State.STOPPED


def is_heddle_process(pid: int) -> bool:
    """Return whether a live process of this user is a daemon, by its name or its command line.

    A program that merely has heddle among its arguments, such as an editor, is none.
    """
    import psutil

    try:
        process = psutil.Process(pid)
        if process.uids().effective != os.geteuid():
            return False
        if process.name() == PROCESS_NAME:
            return True
        words = process.cmdline()
    except psutil.Error:
        return False
    named = any(Path(word).name == "heddle" or word == "heddle_supervisor" for word in words[:4])
    return named and "serve" in words


def match_writer(pid: int, written_at: int) -> Match:
    """Return whether the process that now has `pid` wrote a file at `written_at` (epoch seconds).

    A process that started before the file was written, and still lives, is its writer, since a
    pid names one process at a time; one that started after cannot be. The wall clock may have
    been set meanwhile, so this serves files that hold no `ProcessIdentity`.
    """
    import psutil

    if not pid_alive(pid):
        return Match.DIFFERENT
    try:
        process = psutil.Process(pid)
        if process.uids().effective != os.geteuid():
            return Match.DIFFERENT
        started = process.create_time()
    except psutil.NoSuchProcess:
        return Match.DIFFERENT
    except psutil.Error:
        return Match.UNKNOWN
    return Match.SAME if started <= written_at + _CLOCK_GRAIN else Match.DIFFERENT


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process, told apart from every other one of this machine before and after it.

    Attributes:
        pid: its pid.
        boot: the running kernel's boot, as an opaque text.
        started: when it started within that boot, in the kernel's own unit.
    """

    pid: int
    boot: str
    started: int

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity | None:
        """Return the identity of a live process, or None where it is gone or cannot be read."""
        try:
            return cls(pid, _boot(), _started(pid))
        except (OSError, ValueError):
            return None

    def match(self) -> Match:
        """Return whether the process that has this pid now is this one."""
        if not pid_alive(self.pid):
            return Match.DIFFERENT
        current = ProcessIdentity.of(self.pid)
        if current is None:
            return Match.UNKNOWN if pid_alive(self.pid) else Match.DIFFERENT
        return Match.SAME if current == self else Match.DIFFERENT


class _State(enum.Enum):
    RUNNING = "running"
    STOPPED = "stopped"
    ZOMBIE = "zombie"
    GONE = "gone"


def _state(pid: int) -> _State:
    """Return what the kernel says of a pid; RUNNING where it tells no more than that it exists."""
    if not 0 < pid <= PID_MAX:
        return _State.GONE
    try:
        letter = _stat_fields(pid)[0] if sys.platform == "linux" else _portable_state(pid)
    except (FileNotFoundError, ProcessLookupError):
        return _State.GONE
    except OSError:
        return _State.RUNNING
    return {b"Z": _State.ZOMBIE, b"X": _State.GONE, b"T": _State.STOPPED, b"t": _State.STOPPED}.get(
        letter, _State.RUNNING
    )


def _portable_state(pid: int) -> bytes:
    """Return the letter that proc(5) would have for the process's state.

    Raises:
        ProcessLookupError: there is no such process.
        PermissionError: its state may not be read.
    """
    import psutil

    letters = {psutil.STATUS_ZOMBIE: b"Z", psutil.STATUS_STOPPED: b"T"}
    with _psutil_errors(pid):
        return letters.get(psutil.Process(pid).status(), b"R")


def _boot() -> str:
    if sys.platform == "linux":
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    import psutil

    return str(int(psutil.boot_time()))


def _started(pid: int) -> int:
    if sys.platform == "linux":
        return int(_stat_fields(pid)[19])
    import psutil

    with _psutil_errors(pid):
        return int(psutil.Process(pid).create_time() * 1_000_000)


def _stat_fields(pid: int) -> list[bytes]:
    """Return the fields of `/proc/<pid>/stat` after the command's name: the state comes first.

    The name, in parentheses, may itself hold spaces and parentheses (proc(5)).
    """
    line = Path(f"/proc/{pid}/stat").read_bytes()
    return line[line.rindex(b")") + 1 :].split()


@contextlib.contextmanager
def _psutil_errors(pid: int) -> Iterator[None]:
    """Turn psutil's errors into those of the operating system."""
    import psutil

    try:
        yield
    except psutil.NoSuchProcess:
        raise ProcessLookupError(pid) from None
    except psutil.Error as error:
        raise PermissionError(str(error)) from None


class ProcessHandle:
    """A hold on one process, for signals and for waiting.

    Where the kernel has pidfds, the handle goes on meaning that process after its pid was reused.
    Elsewhere identity is compared before each signal, which leaves a window of microseconds.
    """

    def __init__(self, pid: int, *, use_pidfd: bool = True) -> None:
        """Take hold of the process that has this pid now.

        Args:
            pid: the process's.
            use_pidfd: whether to hold it by a pidfd where the kernel has them.

        Raises:
            ProcessLookupError: there is none, or it has ended and waits for its parent's notice.
        """
        self.pid = pid
        self._descriptor = _open_pidfd(pid) if use_pidfd else None
        self._identity = ProcessIdentity.of(pid)
        if not pid_alive(pid):
            self.close()
            raise ProcessLookupError(pid)

    def send(self, signum: signal.Signals) -> None:
        """Send a signal.

        Raises:
            ProcessLookupError: the process is gone.
            PermissionError: it is another user's.
        """
        if self._descriptor is not None:
            signal.pidfd_send_signal(self._descriptor, signum)
        elif self._identity is not None and self._identity.match() is Match.SAME:
            os.kill(self.pid, signum)
        else:
            raise ProcessLookupError(self.pid)

    def wait(self, timeout: float) -> bool:
        """Wait for the process to end, for `timeout` seconds at most; return whether it has."""
        if self._descriptor is not None:
            poller = select.poll()
            poller.register(self._descriptor, select.POLLIN)
            return bool(poller.poll(max(0.0, timeout) * 1000))
        deadline = time.monotonic() + timeout
        while pid_alive(self.pid):
            if time.monotonic() >= deadline:
                return False
            time.sleep(_WAIT_STEP)
        return True

    def close(self) -> None:
        """Let go of the process."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _open_pidfd(pid: int) -> int | None:
    """Return a pidfd, or None where the kernel has none to give."""
    if sys.platform != "linux":
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None
