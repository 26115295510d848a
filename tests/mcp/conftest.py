"""One repository, its daemon, and agents that talk to servers of it, shared by all tests here.

Starting a server takes a second or two. So each test keeps to names of its own.
"""

from __future__ import annotations

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

ENGINE: Final = """\
class Engine:
    def start(self, key):
        return self.ignite(key) or self.crank(key, 3)

    def stop(self):
        self.running = False


def spare(parts, wanted):
    return [part for part in parts if part in wanted]
"""


@pytest.fixture(scope="session")
def room() -> Iterator[Path]:
    """A private directory whose path leaves room for a Unix socket's."""
    path = Path(tempfile.mkdtemp(prefix="heddle-", dir="/tmp")).resolve()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def environment(room: Path) -> dict[str, str]:
    """An environment in which no file of the user's is found or made."""
    places = {name: room / name.lower() for name in ("HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR")}
    for place in places.values():
        place.mkdir(mode=0o700)
    made = {name: str(place) for name, place in places.items()}
    return {**os.environ, **made, "HEDDLE_PRINCIPAL_EMAIL": "ada@example.com"}


@pytest.fixture(scope="session")
def repository(room: Path) -> GitRepository:
    """A repository of two commits, with a file in it that is not committed."""
    repository = GitRepository.init(room / "r")
    repository.write("README.md", "# engine\n")
    repository.commit("first")
    repository.write("engine.py", ENGINE)
    repository.git("commit", "--quiet", "-m", "Add an engine\n\nself-flag: [engine.py] in a hurry")
    return repository


@pytest.fixture(scope="session")
def daemon(repository: GitRepository, environment: dict[str, str]) -> Iterator[HeddleDaemon]:
    """The daemon of the repository, which serves."""
    daemon = HeddleDaemon(repository.root, environment)
    daemon.start()
    yield daemon
    daemon.finish()


@pytest.fixture(scope="session")
def linked(repository: GitRepository, room: Path) -> GitRepository:
    """A linked worktree of the repository, on a branch of its own."""
    repository.git("worktree", "add", "--quiet", "-b", "side", str(room / "side"))
    return GitRepository(room / "side")


@pytest.fixture(scope="session")
def agent(daemon: HeddleDaemon, environment: dict[str, str], room: Path) -> Iterator[AgentSession]:
    """An agent in the repository."""
    from agent_session import AgentSession

    with AgentSession(daemon.root, environment, room / "errors") as agent:
        yield agent
    assert agent.errors.read_text() == ""


@pytest.fixture(scope="session")
def linked_agent(
    daemon: HeddleDaemon, linked: GitRepository, environment: dict[str, str], room: Path
) -> Iterator[AgentSession]:
    """An agent in the linked worktree, with the protocol as it was before 2026."""
    from agent_session import AgentSession

    assert daemon.record()
    (linked.root / "below").mkdir()
    with AgentSession(
        linked.root / "below", environment, room / "linked-errors", mode="legacy"
    ) as agent:
        yield agent
    assert agent.errors.read_text() == ""


@pytest.fixture
def daemon_hook(daemon: HeddleDaemon) -> Iterator[str]:
    """The name of a command that vetoes every commit."""
    command = "shell: printf 'not on\nmain' >&2; exit 1"
    daemon.heddle("hook", "add", "guard", command, "--event", "pre_capture").expect(0)
    yield "guard"
    daemon.heddle("hook", "remove", "guard").expect(0)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of this directory in one process, which has the one server."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("mcp"))
