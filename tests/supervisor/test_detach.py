"""A daemon put into the background, as its command and its user see it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import detaching
import pytest
from waiting import DEADLINE, wait_until

from heddle_supervisor.errors import ExitCode
from heddle_supervisor.process_identity import pid_alive


def command(directory: Path, body: str, timeout: float = DEADLINE) -> list[str]:
    return [sys.executable, detaching.__file__, str(directory), body, str(timeout)]


def run(directory: Path, body: str, timeout: float = DEADLINE) -> dict[str, Any]:
    """Run the command to its end, and to that of everything that holds its output open."""
    done = subprocess.run(
        command(directory, body, timeout),
        check=True,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    assert done.stderr == ""
    result, farewell = done.stdout.splitlines()
    assert farewell == "at exit", "the child runs none of the command's clean-up"
    outcome: dict[str, Any] = json.loads(result)
    return outcome


def stderr_of(directory: Path) -> str:
    return (directory / "stderr.log").read_text(encoding="utf-8")


def test_it_returns_when_the_daemon_serves_and_lets_go_of_everything(tmp_path: Path) -> None:
    outcome = run(tmp_path, "serves")
    pid = outcome["pid"]
    assert pid_alive(pid)
    about = json.loads((tmp_path / "about").read_text(encoding="ascii"))
    assert about["session"] == pid, "no terminal can end it"
    assert about["directory"] == "/", "it keeps no directory busy"
    assert about["umask"] == 0o077
    assert about["descriptors"][:3] == [0, 1, 2]
    assert not (tmp_path / "waited").exists()
    (tmp_path / "stop").touch()
    wait_until(lambda: not pid_alive(pid), "it has ended")
    assert (tmp_path / "stopped").exists()


def test_what_it_writes_goes_to_a_private_file(tmp_path: Path) -> None:
    outcome = run(tmp_path, "serves")
    (tmp_path / "stop").touch()
    wait_until(lambda: not pid_alive(outcome["pid"]), "it has ended")
    assert {"to stderr", "from a child"} <= set(stderr_of(tmp_path).splitlines())
    assert (tmp_path / "stderr.log").stat().st_mode & 0o7777 == 0o600


@pytest.mark.parametrize(
    ("body", "error", "exit_code", "pid"),
    [
        ("already running", "already running (pid 4711)", ExitCode.ALREADY_RUNNING, 4711),
        ("no directory", "No such file or directory", ExitCode.FAILURE, None),
        ("crashes", "died while it started: RuntimeError: the loom is broken", 1, None),
        ("dies", "the daemon died while it started; see", ExitCode.FAILURE, None),
        ("returns", "the daemon died while it started; see", ExitCode.FAILURE, None),
    ],
)
def test_what_keeps_it_from_serving_is_told(
    tmp_path: Path, body: str, error: str, exit_code: int, pid: int | None
) -> None:
    outcome = run(tmp_path, body)
    assert error in outcome["error"]
    assert "\n" not in outcome["error"]
    assert (outcome["exit_code"], outcome["pid"]) == (exit_code, pid)


@pytest.mark.parametrize("body", ["hangs", "hangs and ignores SIGTERM"])
def test_what_does_not_serve_in_time_is_ended(tmp_path: Path, body: str) -> None:
    # Long enough for a child to begin on a machine that has more to do.
    outcome = run(tmp_path, body, timeout=2.0)
    assert outcome["error"].startswith("the daemon did not serve within 2 s")
    assert outcome["exit_code"] == ExitCode.TIMEOUT
    assert not pid_alive(int((tmp_path / "pid").read_text(encoding="ascii")))


def test_who_gives_up_waiting_ends_it(tmp_path: Path) -> None:
    waiting = subprocess.Popen(command(tmp_path, "hangs"), stdout=subprocess.PIPE, text=True)
    wait_until((tmp_path / "pid").exists, "the child runs")
    pid = int((tmp_path / "pid").read_text(encoding="ascii"))
    waiting.send_signal(signal.SIGINT)
    stdout, _ = waiting.communicate(timeout=DEADLINE)
    assert json.loads(stdout.splitlines()[0]) == {"interrupted": True}
    assert not pid_alive(pid)


def test_a_long_wait_is_not_a_silent_one(tmp_path: Path) -> None:
    assert "pid" in run(tmp_path, "takes its time")
    assert (tmp_path / "waited").exists()


def test_a_command_that_is_killed_while_it_waits_does_no_harm(tmp_path: Path) -> None:
    waiting = subprocess.Popen(command(tmp_path, "takes its time"), stdout=subprocess.DEVNULL)
    wait_until((tmp_path / "stderr.log").exists, "the child runs")
    waiting.kill()
    waiting.wait()
    (tmp_path / "waited").touch()
    wait_until((tmp_path / "survived").exists, "the daemon goes on")


def test_a_file_that_is_too_long_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "stderr.log").write_bytes(b"x" * 1_048_577)
    run(tmp_path, "crashes")
    assert (tmp_path / "stderr.log.1").stat().st_size == 1_048_577
    assert "the loom is broken" in stderr_of(tmp_path)


def test_an_earlier_daemons_last_words_are_not_taken_for_this_ones(tmp_path: Path) -> None:
    (tmp_path / "stderr.log").write_text("RuntimeError: long ago\n", encoding="ascii")
    assert "long ago" not in run(tmp_path, "dies")["error"]
    assert "long ago" in stderr_of(tmp_path)


def test_a_symlink_in_the_files_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "stderr.log").symlink_to(tmp_path / "victim")
    run(tmp_path, "crashes")
    assert not (tmp_path / "victim").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_does_not_keep_it_from_running(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    outcome = run(tmp_path, "already running")
    assert outcome["exit_code"] == ExitCode.ALREADY_RUNNING
