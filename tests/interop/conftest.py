"""One daemon for all tests of a module, of a repository that has something to tell."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from discussion_client import ENGINE
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    """A private directory whose path leaves room for a Unix socket's."""
    path = Path(tempfile.mkdtemp(prefix="heddle-", dir="/tmp")).resolve()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def repository(room: Path) -> GitRepository:
    """A repository with two commits; the second edits a function of `engine.py`."""
    repository = GitRepository.init(room / "r")
    repository.git("config", "user.email", "ada@example.com")
    repository.write("engine.py", ENGINE)
    repository.git("commit", "--quiet", "-m", "Add an engine")
    repository.write("engine.py", ENGINE.replace("turn * 2", "turn * 3 + 1"))
    repository.git("commit", "--quiet", "-m", "Spin faster")
    return repository


@pytest.fixture(scope="module")
def daemon(room: Path, repository: GitRepository) -> Iterator[HeddleDaemon]:
    """The daemon of the repository, serving."""
    places = {"HOME": room / "home", "XDG_STATE_HOME": room / "state"}
    for place in places.values():
        place.mkdir(mode=0o700)
    daemon = HeddleDaemon(
        repository.root, {**os.environ, **{name: str(place) for name, place in places.items()}}
    )
    daemon.start("--no-standby")
    try:
        yield daemon
    finally:
        daemon.finish()
