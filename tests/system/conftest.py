"""Rooms, repositories and real daemons, all of which are gone after the test."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon

# What a service manager, or a daemon around this one, may have put into the environment.
_UNWANTED = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "HEDDLE_HANDOVER_FD", "FORCE_COLOR")


@pytest.fixture
def room() -> Iterator[Path]:
    """A private directory whose path leaves room for a Unix socket's."""
    path = Path(tempfile.mkdtemp(prefix="heddle-", dir="/tmp")).resolve()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def environment(room: Path) -> dict[str, str]:
    """An environment in which no file of the user's is found or made."""
    places = {
        "HOME": room / "home",
        "XDG_STATE_HOME": room / "state",
        "XDG_RUNTIME_DIR": room / "run",
    }
    for place in places.values():
        place.mkdir(mode=0o700)
    inherited = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    return {**inherited, **{name: str(place) for name, place in places.items()}}


@pytest.fixture
def repository(room: Path) -> GitRepository:
    """A repository with one commit."""
    repository = GitRepository.init(room / "r")
    repository.commit("first")
    return repository


@pytest.fixture
def make_daemon(environment: dict[str, str]) -> Iterator[Callable[..., HeddleDaemon]]:
    """Makes daemons, of a repository's root and a `.heddle` directory where that is elsewhere."""
    with contextlib.ExitStack() as stack:

        def make(
            root: Path,
            heddle_dir: Path | None = None,
            *,
            prefix: Sequence[str] = (),
            **variables: str,
        ) -> HeddleDaemon:
            daemon = HeddleDaemon(root, {**environment, **variables}, heddle_dir, prefix=prefix)
            stack.callback(daemon.finish)
            return daemon

        yield make


@pytest.fixture
def daemon(repository: GitRepository, make_daemon: Callable[..., HeddleDaemon]) -> HeddleDaemon:
    """The daemon of the repository, not yet started."""
    return make_daemon(repository.root)
