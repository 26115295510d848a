"""Two processes at one pidfile, where one is held up at the worst of moments."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import slow_motion
from pidfiles import contents, dead_pid
from waiting import wait_until

from heddle_supervisor.pidfile import PidGuard


class SlowProcess:
    """One that has just opened a file, and waits to be let go on."""

    def __init__(self, path: Path, pattern: str, action: str) -> None:
        self._room = path.parent
        self._process = subprocess.Popen(
            [sys.executable, slow_motion.__file__, pattern, action, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        wait_until((self._room / "opened").exists, "it has opened the file")

    @property
    def pid(self) -> int:
        return self._process.pid

    def go_on(self) -> dict[str, Any]:
        """Let it go on; return what it says came of it. It keeps what it holds."""
        (self._room / "go").touch()
        assert self._process.stdout is not None
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        return said

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


Slow = Callable[[str, str], SlowProcess]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "grpc.pid"


@pytest.fixture
def slow(path: Path) -> Iterator[Slow]:
    processes: list[SlowProcess] = []

    def start(pattern: str, action: str) -> SlowProcess:
        processes.append(SlowProcess(path, pattern, action))
        return processes[-1]

    yield start
    for process in processes:
        process.end()


def leave_stale(path: Path) -> None:
    path.write_text(contents(dead_pid()).render(), encoding="ascii")


def test_a_start_that_has_opened_a_stale_file_finds_who_has_replaced_it(
    path: Path, slow: Slow
) -> None:
    leave_stale(path)
    late = slow("grpc.pid", "install")
    with PidGuard.install(path, contents()) as guard:
        assert late.go_on() == {"lost_to": os.getpid()}
        assert guard.still_installed()


def test_a_start_that_has_opened_a_file_takes_over_when_that_was_removed(
    path: Path, slow: Slow
) -> None:
    guard = PidGuard.install(path, contents())
    late = slow("grpc.pid", "install")
    guard.remove()
    assert late.go_on() == {"installed": True}
    assert str(late.pid) in path.read_text(encoding="ascii")


def test_a_start_whose_temporary_file_was_swept_before_it_was_locked_makes_another(
    path: Path, slow: Slow
) -> None:
    late = slow("*.tmp", "install")
    PidGuard.install(path, contents()).remove()
    assert list(path.parent.glob("*.tmp")) == []
    assert late.go_on() == {"installed": True}


def test_a_start_whose_temporary_file_another_one_is_about_to_sweep_makes_another(
    path: Path, slow: Slow
) -> None:
    late = slow("*.tmp", "install")
    (temporary,) = path.parent.glob("*.tmp")
    with temporary.open() as sweeper:
        fcntl.flock(sweeper, fcntl.LOCK_EX)
        assert late.go_on() == {"installed": True}
        assert path.stat().st_ino != os.fstat(sweeper.fileno()).st_ino
        with path.open() as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_who_sweeps_does_not_take_a_new_daemons_file_for_the_stale_one(
    path: Path, slow: Slow
) -> None:
    leave_stale(path)
    late = slow("grpc.pid", "hold")
    with PidGuard.install(path, contents()):
        assert late.go_on() == {"stale": False}


def test_a_reader_is_told_of_the_file_that_has_the_name(path: Path, slow: Slow) -> None:
    leave_stale(path)
    late = slow("grpc.pid", "read")
    with PidGuard.install(path, contents()):
        assert late.go_on() == {"pid": os.getpid(), "locked": True}
