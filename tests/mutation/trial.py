"""Runs tests again and again, each time in a process of its own that has loaded pytest already.

A line of standard input is a JSON object: `seconds`, `deadline` (how many a test may wait for
something), `output` (a path) and `arguments` of pytest; the line that answers is the exit status.
Whatever a run leaves behind is ended: a mutant may leave daemons that nothing stops, so its
descendants come to this process when their parents end.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
from pathlib import Path
from typing import Final

import hypothesis  # noqa: F401 - loaded once, for every run
import psutil
import pytest

TIMED_OUT: Final = 124
"""The answer when a run took longer than it was allowed to."""

_PR_SET_CHILD_SUBREAPER: Final = 36
_STEP: Final = 0.02


def main() -> None:
    """Answer until standard input ends."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for line in sys.stdin:
        request = json.loads(line)
        os.environ["HEDDLE_DEADLINE"] = str(request["deadline"])
        status = run(request["seconds"], Path(request["output"]), request["arguments"])
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


def run(seconds: float, output: Path, arguments: list[str]) -> int:
    """Run pytest with these arguments; return its exit status, 1 for a crash, or `TIMED_OUT`."""
    child = os.fork()
    if child == 0:
        _be_pytest(output, arguments)
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return max(os.waitstatus_to_exitcode(status), 1) if status else 0
            time.sleep(_STEP)
        return TIMED_OUT
    finally:
        end_descendants()


def _be_pytest(output: Path, arguments: list[str]) -> None:
    written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor, instead in ((os.open(os.devnull, os.O_RDONLY), 0), (written, 1), (written, 2)):
        os.dup2(descriptor, instead)
    status = int(pytest.main(arguments))
    sys.stdout.flush()
    os._exit(status)


def end_descendants() -> None:
    """Kill them again and again, since they may fork meanwhile, until none is left."""
    while children := psutil.Process().children(recursive=True):
        for child in children:
            child.kill()
        psutil.wait_procs(children, timeout=5)


if __name__ == "__main__":
    main()
