"""A process that stops for a moment right after it has opened a file, for tests of races.

`python slow_motion.py PATTERN ACTION PIDFILE`: after the first `open(2)` of a name that matches the
pattern it makes the file `opened`, beside the pidfile, and goes on when `go` is there as well. What
comes of the action is printed as JSON; what it holds is held until standard input ends.
"""

from __future__ import annotations

import fnmatch
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from heddle_supervisor.pidfile import (
    AlreadyRunningError,
    PidFileContents,
    PidGuard,
    hold_stale_pidfile,
    read_pidfile,
)


def _pause_after_opening(pattern: str, room: Path) -> None:
    """Have this process's first `os.open` of a matching name take its time."""
    really_open: Final = os.open
    pending = [pattern]

    def slow_open(path: str | os.PathLike[str], *arguments: Any, **options: Any) -> int:
        descriptor = really_open(path, *arguments, **options)
        if pending and fnmatch.fnmatch(Path(path).name, pending[0]):
            pending.clear()
            (room / "opened").touch()
            while not (room / "go").exists():
                time.sleep(0.001)
        return descriptor

    os.open = slow_open  # type: ignore[assignment]


def _say(**result: object) -> None:
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()


def _install(path: Path) -> None:
    try:
        guard = PidGuard.install(path, PidFileContents(os.getpid(), int(time.time())))
    except AlreadyRunningError as error:
        _say(lost_to=error.pid)
        return
    with guard:
        _say(installed=guard.still_installed())
        sys.stdin.read()


def _hold(path: Path) -> None:
    with hold_stale_pidfile(path) as stale:
        _say(stale=stale)
        sys.stdin.read()


def _read(path: Path) -> None:
    reading = read_pidfile(path)
    contents = reading.contents
    _say(pid=contents.pid if contents else None, locked=reading.locked)


_ACTIONS: Final[dict[str, Callable[[Path], None]]] = {
    "install": _install,
    "hold": _hold,
    "read": _read,
}


if __name__ == "__main__":
    _pause_after_opening(sys.argv[1], Path(sys.argv[3]).parent)
    with closing(sys.stdin):
        _ACTIONS[sys.argv[2]](Path(sys.argv[3]))
