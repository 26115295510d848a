"""`heddle agent status`: what it says, to people and to programs."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import heddle
from daemon_bench import TinyDaemon
from git_repository import GitRepository
from waiting import wait_until

from heddle_supervisor.errors import ExitCode
from heddle_supervisor.process_identity import is_stopped
from heddle_supervisor.status_file import PublicState
from heddle_supervisor.version import __version__

MakeDaemon = Callable[..., TinyDaemon]


@pytest.fixture
def daemon(room: Path, make_daemon: MakeDaemon) -> TinyDaemon:
    """A daemon, not started, in a git repository."""
    GitRepository.init(room)
    return make_daemon()


def test_nothing_runs(daemon: TinyDaemon) -> None:
    done = heddle("agent", "status", "--json", cwd=daemon.room)
    assert (done.code, done.stderr) == (ExitCode.NOT_RUNNING, "")
    body = done.body()
    assert body["running"] is False
    assert body["pid"] is None
    assert body["state"] == "stopped"
    assert body["socket_path"] == str(daemon.config.socket_path)
    assert body["pid_path"] == str(daemon.config.pid_path)
    assert body["last_error"] is None
    assert not daemon.config.heddle_dir.exists(), "asking makes nothing"


def test_nothing_runs_for_people(daemon: TinyDaemon) -> None:
    done = heddle("agent", "status", cwd=daemon.room)
    assert done.code == ExitCode.NOT_RUNNING
    first, *rest = done.stdout.splitlines()
    assert first == "heddle agent: not running"
    assert [line.split() for line in rest] == [
        ["socket", str(daemon.config.socket_path)],
        ["pidfile", str(daemon.config.pid_path)],
    ]


def test_a_daemon_serves(daemon: TinyDaemon) -> None:
    record = daemon.start_serving()
    done = heddle("agent", "status", "--json", cwd=daemon.room)
    assert (done.code, done.stderr) == (0, "")
    body = done.body()
    shown = {key: body[key] for key in ("pid", "worker_pid", "standby_pid", "generation")}
    assert shown == {key: getattr(record, key) for key in shown}
    assert body["running"] is body["responding"] is True
    assert body["state"] == "serving"
    assert body["version"] == body["installed_version"] == __version__
    assert body["repository"] == str(daemon.room)


def test_a_daemon_serves_for_people(daemon: TinyDaemon) -> None:
    record = daemon.start_serving()
    done = heddle("agent", "status", cwd=daemon.room)
    first, *rest = done.stdout.splitlines()
    assert first == f"heddle agent: running (pid {record.pid})"
    rows = dict(re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in rest)
    assert rows["state"] == "serving"
    assert rows["worker"] == f"pid {record.worker_pid}, generation 1"
    assert rows["standby"] == f"pid {record.standby_pid}"
    assert "\x1b" not in done.stdout, "no colours where nobody looks"


@pytest.mark.parametrize("words", [["--json"], []])
def test_both_ways_to_ask_for_json_say_the_same(daemon: TinyDaemon, words: list[str]) -> None:
    daemon.start_serving()
    plain = heddle("agent", "status", "--json", cwd=daemon.room)
    assert heddle("--output", "json", "agent", "status", *words, cwd=daemon.room) == plain


def test_from_a_directory_below_and_from_elsewhere(daemon: TinyDaemon) -> None:
    daemon.start_serving()
    (daemon.room / "below").mkdir()
    here = heddle("agent", "status", "--json", cwd=daemon.room / "below")
    there = heddle("agent", "status", "--json", "--repo", daemon.room, cwd=Path("/"))
    assert here == there
    assert here.code == 0


def test_a_daemon_that_has_failed(daemon: TinyDaemon, make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(breaker=1, standby=False)
    before = daemon.start_serving()
    daemon.order("boot", "fail")
    os.kill(before.worker_pid or 0, signal.SIGKILL)
    failed = daemon.until(lambda s: s.state is PublicState.FAILED, "it gives up")
    done = heddle("agent", "status", "--json", cwd=daemon.room)
    assert done.code == ExitCode.UNHEALTHY
    body = done.body()
    assert (body["running"], body["state"]) == (True, "failed")
    assert body["last_error"] == failed.last_error


def test_a_daemon_that_is_stopped_in_its_tracks(daemon: TinyDaemon) -> None:
    daemon.start_serving()
    os.kill(daemon.process.pid, signal.SIGSTOP)
    wait_until(lambda: is_stopped(daemon.process.pid), "it is stopped")
    done = heddle("agent", "status", "--json", cwd=daemon.room)
    os.kill(daemon.process.pid, signal.SIGCONT)
    assert done.code == ExitCode.UNHEALTHY
    assert (done.body()["running"], done.body()["responding"]) == (True, False)


def test_a_daemon_that_has_died(daemon: TinyDaemon) -> None:
    daemon.start_serving()
    pid = daemon.process.pid
    daemon.process.kill()
    daemon.process.wait()
    done = heddle("agent", "status", "--json", cwd=daemon.room)
    assert done.code == ExitCode.NOT_RUNNING
    assert done.body()["last_error"] == f"the daemon (pid {pid}) has died; its pidfile is stale"
    assert "grpc.pid" in daemon.files(), "asking removes nothing"
