"""`heddle agent stop`: what it finds decides what it does, as the contract's table says."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from command_line import heddle
from daemon_bench import TinyDaemon
from git_repository import GitRepository
from pidfiles import contents, dead_pid
from stranger import untouched_stranger
from waiting import wait_until

from heddle_supervisor.control import StopResult, stop
from heddle_supervisor.errors import ExitCode
from heddle_supervisor.process_identity import is_stopped, pid_alive

MakeDaemon = Callable[..., TinyDaemon]


@pytest.fixture
def daemon(room: Path, make_daemon: MakeDaemon) -> TinyDaemon:
    """A daemon, not started, in a git repository."""
    GitRepository.init(room)
    return make_daemon()


def write_pidfile(daemon: TinyDaemon, text: str) -> None:
    daemon.config.pid_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    daemon.config.pid_path.write_text(text, encoding="ascii")


@contextlib.contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Keep a process stopped for the time of the block."""
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: is_stopped(pid), "it is stopped")
    yield
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def test_no_pidfile(daemon: TinyDaemon) -> None:
    done = heddle("agent", "stop", "--json", cwd=daemon.room)
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout == '{"stopped": false, "reason": "no pidfile"}\n'
    done = heddle("agent", "stop", cwd=daemon.room)
    assert (done.code, done.stdout) == (0, "heddle agent: not running (no pidfile)\n")


@pytest.mark.parametrize("text", ["", "4711\n", "12\nsomebody-else\n34\n", "rubbish"])
def test_a_pidfile_in_another_format(daemon: TinyDaemon, text: str) -> None:
    write_pidfile(daemon, text)
    done = heddle("agent", "stop", "--json", cwd=daemon.room)
    assert done.code == ExitCode.FAILURE
    assert done.stderr.startswith(f"heddle: pidfile {daemon.config.pid_path} ")
    assert done.stderr.endswith(": refusing to signal anything\n")
    assert done.body() == {"error": done.stderr.removeprefix("heddle: ").rstrip(), "exit_code": 1}
    assert daemon.config.pid_path.read_text(encoding="ascii") == text


def test_a_dead_pid(daemon: TinyDaemon) -> None:
    pid = dead_pid()
    write_pidfile(daemon, contents(pid).render())
    done = heddle("agent", "stop", "--json", cwd=daemon.room)
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout == f'{{"stopped": true, "swept_stale": true, "pid": {pid}}}\n'
    assert daemon.files() == set()


def test_a_zombies_pid(daemon: TinyDaemon) -> None:
    daemon.start_serving()
    daemon.process.kill()
    os.waitid(os.P_PID, daemon.process.pid, os.WEXITED | os.WNOWAIT)
    done = heddle("agent", "stop", "--json", cwd=daemon.room)
    assert done.code == 0
    assert done.body()["swept_stale"]
    assert daemon.files() == set()


def test_a_live_stranger(daemon: TinyDaemon) -> None:
    with untouched_stranger() as stranger:
        write_pidfile(daemon, contents(stranger.pid).render())
        done = heddle("agent", "stop", "--force", "--timeout=0", "--json", cwd=daemon.room)
        assert done.code == ExitCode.FAILURE
        assert f"pid {stranger.pid} is not a heddle process" in done.body()["error"]
        assert daemon.files() == set()
        assert stranger.is_untouched()


def test_a_live_daemon(daemon: TinyDaemon) -> None:
    daemon.start_serving()
    workers = daemon.workers()
    pid = daemon.process.pid
    done = heddle("agent", "stop", "--json", cwd=daemon.room)
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout == f'{{"stopped": true, "swept_stale": false, "pid": {pid}}}\n'
    assert not any(pid_alive(each) for each in (pid, *workers)), "it returns when all is over"
    assert daemon.files() == set()
    assert daemon.end() == (0, "")


def test_a_live_daemon_for_people(daemon: TinyDaemon) -> None:
    daemon.start_serving()
    done = heddle("agent", "stop", cwd=daemon.room)
    assert done.stdout == f"heddle agent: stopped (pid {daemon.process.pid})\n"


