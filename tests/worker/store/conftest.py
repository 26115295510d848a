"""A real database in a directory of the test's own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from heddle_worker.store.database import Database
from heddle_worker.store.readers import Readers
from heddle_worker.store.writer import Writer


@pytest.fixture
def heddle_dir(tmp_path: Path) -> Path:
    """A `.heddle` directory without a store."""
    directory = tmp_path / ".heddle"
    directory.mkdir(mode=0o700)
    return directory


@pytest.fixture
def database(heddle_dir: Path) -> Iterator[Database]:
    """A new database; tests may close it."""
    database = Database.open(heddle_dir)
    yield database
    database.connection.close()


@pytest.fixture
def writer(heddle_dir: Path) -> Iterator[Writer]:
    """The writer of a new database; tests may close it."""
    with contextlib.closing(Writer(Database.open(heddle_dir))) as writer:
        yield writer


@pytest.fixture
def readers(writer: Writer, database: Database) -> Iterator[Readers]:
    """Readers of the writer's database."""
    with contextlib.closing(Readers(database)) as readers:
        yield readers
