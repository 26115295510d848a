"""How a server begins and ends, and that what becomes of the daemon is no matter to an agent."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_session import AgentSession
from git_repository import GitRepository
from heddle_daemon import HEDDLE, HeddleDaemon


@pytest.fixture
def other(room: Path, environment: dict[str, str]) -> Iterator[HeddleDaemon]:
    """Another repository, whose daemon does not run."""
    repository = GitRepository.init(room / "other")
    repository.commit("first")
    daemon = HeddleDaemon(repository.root, environment)
    yield daemon
    daemon.finish()
    shutil.rmtree(repository.root)


def _heddle_mcp(
    *options: str, cwd: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HEDDLE, "mcp", *options],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_server_whose_daemon_is_absent_starts_it_unless_told_not_to(
    other: HeddleDaemon, environment: dict[str, str], room: Path
) -> None:
    with AgentSession(other.root, environment, room / "o", "--no-start") as agent:
        refusal = agent.refusal("review")
        assert "no daemon runs" in refusal
        assert "heddle agent serve" in refusal
        other.start("--no-standby")
        assert agent.call("review", state="HEAD")["headline"] == "first"
        other.stop()
        assert "no daemon runs" in agent.refusal("log")
        assert other.supervisor() is None


def test_a_daemon_that_dies_or_stops_is_no_matter(
    agent: AgentSession, daemon: HeddleDaemon
) -> None:
    os.kill(daemon.worker(), signal.SIGKILL)
    assert agent.call("review", state="HEAD")["headline"] == "Add an engine"
    daemon.agent("reload").expect(0)
    opened = agent.call("discussion_open", file="engine.py", symbol="Engine", body="reloaded")
    daemon.stop()
    named = opened["discussion"]["id"]
    assert agent.call("discussion_show", discussion_id=named)["turns"][0]["body"] == "reloaded"
    assert daemon.supervisor() is not None
    daemon.settled()


def test_many_calls_at_once_are_answered(agent: AgentSession) -> None:
    waiting = [agent.start("review", state="HEAD") for _ in range(20)]
    answers = [agent.answer(each.result(60)) for each in waiting]
    assert {answer["headline"] for answer in answers} == {"Add an engine"}


def test_a_linked_worktree_is_served_as_itself(
    linked_agent: AgentSession, linked: GitRepository, repository: GitRepository
) -> None:
    path = linked.root / "only_here.py"
    path.write_text("def here():\n    return 1\n", encoding="utf-8")
    try:
        answer = linked_agent.call("review")
    finally:
        path.unlink()
    assert answer["on"] == {"worktree": str(linked.root), "branch": "side"}
    assert "here" in [entry["symbol"] for entry in answer["reading_order"]]
    outside = str(repository.root / "engine.py")
    refusal = linked_agent.refusal("discussion_open", file=outside, symbol="Engine", body="?")
    assert "is not in the served worktree" in refusal
    linked.git("checkout", "--quiet", "--detach")
    assert linked_agent.call("checkpoint_list")["on"]["branch"] == ""
    linked.git("checkout", "--quiet", "side")


def test_it_ends_with_its_client_and_leaves_nothing(
    other: HeddleDaemon, environment: dict[str, str]
) -> None:
    done = _heddle_mcp(cwd=other.root, environment=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert other.supervisor() is None


def test_a_signal_ends_it_while_it_waits_for_its_client(
    other: HeddleDaemon, environment: dict[str, str]
) -> None:
    with subprocess.Popen(
        [HEDDLE, "mcp"],
        cwd=other.root,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == -signal.SIGINT
        assert process.stderr.read() == b""


def test_without_a_repository_it_says_so_in_one_line(
    room: Path, environment: dict[str, str]
) -> None:
    done = _heddle_mcp(cwd=room, environment=environment)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "not a git repository" in done.stderr


def test_a_bare_repository_has_no_worktree_to_serve(
    room: Path, environment: dict[str, str]
) -> None:
    bare = GitRepository.init(room / "bare", "--bare").root
    done = _heddle_mcp("--repo", str(bare), cwd=room, environment=environment)
    assert done.returncode == 1
    assert done.stderr.startswith("heddle: ")
    assert "work tree" in done.stderr


@pytest.mark.parametrize("missing", ["mcp", "mcp.server.lowlevel"])
def test_without_the_sdk_or_with_an_old_one_it_says_how_to_get_it(
    other: HeddleDaemon, missing: str
) -> None:
    program = (
        "import sys; sys.modules[sys.argv[1]] = None; sys.argv = ['heddle', 'mcp']; "
        "from heddle_supervisor.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, missing],
        cwd=other.root,
        check=False,
        capture_output=True,
        text=True,
    )
    advice = "heddle mcp needs the MCP SDK, 2.3 or newer: run `pip install 'heddle[mcp]'`"
    assert (done.returncode, done.stderr) == (1, f"heddle: {advice}\n")


def test_a_worktree_that_is_gone_is_not_taken_for_another_one(
    linked_agent: AgentSession, linked: GitRepository
) -> None:
    away = linked.root.with_name("away")
    linked.root.rename(away)
    try:
        for tool in ("review", "checkpoint_begin", "log"):
            assert str(linked.root) in linked_agent.refusal(tool)
    finally:
        away.rename(linked.root)
    assert linked_agent.call("review")["on"]["worktree"] == str(linked.root)