def test_a_daemon_that_takes_too_long(daemon: TinyDaemon) -> None:
    daemon.start_serving()
    with contextlib.closing(daemon.call()) as call:
        call.ask()
        done = heddle("agent", "stop", "--timeout=0.2", "--json", cwd=daemon.room)
        assert done.code == ExitCode.TIMEOUT
        pid = daemon.process.pid
        assert done.body()["error"] == (
            f"pid {pid} has not stopped within 0.2 s: use --force to kill it"
        )
        assert pid_alive(pid)
    assert daemon.end()[0] == 0


@pytest.mark.parametrize("victim", ["supervisor", "workers"])
def test_a_daemon_that_has_to_be_killed(daemon: TinyDaemon, victim: str) -> None:
    daemon.start_serving()
    workers = daemon.workers()
    pid = daemon.process.pid
    with contextlib.ExitStack() as stack:
        for each in [pid] if victim == "supervisor" else workers:
            stack.enter_context(frozen(each))
        done = heddle("agent", "stop", "--force", "--timeout=0.2", "--json", cwd=daemon.room)
    assert done.code == 0
    assert done.body() == {"stopped": True, "swept_stale": False, "pid": pid, "forced": True}
    assert not any(pid_alive(each) for each in (pid, *workers))
    assert daemon.files() == set()


def test_a_daemon_at_another_socket_is_swept_there(daemon: TinyDaemon) -> None:
    path = daemon.room / "elsewhere.sock"
    daemon.start_serving(socket=str(path))
    workers = daemon.workers()
    daemon.process.kill()
    daemon.process.wait()
    wait_until(lambda: not any(pid_alive(pid) for pid in workers), "the workers have ended")
    assert path.exists()
    assert heddle("agent", "stop", cwd=daemon.room).code == 0
    assert not [each.name for each in daemon.room.glob("*.sock")]
    assert daemon.files() == set()


@pytest.mark.parametrize("path", ["relative", "", "/" + "x" * 200])
def test_a_status_file_that_makes_no_sense_does_not_keep_it_from_sweeping(
    daemon: TinyDaemon, path: str
) -> None:
    daemon.start_serving()
    status = daemon.config.status_path.read_text(encoding="utf-8")
    daemon.process.kill()
    daemon.process.wait()
    changed = status.replace(str(daemon.config.socket_path), path)
    assert changed != status
    daemon.config.status_path.write_text(changed, encoding="utf-8")
    assert heddle("agent", "stop", cwd=daemon.room).code == 0
    assert {"grpc.pid", "grpc.status.json"} & daemon.files() == set()


def test_many_at_once_agree(daemon: TinyDaemon) -> None:
    for _ in range(20):
        write_pidfile(daemon, contents(pid := dead_pid()).render())
        with ThreadPoolExecutor(8) as pool:
            results = list(
                pool.map(lambda _: stop(daemon.config, timeout=1, force=False), range(8))
            )
        swept = StopResult(stopped=True, swept_stale=True, pid=pid)
        assert set(results) <= {swept, StopResult(stopped=False, reason="no pidfile")}
        assert swept in results


def test_a_moment_in_which_somebody_sweeps_is_waited_for(daemon: TinyDaemon) -> None:
    import fcntl

    pid = dead_pid()
    write_pidfile(daemon, contents(pid).render())
    with daemon.config.pid_path.open("rb") as sweeper, ThreadPoolExecutor(1) as pool:
        fcntl.flock(sweeper, fcntl.LOCK_EX)
        running = pool.submit(stop, daemon.config, timeout=1, force=False)
        begun = time.monotonic()
        wait_until(lambda: time.monotonic() > begun + 0.05, "it has looked at the lock")
        daemon.config.pid_path.unlink()
        fcntl.flock(sweeper, fcntl.LOCK_UN)
        assert running.result().reason == "no pidfile"


def test_a_daemon_in_another_container_is_left_alone(daemon: TinyDaemon) -> None:
    import fcntl

    write_pidfile(daemon, contents(dead_pid()).render())
    with daemon.config.pid_path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = heddle("agent", "stop", "--force", cwd=daemon.room)
        assert done.code == ExitCode.FAILURE
        assert "the daemon runs in another container" in done.stderr
    assert daemon.files() == {"grpc.pid"}
