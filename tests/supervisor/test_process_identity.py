"""Liveness and identity of real processes: this one, children, dead ones, zombies, strangers."""

from __future__ import annotations

import dataclasses
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from waiting import wait_until

from heddle_supervisor.process_identity import (
    Match,
    ProcessHandle,
    ProcessIdentity,
    is_heddle_process,
    is_stopped,
    match_writer,
    pid_alive,
)

_NAMES_ITSELF = (
    "import sys; from heddle_supervisor.prctl import set_process_name; "
    "set_process_name('heddle-agent'); print(flush=True); sys.stdin.read()"
)
_HELD_BY_ITS_PARENT = (
    "import ctypes, os, signal; PTRACE_TRACEME = 0; "
    "ctypes.CDLL(None).ptrace(PTRACE_TRACEME, 0, 0, 0); os.kill(os.getpid(), signal.SIGSTOP)"
)
_OBEYS_NO_TERM = (
    "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print(flush=True); sys.stdin.read()"
)

Spawn = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Starts children that wait for the end of their standard input."""
    children: list[subprocess.Popen[str]] = []

    def start(*argv: str, executable: str | None = None) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            argv or ("cat",),
            executable=executable,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill()
        child.communicate()


@pytest.fixture(params=["its own", "any"])
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asks for processes in the way of this system, and in the way of every other."""
    if request.param == "any":
        monkeypatch.setattr(sys, "platform", "any")


def zombie(child: subprocess.Popen[str]) -> int:
    """Kill a child without reaping it; return its pid once it is a zombie."""
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    return child.pid


def dead(child: subprocess.Popen[str]) -> int:
    child.kill()
    child.wait()
    return child.pid


@pytest.mark.usefixtures("kernel")
def test_this_process_and_a_child_are_alive(spawn: Spawn) -> None:
    assert pid_alive(os.getpid())
    assert pid_alive(spawn().pid)


@pytest.mark.usefixtures("kernel")
def test_a_dead_process_is_not_alive(spawn: Spawn) -> None:
    assert not pid_alive(dead(spawn()))


@pytest.mark.usefixtures("kernel")
def test_a_zombie_is_not_alive(spawn: Spawn) -> None:
    assert not pid_alive(zombie(spawn()))


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("pid", [0, -1, -(2**31), 2**31, 2**40])
def test_what_cannot_be_a_pid_is_not_alive(pid: int) -> None:
    assert not pid_alive(pid)


@pytest.mark.usefixtures("kernel")
def test_another_users_process_is_alive() -> None:
    assert pid_alive(1)


@pytest.mark.usefixtures("kernel")
def test_a_stopped_process_is_alive_and_said_to_be_stopped(spawn: Spawn) -> None:
    child = spawn()
    assert not is_stopped(child.pid)
    child.send_signal(signal.SIGSTOP)
    wait_until(lambda: is_stopped(child.pid), "it is stopped")
    assert pid_alive(child.pid)
    child.send_signal(signal.SIGCONT)
    wait_until(lambda: not is_stopped(child.pid), "it goes on")


@pytest.mark.skipif(sys.platform != "linux", reason="needs ptrace(2)")
def test_a_process_that_a_debugger_holds_is_stopped(spawn: Spawn) -> None:
    child = spawn(sys.executable, "-c", _HELD_BY_ITS_PARENT)
    # Its stop is this process's to hear of, which would take it for an end otherwise.
    os.waitpid(child.pid, 0)
    assert is_stopped(child.pid)
    assert Path(f"/proc/{child.pid}/stat").read_text().rpartition(") ")[2].startswith("t")
    assert pid_alive(child.pid)


def test_a_stranger_is_not_heddle(spawn: Spawn) -> None:
    assert not is_heddle_process(spawn().pid)
    assert not is_heddle_process(spawn(sys.executable, "-c", "input()").pid)
    assert not is_heddle_process(spawn(sys.executable, "-c", "input()", "heddle").pid)


