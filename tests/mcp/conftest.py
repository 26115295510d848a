"""One repository, its daemon, and an agent that talks to a server of it, for each module."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon

if TYPE_CHECKING:
    from agent_session import AgentSession

HAS_SDK: Final = importlib.util.find_spec("mcp") is not None
collect_ignore_glob = [] if HAS_SDK else ["test_*.py"]

ENGINE: Final = """\
class Engine:
    def start(self, key):
        return self.ignite(key) or self.crank(key, 3)

    def stop(self):
        self.running = False


def spare(parts, wanted):
    return [part for part in parts if part in wanted]
"""


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    """A private directory whose path leaves room for a Unix socket's."""
    path = Path(tempfile.mkdtemp(prefix="heddle-", dir="/tmp")).resolve()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def environment(room: Path) -> dict[str, str]:
    """An environment in which no file of the user's is found or made."""
    places = {name: room / name.lower() for name in ("HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR")}
    for place in places.values():
        place.mkdir(mode=0o700)
    return {**os.environ, **{name: str(place) for name, place in places.items()}}


@pytest.fixture(scope="module")
def repository(room: Path) -> GitRepository:
    """A repository of two commits, with a file in it that is not committed."""
    repository = GitRepository.init(room / "r")
    repository.write("README.md", "# engine\n")
    repository.commit("first")
    repository.write("engine.py", ENGINE)
    repository.git("commit", "--quiet", "-m", "Add an engine\n\nself-flag: [engine.py] in a hurry")
    return repository


@pytest.fixture(scope="module")
def daemon(repository: GitRepository, environment: dict[str, str]) -> Iterator[HeddleDaemon]:
    """The daemon of the repository, which serves."""
    daemon = HeddleDaemon(repository.root, environment)
    daemon.start()
    yield daemon
    daemon.finish()


@pytest.fixture(scope="module")
def agent(daemon: HeddleDaemon, environment: dict[str, str], room: Path) -> Iterator[AgentSession]:
    """An agent in the repository."""
    from agent_session import AgentSession

    with AgentSession(daemon.root, environment, room / "errors") as agent:
        yield agent
    assert agent.errors.read_text() == ""
