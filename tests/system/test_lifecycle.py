"""A daemon's life, from the first `serve` to the last file, by the commands that people type."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from reflection_client import ReflectionClient
from waiting import DEADLINE, wait_until

from heddle_supervisor.process_identity import pid_alive
from heddle_supervisor.version import __version__

STATUS_KEYS = {
    "running",
    "pid",
    "responding",
    "socket_path",
    "pid_path",
    "log_path",
    "state",
    "worker_pid",
    "standby_pid",
    "generation",
    "restarts",
    "recent_restarts",
    "started_at",
    "version",
    "installed_version",
    "repository",
    "last_error",
}


def is_serving(socket_path: Path) -> bool:
    with closing(ReflectionClient(socket_path)) as client:
        reply = client.call("grpc.health.v1.Health", "Check")
    return int(reply.status) == 1


def test_detached_it_serves_when_the_command_returns(daemon: HeddleDaemon) -> None:
    outcome = daemon.agent("serve", "--detach", "--json").expect(0)
    assert is_serving(daemon.config.socket_path)
    assert outcome.body() == {
        "started": True,
        "pid": daemon.supervisor(),
        "socket_path": str(daemon.config.socket_path),
    }


def test_for_people_it_says_what_it_has_done(daemon: HeddleDaemon) -> None:
    started = daemon.agent("serve", "--detach").expect(0)
    assert started.stdout == f"heddle agent: started (pid {daemon.supervisor()})\n"
    shown = daemon.agent("status").expect(0).stdout
    assert shown.startswith(f"heddle agent: running (pid {daemon.supervisor()})\n")
    assert f"  socket    {daemon.config.socket_path}\n" in shown
    stopped = daemon.agent("stop").expect(0)
    assert (stopped.stdout, stopped.stderr) == (
        f"heddle agent: stopped (pid {shown.splitlines()[0].split()[-1]}\n",
        "",
    )
    assert "not running" in daemon.agent("status").expect(3).stdout


def test_a_second_start_is_told_of_the_first(daemon: HeddleDaemon) -> None:
    first = daemon.start()
    second = daemon.agent("serve", "--detach").expect(4)
    assert second.complaint() == f"already running (pid {first.pid})"
    in_foreground = daemon.agent("serve", "--json").expect(4)
    assert in_foreground.body() == {
        "error": f"already running (pid {first.pid})",
        "exit_code": 4,
        "pid": first.pid,
    }
    assert daemon.settled() == first


def test_status_tells_all_that_is_known(daemon: HeddleDaemon) -> None:
    absent = daemon.agent("status", "--json").expect(3).body()
    assert set(absent) == STATUS_KEYS
    assert (absent["running"], absent["pid"], absent["state"]) == (False, None, "stopped")
    assert absent["installed_version"] == __version__
    record = daemon.start()
    present = daemon.agent("status", "--json").expect(0).body()
    assert set(present) == STATUS_KEYS
    assert present == {
        "running": True,
        "pid": record.pid,
        "responding": True,
        "socket_path": str(daemon.config.socket_path),
        "pid_path": str(daemon.config.pid_path),
        "log_path": str(daemon.config.log_path),
        "state": "serving",
        "worker_pid": record.worker_pid,
        "standby_pid": record.standby_pid,
        "generation": 1,
        "restarts": 0,
        "recent_restarts": [],
        "started_at": record.started_at,
        "version": __version__,
        "installed_version": __version__,
        "repository": str(daemon.root),
        "last_error": None,
    }


def test_a_check_asks_the_daemon_itself(daemon: HeddleDaemon) -> None:
    record = daemon.start()
    checked = daemon.agent("status", "--check", "--json").expect(0).body()
    assert checked["health"] == "SERVING"
    assert set(checked) == STATUS_KEYS | {"health", "daemon"}
    assert record.pid == checked["pid"]
    # Nothing stands at the published path any more, but the supervisor has not looked yet.
    daemon.config.socket_path.unlink()
    unhealthy = daemon.agent("status", "--check", "--json").expect(5).body()
    assert unhealthy["running"] is True
    assert unhealthy["health"].startswith("unreachable: ")


def test_the_global_option_for_json_is_as_good(daemon: HeddleDaemon) -> None:
    daemon.start()
    shown = daemon.heddle("--output", "json", "agent", "status").expect(0).body()
    assert set(shown) == STATUS_KEYS
    assert daemon.heddle("--output", "json", "agent", "stop").expect(0).body()["stopped"] is True


def test_stopped_it_leaves_nothing(daemon: HeddleDaemon, room: Path) -> None:
    record = daemon.start()
    processes = [record.pid, *daemon.workers()]
    assert len(processes) == 3
    assert daemon.stop() == {"stopped": True, "swept_stale": False, "pid": record.pid}
    assert not any(pid_alive(pid) for pid in processes)
    assert daemon.files() == set()
    left = {str(path.relative_to(daemon.config.heddle_dir)) for path in _files_below(daemon)}
    # The store stays, with its log if the last worker did not end well.
    kept = {"logs/daemon.log", "logs/stderr.log", "state/heddle.db"}
    assert left - {"state/heddle.db-wal", "state/heddle.db-shm"} == kept
    assert not [path for path in (room / "state").rglob("*") if path.is_file()]
    assert not [path for path in (room / "run").rglob("*") if not path.is_dir()]
    assert daemon.stop() == {"stopped": False, "reason": "no pidfile"}


def _files_below(daemon: HeddleDaemon) -> list[Path]:
    return [path for path in daemon.config.heddle_dir.rglob("*") if not path.is_dir()]


def test_what_it_makes_is_private_from_birth(daemon: HeddleDaemon) -> None:
    daemon.start()
    # It is made a moment after the worker serves.
    wait_until((daemon.config.heddle_dir / "hooks" / "listening").exists, "hooks are begun")
    directories = [daemon.config.heddle_dir, *daemon.config.heddle_dir.iterdir()]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directories}
    assert modes == dict.fromkeys((".heddle", "hooks", "sockets", "state", "logs"), 0o700)
    for path in _files_below(daemon):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_it_is_excluded_from_the_repository_once(
    daemon: HeddleDaemon, repository: GitRepository
) -> None:
    (repository.root / ".gitignore").write_text("*.o\n", encoding="ascii")
    exclude = repository.root / ".git" / "info" / "exclude"
    before = exclude.read_text(encoding="utf-8")
    for _ in range(2):
        daemon.start()
        daemon.stop()
    assert (repository.root / ".gitignore").read_text(encoding="ascii") == "*.o\n"
    assert exclude.read_text(encoding="utf-8") == f"{before}/.heddle/\n"
    assert repository.git("status", "--porcelain") == "?? .gitignore"


def test_a_heddle_directory_of_other_software_stays_as_it_is(daemon: HeddleDaemon) -> None:
    theirs = {
        "config.toml": "[principal]\nname = 'Grace'\n",
        "state/HEAD": "hd-000\n",
        "hooks/registry.toml": "",
    }
    daemon.config.heddle_dir.mkdir(mode=0o755)
    (daemon.config.heddle_dir / "state").mkdir(mode=0o700)
    (daemon.config.heddle_dir / "hooks").mkdir(mode=0o755)
    for name, text in theirs.items():
        (daemon.config.heddle_dir / name).write_text(text, encoding="ascii")
    daemon.start()
    daemon.stop()
    for name, text in theirs.items():
        assert (daemon.config.heddle_dir / name).read_text(encoding="ascii") == text
    for path, mode in (
        (daemon.config.heddle_dir, 0o755),
        (daemon.config.heddle_dir / "hooks", 0o755),
    ):
        assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_in_the_foreground_it_ends_by_a_signal(
    daemon: HeddleDaemon, signum: signal.Signals
) -> None:
    with daemon.popen("agent", "serve", "--foreground") as process:
        record = daemon.settled()
        assert record.pid == process.pid == daemon.supervisor()
        workers = daemon.workers()
        process.send_signal(signum)
        stdout, stderr = process.communicate(timeout=DEADLINE)
    assert (process.returncode, stdout, stderr) == (0, "", f"heddle: serves {daemon.root}\n")
    assert daemon.files() == set()
    assert not any(pid_alive(pid) for pid in workers)


def test_the_daemon_keeps_no_pipe_of_its_caller_open(daemon: HeddleDaemon, tmp_path: Path) -> None:
    """A caller that reads to the end of the output, or holds other pipes, is not kept waiting."""
    script = tmp_path / "caller.sh"
    script.write_text('exec 7>&1 8>&2 9<&0\n"$@" | cat\n', encoding="ascii")
    heddle = Path(sys.executable).with_name("heddle")
    done = subprocess.run(
        ["/bin/sh", script, heddle, "agent", "serve", "--detach"],
        cwd=daemon.root,
        env=daemon.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 0, done
    assert done.stdout == f"heddle agent: started (pid {daemon.supervisor()})\n"
    assert pid_alive(daemon.supervisor() or 0)


def test_it_holds_no_directory_of_its_caller(daemon: HeddleDaemon, room: Path) -> None:
    elsewhere = room / "elsewhere"
    elsewhere.mkdir()
    daemon.agent("serve", "--detach", "--repo", str(daemon.root), cwd=elsewhere).expect(0)
    for pid in [daemon.supervisor(), *daemon.workers()]:
        assert Path(f"/proc/{pid}/cwd").readlink() == Path("/")
    elsewhere.rmdir()
    daemon.settled()


def test_a_start_that_fails_says_why_and_leaves_nothing(daemon: HeddleDaemon) -> None:
    daemon.start()
    daemon.stop()
    database = daemon.config.state_dir / "heddle.db"
    for path in daemon.config.state_dir.iterdir():
        path.unlink()
    database.write_bytes(b"this is no database, however long one looks at it" * 100)
    outcome = daemon.agent("serve", "--detach", "--timeout", "90").expect(1)
    assert str(database) in outcome.complaint()
    assert daemon.files() == set()
    assert database.read_bytes().startswith(b"this is no database")
    wait_until(lambda: daemon.supervisor() is None, "nobody holds the lock")