@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl(2)")
def test_a_process_that_names_itself_is_heddle(spawn: Spawn) -> None:
    child = spawn(sys.executable, "-c", _NAMES_ITSELF)
    assert child.stdout is not None
    child.stdout.readline()
    assert is_heddle_process(child.pid)


@pytest.mark.parametrize(
    "command",
    [
        ["heddle", "-s", "agent", "serve"],
        ["/opt/bin/heddle", "-s", "agent", "serve"],
        ["sh", "-s", "-", "heddle_supervisor", "agent", "serve"],
    ],
)
def test_a_process_is_heddle_by_its_command_line(spawn: Spawn, command: list[str]) -> None:
    child = spawn(*command, executable="/bin/sh")
    wait_until(lambda: is_heddle_process(child.pid), "its command line is there to be read")
    assert not is_heddle_process(zombie(child))
    assert not is_heddle_process(dead(child))


@pytest.mark.parametrize(
    "command",
    [
        ["vi", "-s", "heddle"],
        ["heddle", "-s", "agent", "status"],
        ["heddles", "-s", "agent", "serve"],
        ["sh", "-s", "serve"],
        ["sh", "-s", "-", "notes", "heddle", "serve"],
    ],
)
def test_a_command_line_that_only_mentions_heddle_is_a_strangers(
    spawn: Spawn, command: list[str]
) -> None:
    assert not is_heddle_process(spawn(*command, executable="/bin/sh").pid)


def test_a_writer_is_older_than_what_it_has_written(spawn: Spawn) -> None:
    child = spawn()
    now = int(time.time())
    assert match_writer(child.pid, now) is Match.SAME
    assert match_writer(child.pid, now + 3600) is Match.SAME
    assert match_writer(child.pid, now - 3600) is Match.DIFFERENT


def test_the_clock_of_files_may_be_two_seconds_off(spawn: Spawn) -> None:
    child = spawn()
    started = psutil.Process(child.pid).create_time()
    assert match_writer(child.pid, math.ceil(started) - 2) is Match.SAME
    assert match_writer(child.pid, math.ceil(started) - 3) is Match.DIFFERENT


def test_a_dead_process_has_written_nothing(spawn: Spawn) -> None:
    now = int(time.time())
    assert match_writer(zombie(spawn()), now) is Match.DIFFERENT
    assert match_writer(dead(spawn()), now) is Match.DIFFERENT


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to run a process as another user")
def test_another_users_process_has_written_nothing_of_ours() -> None:
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, user=65_534)
    try:
        assert match_writer(child.pid, int(time.time()) + 3600) is Match.DIFFERENT
        assert not is_heddle_process(child.pid)
        assert pid_alive(child.pid)
    finally:
        child.communicate()


@pytest.mark.usefixtures("kernel")
def test_a_process_matches_itself_and_nothing_else(spawn: Spawn) -> None:
    child = spawn()
    identity = ProcessIdentity.of(child.pid)
    assert identity is not None
    assert identity == ProcessIdentity.of(child.pid)
    assert identity.match() is Match.SAME
    for change in ({"pid": os.getpid()}, {"boot": "another"}, {"started": identity.started - 1}):
        assert dataclasses.replace(identity, **change).match() is Match.DIFFERENT


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_an_identity_is_of_the_kernels_boot_and_counts_its_ticks(spawn: Spawn) -> None:
    child = spawn()
    identity = ProcessIdentity.of(child.pid)
    assert identity is not None
    assert identity.boot == Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    since_boot = psutil.Process(child.pid).create_time() - psutil.boot_time()
    assert identity.started / os.sysconf("SC_CLK_TCK") == pytest.approx(since_boot, abs=2)


def test_an_identity_without_proc_is_of_the_time_of_boot_and_start(
    spawn: Spawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "any")
    child = spawn()
    identity = ProcessIdentity.of(child.pid)
    assert identity is not None
    assert int(identity.boot) == pytest.approx(psutil.boot_time(), abs=2)
    assert identity.started / 1e6 == pytest.approx(psutil.Process(child.pid).create_time(), abs=2)


