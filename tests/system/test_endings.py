"""A daemon whose files go, or whom nobody needs any more, ends by itself and leaves nothing."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from call_load import Load, query
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from waiting import wait_until

from heddle_supervisor.process_identity import pid_alive

Removal = Callable[[HeddleDaemon], object]

QUICK = ("--heartbeat-deadline", "1")


@pytest.mark.parametrize(
    "remove",
    [
        lambda daemon: shutil.rmtree(daemon.config.heddle_dir),
        lambda daemon: shutil.rmtree(daemon.root),
        lambda daemon: daemon.root.rename(daemon.root.with_name("moved")),
        lambda daemon: daemon.config.heddle_dir.rename(daemon.root / "aside"),
    ],
    ids=["heddle-deleted", "repository-deleted", "repository-moved", "heddle-moved"],
)
@pytest.mark.parametrize("standby", ["--standby", "--no-standby"])
def test_without_its_directory_it_ends(
    daemon: HeddleDaemon, room: Path, remove: Removal, standby: str
) -> None:
    record = daemon.start(*QUICK, standby)
    processes = [record.pid, *daemon.workers()]
    remove(daemon)
    wait_until(lambda: not any(pid_alive(pid) for pid in processes), "all of it has ended")
    assert not daemon.config.heddle_dir.exists()
    assert [path for path in (room / "run").rglob("*") if not path.is_dir()] == []


def test_without_its_directory_a_socket_elsewhere_goes_too(
    daemon: HeddleDaemon, room: Path
) -> None:
    record = daemon.start(*QUICK, "--socket", str(room / "elsewhere.sock"))
    shutil.rmtree(daemon.config.heddle_dir)
    wait_until(lambda: not pid_alive(record.pid), "it has ended")
    assert not (room / "elsewhere.sock").exists()


def test_after_its_directory_was_deleted_another_can_be_started(daemon: HeddleDaemon) -> None:
    """At once: the old one may not even have noticed."""
    old = daemon.start(*QUICK)
    shutil.rmtree(daemon.config.heddle_dir)
    new = daemon.start(*QUICK)
    assert new.pid != old.pid
    wait_until(lambda: not pid_alive(old.pid), "the old daemon has ended")
    assert daemon.settled().pid == new.pid
    assert daemon.agent("status", "--check", "--json").expect(0).body()["state"] == "serving"
    query(daemon.config.socket_path)


def test_without_its_pidfile_it_makes_room_for_a_successor(daemon: HeddleDaemon) -> None:
    old = daemon.start(*QUICK)
    daemon.config.pid_path.unlink()
    assert daemon.agent("status").code == 3
    new = daemon.start(*QUICK)
    assert new.pid != old.pid
    wait_until(lambda: not pid_alive(old.pid), "the old daemon has ended")
    status = daemon.agent("status", "--check", "--json").expect(0).body()
    assert (status["pid"], status["state"]) == (new.pid, "serving")
    assert status["worker_pid"] == daemon.worker()
    query(daemon.config.socket_path)


def test_without_its_pidfile_and_successor_it_ends_too(daemon: HeddleDaemon) -> None:
    record = daemon.start(*QUICK)
    processes = [record.pid, *daemon.workers()]
    daemon.config.pid_path.unlink()
    wait_until(lambda: not any(pid_alive(pid) for pid in processes), "all of it has ended")
    assert daemon.files() == set()


def test_a_socket_that_was_deleted_is_published_again(daemon: HeddleDaemon) -> None:
    before = daemon.start(*QUICK)
    with Load.on_kept_channels(daemon.config.socket_path) as load:
        daemon.config.socket_path.unlink()
        after = daemon.until(lambda now: now.generation > before.generation, "it is there again")
        query(daemon.config.socket_path)
        load.progress()
    assert load.failures == []
    assert (after.pid, after.restarts) == (before.pid, 0)


def test_a_status_file_that_was_deleted_is_written_again(daemon: HeddleDaemon) -> None:
    before = daemon.start(*QUICK)
    daemon.config.status_path.unlink()
    status = daemon.agent("status", "--json").expect(0).body()
    assert (status["running"], status["pid"]) == (True, before.pid)
    assert daemon.settled() == before
    daemon.config.status_path.write_text("{", encoding="ascii")
    assert daemon.settled() == before
    assert daemon.stop()["pid"] == before.pid


def test_logs_that_were_deleted_are_no_matter(daemon: HeddleDaemon) -> None:
    before = daemon.start(*QUICK)
    shutil.rmtree(daemon.config.log_path.parent)
    os.kill(before.worker_pid or 0, signal.SIGKILL)
    daemon.until(lambda now: now.restarts == 1, "the worker is replaced")
    query(daemon.config.socket_path)
    assert daemon.stop()["pid"] == before.pid


def test_one_whose_repository_is_none_any_more_is_stopped_from_elsewhere(
    daemon: HeddleDaemon, repository: GitRepository
) -> None:
    record = daemon.start()
    shutil.rmtree(repository.git_dir())
    assert "is not in a git repository" in daemon.agent("stop").expect(1).complaint()
    listed = daemon.agent("list", "--json", cwd=Path("/")).expect(0).body()["daemons"]
    assert [each["pid"] for each in listed] == [record.pid]
    stopped = daemon.agent("stop", "--all", "--json", cwd=Path("/")).expect(0).body()["daemons"]
    assert [each["pid"] for each in stopped] == [record.pid]
    assert daemon.files() == set()


def test_a_daemon_that_nobody_uses_ends(daemon: HeddleDaemon) -> None:
    daemon.agent("serve", "--detach", "--idle-timeout", "1").expect(0)
    pid = daemon.supervisor() or 0
    wait_until(lambda: not pid_alive(pid), "it has ended")
    assert daemon.files() == set()
    assert daemon.events("idle")
    assert daemon.agent("status").code == 3


def test_a_daemon_that_somebody_uses_stays(daemon: HeddleDaemon) -> None:
    daemon.agent("serve", "--detach", "--idle-timeout", "1").expect(0)
    started = daemon.settled()
    with Load.on_kept_channels(daemon.config.socket_path) as load:
        # Three times as long as it would live without.
        wait_until(lambda: load.seconds() > 3.0, "the load has lasted")
        assert daemon.settled().pid == started.pid
    assert load.failures == []
    wait_until(lambda: not pid_alive(started.pid), "it has ended")
    assert daemon.files() == set()
