"""What tests of pidfiles share: contents, pids that no process has, and a look at the lock."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from pathlib import Path

from heddle_supervisor.pidfile import PidFileContents


def contents(pid: int | None = None) -> PidFileContents:
    """Return what a process, by default this one, would write now."""
    return PidFileContents(pid or os.getpid(), int(time.time()))


def dead_pid() -> int:
    """Return a pid whose process has just ended."""
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid


def lock_is_free(path: Path) -> bool:
    """Return whether the file's lock can be taken; it is let go of at once."""
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
