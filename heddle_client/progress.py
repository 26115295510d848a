"""A word on the terminal while something takes long."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import Final

_PATIENCE: Final = 0.5
"""Seconds that people wait without a word."""
_INTERVAL: Final = 0.5
_CLEAR_LINE: Final = "\r\x1b[K"


@contextlib.contextmanager
def progress(what: str) -> Iterator[None]:
    """Say what is being done while the block runs, if it takes more than half a second.

    The line is on standard error, where that is a terminal that can clear it again; elsewhere
    nothing is written. It is gone when the block ends, however it ends.

    Args:
        what: in the words of a sentence that goes on, such as `taking the worktree back`.
    """
    if not _can_be_shown():
        yield
        return
    ended = threading.Event()
    teller = threading.Thread(target=_tell, args=(what, ended), daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def _can_be_shown() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _tell(what: str, ended: threading.Event) -> None:
    began = time.monotonic()
    if ended.wait(_PATIENCE):
        return
    while True:
        seconds = time.monotonic() - began
        passed = f" {seconds:.0f} s" if seconds >= 1 else ""
        _write(f"{_CLEAR_LINE}heddle: {what} …{passed}")
        if ended.wait(_INTERVAL):
            break
    _write(_CLEAR_LINE)


def _write(text: str) -> None:
    # A terminal that has gone away is no reason to fail.
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()
