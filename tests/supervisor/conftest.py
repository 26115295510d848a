"""Rooms and daemons for the supervisor's tests."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from daemon_bench import TinyDaemon, tiny_daemon


@pytest.fixture
def room() -> Iterator[Path]:
    """A private directory whose path leaves room for a Unix socket's."""
    path = Path(tempfile.mkdtemp(prefix="heddle-", dir="/tmp")).resolve()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def make_daemon(room: Path) -> Iterator[Callable[..., TinyDaemon]]:
    """Makes daemons, with the limits that are given; all are ended after the test."""
    with contextlib.ExitStack() as stack:
        yield lambda **limits: stack.enter_context(tiny_daemon(room, **limits))
