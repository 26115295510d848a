"""A command on a terminal of its own."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from fcntl import ioctl
from pathlib import Path
from typing import Final

from waiting import DEADLINE

# A line that says how far something has got, and is taken away again.
_CLEARED: Final = re.compile(r"[^\r\n]*\r\x1b\[K")

# Only a session's leader can make a terminal the one that `/dev/tty` stands for.
_TAKE_TERMINAL: Final = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


def on_a_terminal(
    words: Sequence[str | Path],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    lines: int = 24,
    columns: int = 80,
    prompt: bytes = b"",
    typed: bytes = b"",
) -> tuple[int, str]:
    """Run a command whose streams are a terminal; return its exit code and what it leaves there.

    What is typed is typed when the prompt was shown.
    """
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    # A test's own process may have been told of another size.
    inherited = {k: v for k, v in environment.items() if k not in ("LINES", "COLUMNS")}
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _TAKE_TERMINAL, *words],
        cwd=cwd,
        env={**inherited, "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown, waits = b"", True
    # Linux says EIO when the last one who had the other end has closed it.
    with contextlib.suppress(OSError):
        while True:
            if waits and prompt in shown:
                os.write(ours, typed)
                waits = False
            piece = os.read(ours, 65_536)
            if not piece:
                break
            shown += piece
    os.close(ours)
    code = process.wait(DEADLINE)
    return code, _CLEARED.sub("", shown.decode().replace("\r\n", "\n"))
