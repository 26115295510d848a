"""A reader's home, and the repository and daemon that all pages but the tutorial use."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from document_runner import reader_environment, stop_daemons
from document_shop import make_shop


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    """A private directory whose path leaves room for a Unix socket's."""
    path = Path(tempfile.mkdtemp(prefix="heddle-", dir="/tmp")).resolve()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def environment(room: Path) -> Iterator[dict[str, str]]:
    """A reader's environment, whose daemons end with the module's tests."""
    environment = reader_environment(room)
    yield environment
    stop_daemons(environment)


@pytest.fixture(scope="module")
def shop(room: Path, environment: dict[str, str]) -> Path:
    """A small repository, whose daemon runs."""
    return make_shop(room, environment)
