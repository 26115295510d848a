"""Progress: on a terminal, after a moment, and gone afterwards; elsewhere never."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import Final

import pytest

_PROGRAM: Final = """
import sys, threading
from heddle_client.progress import progress
shown = threading.Event()
write = sys.stderr.write
def watched(text):
    write(text)
    if "weaving" in text:
        shown.set()
sys.stderr.write = watched
with progress("weaving"):
    if sys.argv[1] == "long":
        shown.wait(30)
    if sys.argv[2] == "fails":
        sys.exit("broken")
print("done", file=sys.stderr)
"""


def on_a_terminal(*words: str, term: str = "xterm") -> str:
    pid, terminal = pty.fork()
    if pid == 0:
        environment = {**os.environ, "TERM": term}
        os.execve(sys.executable, ["python", "-c", _PROGRAM, *words], environment)
    seen = b""
    while True:
        try:
            piece = os.read(terminal, 4_096)
        except OSError:  # Linux's word for the end
            break
        if not piece:
            break
        seen += piece
    os.waitpid(pid, 0)
    os.close(terminal)
    return seen.decode()


@pytest.mark.parametrize(("how", "last"), [("ends", "done"), ("fails", "broken")])
def test_it_is_shown_and_cleaned_away(how: str, last: str) -> None:
    seen = on_a_terminal("long", how)
    assert seen.startswith("\r\x1b[Kheddle: weaving …")
    assert seen.endswith(f"\r\x1b[K{last}\r\n")


def test_what_is_quick_is_not_told_of() -> None:
    assert on_a_terminal("quick", "ends") == "done\r\n"


def test_a_terminal_that_cannot_clear_a_line_gets_none() -> None:
    assert on_a_terminal("quick", "ends", term="dumb") == "done\r\n"


def test_a_pipe_gets_none() -> None:
    program = _PROGRAM.replace("shown.wait(30)", "shown.wait(1)")
    done = subprocess.run(
        [sys.executable, "-c", program, "long", "ends"], capture_output=True, text=True, check=True
    )
    assert done.stderr == "done\n"