@pytest.mark.usefixtures("kernel")
def test_a_dead_process_matches_nothing(spawn: Spawn) -> None:
    child = spawn()
    identity = ProcessIdentity.of(child.pid)
    assert identity is not None
    zombie(child)
    assert identity.match() is Match.DIFFERENT
    dead(child)
    assert identity.match() is Match.DIFFERENT
    assert ProcessIdentity.of(child.pid) is None


@pytest.fixture(params=[True, False], ids=["pidfd", "portable"])
def hold(request: pytest.FixtureRequest) -> Iterator[Callable[[int], ProcessHandle]]:
    """Takes hold of processes, in either of the two ways."""
    handles: list[ProcessHandle] = []

    def take(pid: int) -> ProcessHandle:
        handle = ProcessHandle(pid, use_pidfd=request.param)
        handles.append(handle)
        return handle

    yield take
    for handle in handles:
        handle.close()
        handle.close()


Hold = Callable[[int], ProcessHandle]


def test_a_signal_reaches_the_process(spawn: Spawn, hold: Hold) -> None:
    child = spawn()
    handle = hold(child.pid)
    handle.send(signal.SIGTERM)
    assert handle.wait(30)
    assert child.wait() == -signal.SIGTERM


def test_a_handle_waits_no_longer_than_it_is_told(spawn: Spawn, hold: Hold) -> None:
    child = spawn()
    handle = hold(child.pid)
    assert not handle.wait(0)
    assert not handle.wait(-1)
    assert not handle.wait(0.05)
    assert child.poll() is None


def test_a_zombie_has_ended(spawn: Spawn, hold: Hold) -> None:
    child = spawn()
    handle = hold(child.pid)
    zombie(child)
    assert handle.wait(0)


def test_a_signal_after_the_end_says_that_there_is_no_process(spawn: Spawn, hold: Hold) -> None:
    child = spawn()
    handle = hold(child.pid)
    dead(child)
    assert handle.wait(0)
    with pytest.raises(ProcessLookupError):
        handle.send(signal.SIGTERM)


def test_a_process_may_survive_a_signal(spawn: Spawn, hold: Hold) -> None:
    child = spawn(sys.executable, "-c", _OBEYS_NO_TERM)
    assert child.stdout is not None
    child.stdout.readline()
    handle = hold(child.pid)
    handle.send(signal.SIGTERM)
    assert not handle.wait(0.05)
    handle.send(signal.SIGKILL)
    assert handle.wait(30)


def test_there_is_no_hold_on_what_does_not_run(spawn: Spawn, hold: Hold) -> None:
    for pid in (zombie(spawn()), dead(spawn()), 0, -1):
        with pytest.raises(ProcessLookupError):
            hold(pid)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to run a process as another user")
def test_another_users_process_can_be_held_and_waited_for(hold: Hold) -> None:
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, user=65_534)
    try:
        assert not hold(child.pid).wait(0)
    finally:
        child.communicate()


def test_a_handle_that_was_let_go_holds_no_descriptor(spawn: Spawn) -> None:
    child = spawn()
    before = psutil.Process().num_fds()
    handle = ProcessHandle(child.pid)
    assert psutil.Process().num_fds() == before + (sys.platform == "linux")
    handle.close()
    for end in (zombie, dead):
        pid = end(child)
        with pytest.raises(ProcessLookupError):
            ProcessHandle(pid)
    assert psutil.Process().num_fds() == before


def test_where_there_are_no_pidfds_signals_go_by_identity(
    spawn: Spawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "any")
    child = spawn()
    handle = ProcessHandle(child.pid)
    handle.send(signal.SIGTERM)
    assert handle.wait(30)
    assert child.wait() == -signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        handle.send(signal.SIGTERM)
    other = spawn()
    handle = ProcessHandle(other.pid)
    zombie(other)
    with pytest.raises(ProcessLookupError):
        handle.send(signal.SIGTERM)
