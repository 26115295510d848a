"""Runs one command and ends whatever it leaves behind: `python -m tests.mutation.trial SECONDS …`.

A mutant may leave daemons that nothing stops, so the command's descendants come to this process
when their parents end, and are killed after it.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from typing import Final

import psutil

TIMED_OUT: Final = 124
"""The exit status when the command took longer than it was allowed to."""

_PR_SET_CHILD_SUBREAPER: Final = 36


def run(seconds: float, command: list[str]) -> int:
    """Run a command; return its exit status, or `TIMED_OUT`."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return TIMED_OUT
    finally:
        end_descendants()


def end_descendants() -> None:
    """Kill them again and again, since they may fork meanwhile, until none is left."""
    while children := psutil.Process().children(recursive=True):
        for child in children:
            child.kill()
        psutil.wait_procs(children, timeout=5)


if __name__ == "__main__":
    sys.exit(run(float(sys.argv[1]), sys.argv[2:]))
