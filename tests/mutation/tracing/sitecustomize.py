"""Writes down which lines of the subject each test runs; loaded by every process that it starts.

A line is written when it first runs, since many of these processes are killed.
"""

from __future__ import annotations

import os
import sys
import threading
from types import FrameType
from typing import Any, Final

_MODULES: Final = frozenset(os.environ["MUTATION_MODULES"].split(os.pathsep))
_RECORD: Final = os.environ["MUTATION_RECORD"]
_seen: set[tuple[str, int, str]] = set()


def _enter(frame: FrameType, event: str, argument: Any) -> Any:
    del event, argument
    return _step if frame.f_code.co_filename in _MODULES else None


def _step(frame: FrameType, event: str, argument: Any) -> Any:
    del argument
    if event == "line":
        test = os.environ.get("PYTEST_CURRENT_TEST", "")
        line = frame.f_code.co_filename, frame.f_lineno, test
        if line not in _seen:
            _seen.add(line)
            _write("\t".join(map(str, line)))
    return _step


def _write(line: str) -> None:
    # Opened each time: those who are watched close what they have inherited, and count it.
    record = os.open(_RECORD, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.write(record, line.encode() + b"\n")
    os.close(record)


threading.settrace(_enter)
sys.settrace(_enter)
