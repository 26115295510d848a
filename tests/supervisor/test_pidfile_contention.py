"""The pidfile's lock among real processes: one holder, always, and nothing half-written."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pidfile_rivals
import pytest
from filelock import FileLock, Timeout
from pidfiles import contents
from waiting import DEADLINE

from heddle_supervisor.pidfile import (
    PidFileError,
    PidGuard,
    hold_stale_pidfile,
    read_pidfile,
)


def run_rivals(path: Path, mode: str) -> dict[str, Any]:
    script = subprocess.Popen(
        [sys.executable, pidfile_rivals.__file__, path, mode],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        stdout, _ = script.communicate(timeout=DEADLINE)
        seen: dict[str, Any] = json.loads(stdout)
        return seen
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(script.pid, signal.SIGKILL)
        script.wait()


def test_of_many_starts_one_wins_and_the_others_name_it(tmp_path: Path) -> None:
    path = tmp_path / "grpc.pid"
    seen = run_rivals(path, "rounds")
    for number, each in enumerate(seen["rounds"]):
        assert len(each["winners"]) == 1, each
        assert each["alone"]
        assert each["lost_to"] == each["winners"]
        assert each["errors"] == []
        assert each["left"] == bool(number % 2), "a killed holder leaves its file, others do not"
    assert seen["torn"] == []
    with PidGuard.install(path, contents()):
        assert [each.name for each in tmp_path.glob("*.tmp")] == []


def test_holders_killed_at_any_moment_never_make_room_for_two(tmp_path: Path) -> None:
    path = tmp_path / "grpc.pid"
    seen = run_rivals(path, "storm")
    assert seen["doubles"] == 0
    assert seen["torn"] == []
    assert seen["held"] >= seen["deaths"] > 0
    with PidGuard.install(path, contents()):
        assert [each.name for each in tmp_path.glob("*.tmp")] == []


def test_a_file_lock_on_the_path_keeps_a_start_out(tmp_path: Path) -> None:
    path = tmp_path / "grpc.pid"
    with FileLock(path):
        assert read_pidfile(path).locked
        with hold_stale_pidfile(path) as stale:
            assert not stale
        with pytest.raises(PidFileError, match="locked by a process that it does not name"):
            PidGuard.install(path, contents())
        assert [each.name for each in tmp_path.glob("*.tmp")] == []


def test_a_guard_keeps_a_file_lock_on_the_path_out(tmp_path: Path) -> None:
    path = tmp_path / "grpc.pid"
    with PidGuard.install(path, contents()):
        before = path.read_bytes()
        with pytest.raises(Timeout):
            FileLock(path).acquire(timeout=0)
        assert path.read_bytes() == before
    with FileLock(path).acquire(timeout=0):
        pass
