"""A place for sockets."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def room() -> Iterator[Path]:
    """A private directory whose path leaves room for a Unix socket's."""
    path = Path(tempfile.mkdtemp(prefix="heddle-", dir="/tmp")).resolve()
    yield path
    shutil.rmtree(path, ignore_errors=True)
