"""The `heddle` command as a process: what it prints, where, and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import heddle
from daemon_bench import TinyDaemon
from git_repository import GitRepository
from waiting import DEADLINE

from heddle_supervisor.errors import ExitCode
from heddle_supervisor.version import __version__

MakeDaemon = Callable[..., TinyDaemon]


@pytest.fixture
def daemon(room: Path, make_daemon: MakeDaemon) -> TinyDaemon:
    """A daemon, not started, in a git repository."""
    GitRepository.init(room)
    return make_daemon()


def test_the_exit_codes_are_for_ever() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0,
        "FAILURE": 1,
        "USAGE": 2,
        "NOT_RUNNING": 3,
        "ALREADY_RUNNING": 4,
        "UNHEALTHY": 5,
        "TIMEOUT": 124,
        "INTERRUPTED": 130,
    }


def test_the_version() -> None:
    done = heddle("--version")
    assert (done.code, done.stdout, done.stderr) == (0, f"heddle {__version__}\n", "")


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["agent", "--help"]])
def test_help(words: list[str]) -> None:
    done = heddle(*words)
    assert (done.code, done.stderr) == (0, "")
    assert "Usage:" in done.stdout


def test_help_says_the_whole_of_what_each_command_does() -> None:
    listed = heddle("--help").stdout.partition("Commands:")[2]
    assert "the order in which it is best read, and what to look at." in " ".join(listed.split())
    assert "..." not in listed


@pytest.mark.parametrize("verb", ["serve", "status", "stop", "reload", "logs", "list"])
def test_every_verb_says_what_it_does(verb: str) -> None:
    done = heddle("agent", verb, "--help")
    assert done.code == 0
    assert f"agent {verb}" in done.stdout
    assert "--json" in done.stdout


WRONG = {
    "no command": ["bogus"],
    "no verb": ["agent", "bogus"],
    "unknown option": ["agent", "status", "--bogus"],
    "not a number": ["agent", "stop", "--timeout=soon"],
    "below the minimum": ["agent", "stop", "--timeout=-1"],
    "surplus argument": ["agent", "status", "surplus"],
    "missing value": ["agent", "status", "--repo"],
    "unknown form": ["--output=yaml", "agent", "status"],
}


@pytest.mark.parametrize("words", WRONG.values(), ids=WRONG)
def test_wrong_usage_is_explained_on_standard_error(words: list[str]) -> None:
    done = heddle(*words)
    assert done.code == ExitCode.USAGE
    assert done.stdout == ""
    assert "Error" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["agent", "status", "--json", "--bogus"],
        ["--output", "json", "agent", "status", "--bogus"],
        ["--output=json", "agent", "status", "--bogus"],
    ],
)
def test_wrong_usage_is_one_object_where_json_is_wanted(words: list[str]) -> None:
    done = heddle(*words)
    assert done.code == ExitCode.USAGE
    assert done.body() == {"error": "wrong usage; see standard error", "exit_code": 2}


@pytest.mark.parametrize("words", [["status"], ["stop"], ["reload"], ["logs"], ["serve"]])
def test_outside_a_repository(tmp_path: Path, words: list[str]) -> None:
    done = heddle("agent", *words, "--json", cwd=tmp_path)
    error = f"{tmp_path.resolve()} is not in a git repository: run `git init` there first"
    assert done.code == ExitCode.FAILURE
    assert done.stderr == f"heddle: {error}\n"
    assert done.body() == {"error": error, "exit_code": 1}
    assert list(tmp_path.iterdir()) == []


def test_a_repository_that_does_not_exist(tmp_path: Path) -> None:
    done = heddle("agent", "status", f"--repo={tmp_path / 'missing'}")
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr == f"heddle: {tmp_path / 'missing'} does not exist\n"


class TestServe:
    """`heddle agent serve`, as far as it goes without a worker."""

    @pytest.mark.parametrize("how", ["--foreground", "--detach"])
    def test_beside_a_live_daemon(self, daemon: TinyDaemon, how: str) -> None:
        before = daemon.start_serving()
        done = heddle("agent", "serve", how, "--json", cwd=daemon.room)
        assert done.code == ExitCode.ALREADY_RUNNING
        error = f"already running (pid {before.pid})"
        assert done.stderr == f"heddle: {error}\n"
        assert done.body() == {"error": error, "exit_code": 4, "pid": before.pid}
        assert daemon.status() == before

    @pytest.mark.parametrize(
        ("path", "error"),
        [
            ("relative.sock", "socket path relative.sock is not absolute"),
            ("/" + "x" * 120, "socket path is longer than"),
            ("/", "/ exists and is not a socket: move it away"),
            ("/nonexistent/socket", "No such file or directory: /nonexistent"),
        ],
    )
    @pytest.mark.parametrize("how", ["--foreground", "--detach"])
    def test_at_an_impossible_socket(
        self, daemon: TinyDaemon, path: str, error: str, how: str
    ) -> None:
        done = heddle("agent", "serve", how, "--socket", path, cwd=daemon.room)
        assert (done.code, done.stdout) == (1, "")
        # Where the worker takes its time, somebody is told what is waited for.
        (line,) = (each for each in done.stderr.splitlines() if "waiting for" not in each)
        assert error in line
        assert not daemon.config.pid_path.exists()

    def test_in_a_directory_that_others_may_write(self, daemon: TinyDaemon) -> None:
        daemon.config.heddle_dir.mkdir()
        daemon.config.heddle_dir.chmod(0o777)
        done = heddle("agent", "serve", "--detach", cwd=daemon.room)
        assert done.code == ExitCode.FAILURE
        path = daemon.config.heddle_dir
        assert done.stderr == (
            f"heddle: {path} is writable by other users (mode 0777): run `chmod go-w {path}`\n"
        )


def test_reload_says_what_serves_now(daemon: TinyDaemon) -> None:
    before = daemon.start_serving()
    done = heddle("agent", "reload", "--json", cwd=daemon.room)
    assert (done.code, done.stderr) == (0, "")
    assert done.body() == {
        "reloaded": True,
        "pid": before.pid,
        "generation": daemon.ask()["generation"],
        "version": __version__,
    }
    assert daemon.ask()["generation"] > before.generation


def test_reload_where_nothing_runs(daemon: TinyDaemon) -> None:
    done = heddle("agent", "reload", cwd=daemon.room)
    assert (done.code, done.stdout) == (ExitCode.NOT_RUNNING, "")
    assert done.stderr == (
        "heddle: no daemon runs here: start it with `heddle agent serve --detach`\n"
    )


def test_list_and_stop_all(daemon: TinyDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(daemon.room / "state"))
    assert heddle("agent", "list", "--json").body() == {"daemons": []}
    record = daemon.start_serving()
    (listed,) = heddle("agent", "list", "--json").body()["daemons"]
    assert (listed["pid"], listed["repository"]) == (record.pid, str(daemon.room))
    assert str(record.pid) in heddle("agent", "list").stdout
    (stopped,) = heddle("agent", "stop", "--all", "--json").body()["daemons"]
    assert (stopped["stopped"], stopped["pid"]) == (True, record.pid)
    assert heddle("agent", "list", "--json").body() == {"daemons": []}


def test_logs(daemon: TinyDaemon) -> None:
    daemon.start_serving()
    done = heddle("agent", "logs", "--lines=2", cwd=daemon.room)
    assert done.code == 0
    assert done.stdout.splitlines() == daemon.log().splitlines()[-2:]
    done = heddle("agent", "logs", "--lines=1", "--json", cwd=daemon.room)
    assert json.loads(done.stdout)["role"] == "supervisor"


class TestBrokenStreams:
    """Readers that have seen enough, and streams that are not there."""

    command = (sys.executable, "-m", "heddle_supervisor", "agent")

    def test_a_reader_that_is_gone_causes_no_complaint(self, daemon: TinyDaemon) -> None:
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(
            [*self.command, "status"],
            cwd=daemon.room,
            check=False,
            stdout=write,
            stderr=subprocess.PIPE,
            text=True,
            timeout=DEADLINE,
        )
        os.close(write)
        assert done.stderr == ""
        assert done.returncode in (ExitCode.FAILURE, ExitCode.NOT_RUNNING)

    def test_a_complaint_that_nobody_reads_changes_no_exit_code(self, tmp_path: Path) -> None:
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(
            [*self.command, "status", "--json"],
            cwd=tmp_path,
            check=False,
            stdout=subprocess.PIPE,
            stderr=write,
            text=True,
            timeout=DEADLINE,
        )
        os.close(write)
        assert done.returncode == ExitCode.FAILURE
        assert json.loads(done.stdout)["exit_code"] == ExitCode.FAILURE

    @pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
    def test_streams_that_are_closed_change_no_exit_code(
        self, daemon: TinyDaemon, closed: str
    ) -> None:
        daemon.start_serving()
        line = f'exec "$0" -m heddle_supervisor agent status {closed}'
        done = subprocess.run(
            ["/bin/sh", "-c", line, sys.executable],
            cwd=daemon.room,
            check=False,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )
        assert "Traceback" not in done.stderr
        assert done.returncode == 0
