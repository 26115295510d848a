"""One repository with one daemon for each module, and one for those that leave no traces in it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_bench import CommandBench, command_bench
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from repository_commands import Commands

BEFORE = """LIMIT = 3


class Engine:
    def start(self, text):
        return text.split()


def main():
    return Engine().start("")
"""
AFTER = """LIMIT = 4


class Engine:
    def start(self, text):
        return text.split(",")

    def stop(self):
        pass


def main():
    # As before.
    return Engine().start("")
"""


@pytest.fixture(scope="session")
def served() -> Iterator[CommandBench]:
    """A repository whose daemon serves. Who uses it leaves both as they were."""
    with command_bench() as made:
        yield made


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A private directory whose path leaves room for a Unix socket's."""
    path = Path(tempfile.mkdtemp(prefix="heddle-", dir="/tmp")).resolve()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def environment(place: Path) -> dict[str, str]:
    """An environment in which no file of the user's is found or made."""
    places = {
        "HOME": place / "home",
        "XDG_STATE_HOME": place / "state",
        "XDG_RUNTIME_DIR": place / "run",
    }
    for each in places.values():
        each.mkdir(mode=0o700)
    colours, agent = ("FORCE_COLOR", "NO_COLOR"), ("SSH_AUTH_SOCK",)
    programs = ("GIT_EDITOR", "VISUAL", "EDITOR", "GIT_PAGER", "PAGER", "LESS", "LV")
    unwanted = {*colours, *agent, *programs}
    inherited = {name: value for name, value in os.environ.items() if name not in unwanted}
    identity = {"HEDDLE_PRINCIPAL_NAME": "Ada", "HEDDLE_PRINCIPAL_EMAIL": "ada@example.com"}
    return {**inherited, **identity, **{name: str(path) for name, path in places.items()}}


@pytest.fixture(scope="module")
def bench(place: Path, environment: dict[str, str]) -> Iterator[Commands]:
    """A repository whose second commit changes an engine; its daemon serves."""
    repository = GitRepository.init(place / "r")
    repository.write("engine.py", BEFORE)
    repository.commit("first")
    repository.write("engine.py", AFTER)
    repository.write("notes.md", "New\n")
    repository.commit("Split at commas")
    daemon = HeddleDaemon(repository.root, environment)
    daemon.start("--no-standby")
    yield Commands(repository, daemon)
    daemon.finish()
