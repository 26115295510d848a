"""A process that has nothing to do with heddle, and remembers every signal that it gets.

Run as a program it installs its handlers, writes a line, and lives until its input ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

from heddle_supervisor.process_identity import is_stopped, pid_alive

_READY: Final = "ready\n"
_BEYOND_HANDLING: Final = {signal.SIGKILL, signal.SIGSTOP}


class Stranger:
    """The process, seen from the test that has started it."""

    def __init__(self, *arguments: str) -> None:
        """Start it; `arguments` only stand in its command line."""
        self._process = subprocess.Popen(
            [sys.executable, __file__, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == _READY
        self.pid = self._process.pid

    def is_untouched(self) -> bool:
        """Return whether it runs on; what it has been sent shows at its end."""
        return pid_alive(self.pid) and not is_stopped(self.pid)

    def end(self) -> str:
        """Let it end; return the names of the signals that it has got, one a line."""
        received, _ = self._process.communicate("", timeout=60)
        if self._process.returncode != 0:
            received += f"ended with {self._process.returncode}\n"
        return received


@contextlib.contextmanager
def untouched_stranger(*arguments: str) -> Iterator[Stranger]:
    """Run a stranger, and require at the end that it never got a signal."""
    stranger = Stranger(*arguments)
    try:
        yield stranger
        assert stranger.is_untouched()
    finally:
        received = stranger.end()
    assert received == ""


def _record(signum: int, _frame: object) -> None:
    os.write(1, f"{signal.Signals(signum).name}\n".encode())


def _live() -> None:
    for signum in signal.valid_signals() - _BEYOND_HANDLING:
        with contextlib.suppress(OSError, ValueError):
            signal.signal(signum, _record)
    os.write(1, _READY.encode())
    while os.read(0, 1):
        pass


if __name__ == "__main__":
    _live()
