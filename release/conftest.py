"""Fixtures of the checks: a repository with a daemon of its own, whoever's command starts it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from git_repository import GitRepository

_IDENTITY = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
}
_ENGINE = '''\
"""An engine."""


def spin(turns):
    total = 0
    for turn in range(turns):
        total += turn * 2
    return total
'''


@pytest.fixture(autouse=True, scope="session")
def _environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _IDENTITY.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def room() -> Iterator[Path]:
    """A private directory whose path leaves room for a Unix socket's; XDG's state is there."""
    path = Path(tempfile.mkdtemp(prefix="heddle-", dir="/tmp")).resolve()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(path / "state"))
        yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def repository(room: Path) -> GitRepository:
    """A repository with one commit, and an edit of its `engine.py` that is not committed."""
    repository = GitRepository.init(room / "r")
    repository.write("engine.py", _ENGINE)
    repository.commit("Add an engine")
    (repository.root / "engine.py").write_text(_ENGINE.replace("turn * 2", "turn * 3"), "utf-8")
    return repository
