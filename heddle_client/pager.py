"""Shows text through the pager that git would use, where it is longer than the screen."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Final

_SCREEN: Final = (80, 24)
# As git does: quit if it fits, keep colours, leave the text on the screen.
_DEFAULTS: Final = {"LESS": "FRX", "LV": "-c"}
_NOT_FOUND: Final = (126, 127)


def screen_width() -> int:
    """Return how many cells a line of standard output has; `COLUMNS` has the last word."""
    return shutil.get_terminal_size(_SCREEN).columns


def show(text: str, directory: Path) -> None:
    """Print text, through a pager if standard output is a terminal with fewer lines.

    The pager is git's for the repository at `directory`: `GIT_PAGER`, `core.pager`, `PAGER` or
    `less`. One that ends before it has read all is no error, and what cannot be run is done
    without.
    """
    if not (_is_longer_than_the_screen(text) and _paged(text, _pager(directory))):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def _is_longer_than_the_screen(text: str) -> bool:
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return False
    # One line is left for the prompt.
    return text.count("\n") + 1 >= shutil.get_terminal_size(_SCREEN).lines


def _pager(directory: Path) -> str:
    from heddle_client.git_command import GitError, git

    try:
        command = os.fsdecode(git(directory, "var", "GIT_PAGER")).strip()
    except GitError:
        return ""
    return "" if command == "cat" else command


def _paged(text: str, command: str) -> bool:
    """Return whether the pager has taken the text."""
    import signal
    import subprocess

    if not command:
        return False
    pager = subprocess.Popen(  # noqa: S603 - the user's own pager
        ["/bin/sh", "-c", command],
        stdin=subprocess.PIPE,
        env={**_DEFAULTS, **os.environ},
    )
    # An interrupt is the pager's, which goes on; we are still needed to give the terminal back.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        pager.communicate(text.encode("utf-8", "backslashreplace") + b"\n")
    finally:
        signal.signal(signal.SIGINT, before)
    return pager.returncode not in _NOT_FOUND
