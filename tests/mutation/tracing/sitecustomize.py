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
# A test may run the code from a place where it has put a copy of it.
_module_of: dict[str, str] = {}
_seen: set[tuple[str, int, str]] = set()


def _enter(frame: FrameType, event: str, argument: Any) -> Any:
    del event, argument
    return _step if _module(frame.f_code.co_filename) else None


def _module(path: str) -> str:
    """Return which of the subject's modules a file is, or nothing."""
    if path not in _module_of:
        _module_of[path] = next((each for each in _MODULES if path.endswith(f"/{each}")), "")
    return _module_of[path]


def _step(frame: FrameType, event: str, argument: Any) -> Any:
    del argument
    if event == "line":
        test = os.environ.get("PYTEST_CURRENT_TEST", "")
        line = _module(frame.f_code.co_filename), frame.f_lineno, test
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
