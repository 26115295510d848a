"""A command that runs one of several bodies in the background, for tests: `detaching.py DIR BODY`.

It prints one JSON object: the pid of what runs in the background, or the error that kept it from
doing so. Extra arguments are the timeout, and the body's own.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from heddle_supervisor import detach
from heddle_supervisor.detach import (
    DetachedStartError,
    report_start,
    start_detached,
    was_detached,
)
from heddle_supervisor.pidfile import AlreadyRunningError

Ready = Callable[[], None]


def _wait_for(path: Path) -> None:
    while not path.exists():
        time.sleep(0.005)


def _serves(directory: Path, ready: Ready) -> None:
    sys.stdout.write("to stdout\n")
    sys.stderr.write("to stderr\n")
    os.system("echo from a child")
    about = {
        "session": os.getsid(0),
        "directory": str(Path.cwd()),
        "umask": os.umask(0o077),
        "descriptors": sorted(int(path.name) for path in Path("/dev/fd").iterdir())[:5],
    }
    (directory / "about.tmp").write_text(json.dumps(about), encoding="ascii")
    (directory / "about.tmp").rename(directory / "about")
    ready()
    ready()
    _wait_for(directory / "stop")
    (directory / "stopped").touch()


def _already_running(_directory: Path, _ready: Ready) -> None:
    raise AlreadyRunningError(4711)


def _has_no_directory(directory: Path, _ready: Ready) -> None:
    (directory / "missing" / "file").touch()


def _crashes(_directory: Path, _ready: Ready) -> None:
    raise RuntimeError("the loom is broken")


def _dies(_directory: Path, _ready: Ready) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _returns(_directory: Path, _ready: Ready) -> None:
    return


def _hangs(directory: Path, _ready: Ready) -> None:
    (directory / "pid.tmp").write_text(str(os.getpid()), encoding="ascii")
    (directory / "pid.tmp").rename(directory / "pid")
    while True:
        time.sleep(60)


def _hangs_and_ignores_sigterm(directory: Path, ready: Ready) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _hangs(directory, ready)


def _takes_its_time(directory: Path, ready: Ready) -> None:
    _wait_for(directory / "waited")
    ready()
    (directory / "survived").touch()


_BODIES: Final = {
    "serves": _serves,
    "already running": _already_running,
    "no directory": _has_no_directory,
    "crashes": _crashes,
    "dies": _dies,
    "returns": _returns,
    "hangs": _hangs,
    "hangs and ignores SIGTERM": _hangs_and_ignores_sigterm,
    "takes its time": _takes_its_time,
}


def main(directory: Path, body: str, timeout: float) -> None:
    """Run the body in the background, by this same command, and print what came of it."""
    if was_detached():
        sys.exit(report_start(lambda ready: _BODIES[body](directory, ready)))
    # What ignores SIGTERM is waited for as long as an honest start takes, which is long.
    detach._TERM_SECONDS = 0.5  # type: ignore[misc]
    atexit.register(sys.stdout.write, "at exit\n")
    result: dict[str, Any]
    try:
        pid = start_detached(
            sys.argv,
            stderr_path=directory / "stderr.log",
            timeout=timeout,
            on_waiting=(directory / "waited").touch,
        )
        result = {"pid": pid}
    except DetachedStartError as error:
        result = {"error": str(error), "exit_code": int(error.exit_code), "pid": error.pid}
    except KeyboardInterrupt:
        result = {"interrupted": True}
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
