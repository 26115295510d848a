"""What befalls the supervisor itself: its death, its files, its rivals, its system's limits."""

from __future__ import annotations

import itertools
import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from daemon_bench import TinyDaemon
from waiting import wait_until

from heddle_supervisor.control import inspect
from heddle_supervisor.errors import ExitCode
from heddle_supervisor.pidfile import hold_stale_pidfile
from heddle_supervisor.process_identity import pid_alive
from heddle_supervisor.status_file import PublicState

MakeDaemon = Callable[..., TinyDaemon]

# The link, the pulse, the page of heartbeats twice (a descriptor and its map), the stacks' file.
WORKERS_DESCRIPTORS: Final = 5

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


def descriptors(pid: int) -> list[int]:
    """Return the numbers of a process's open descriptors, in order."""
    return sorted(int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir())


@pytest.mark.parametrize("standby", [True, False])
def test_killed_it_takes_its_workers_along_and_another_start_succeeds(
    make_daemon: MakeDaemon, standby: bool
) -> None:
    daemon = make_daemon(standby=standby)
    before = daemon.start_serving()
    workers = daemon.kill_supervisor()
    assert len(workers) == 1 + standby
    wait_until(lambda: not any(pid_alive(pid) for pid in workers), "the workers have ended")
    after = daemon.start_serving()
    assert daemon.ask()["pid"] == after.worker_pid
    assert after.pid != before.pid
    assert not [name for name in daemon.files() if str(before.pid) in name]
    assert daemon.stop() == 0
    assert daemon.files() == set()


def test_killed_while_its_workers_are_stopped_it_leaves_the_lock_free(
    make_daemon: MakeDaemon,
) -> None:
    daemon = make_daemon()
    daemon.start_serving()
    for pid in daemon.workers():
        os.kill(pid, signal.SIGSTOP)
    daemon.kill_supervisor()
    with hold_stale_pidfile(daemon.config.pid_path) as stale:
        assert stale
    assert daemon.start_serving().state is PublicState.SERVING


@on_linux
def test_its_workers_hold_none_of_its_descriptors(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon()
    status = daemon.start_serving()
    for pid in (status.worker_pid, status.standby_pid):
        held = [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
        assert not [name for name in held if str(daemon.room) in name]
        # The link to the supervisor and the listening socket.
        assert len([name for name in held if name.startswith("socket:")]) == 2


@on_linux
def test_a_flood_of_deaths_leaks_no_descriptor(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon()
    status = daemon.start_serving()
    before = len(descriptors(daemon.process.pid))
    for _ in range(5):
        os.kill(status.worker_pid or 0, signal.SIGKILL)
        replaced = status.restarts
        daemon.until(lambda s: s.restarts > replaced, "the death is noticed")  # noqa: B023
        status = daemon.settled()
    assert len(descriptors(daemon.process.pid)) == before


def test_a_second_start_names_the_first_and_does_it_no_harm(make_daemon: MakeDaemon) -> None:
    first = make_daemon()
    before = first.start_serving()
    second = make_daemon()
    second.start()
    assert second.end() == (
        ExitCode.ALREADY_RUNNING,
        f"already running (pid {first.process.pid})\n",
    )
    assert first.status() == before
    assert first.ask()["pid"] == before.worker_pid


def test_of_many_starts_at_once_one_becomes_the_daemon(make_daemon: MakeDaemon) -> None:
    rivals = [make_daemon() for _ in range(8)]
    for rival in rivals:
        rival.start()

    def the_last_one() -> TinyDaemon | None:
        alive = [rival for rival in rivals if rival.process.poll() is None]
        return alive[0] if len(alive) == 1 else None

    winner = wait_until(the_last_one, "one is left")
    winner.settled()
    for loser in rivals:
        if loser is not winner:
            assert loser.end() == (
                ExitCode.ALREADY_RUNNING,
                f"already running (pid {winner.process.pid})\n",
            )
    assert winner.ask()["parent"] == winner.process.pid
    assert not [name for name in winner.files() if name.endswith(".tmp")]


def test_it_ends_when_its_directory_is_deleted(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(heartbeat_deadline=1.0)
    daemon.start_serving()
    workers = daemon.workers()
    shutil.rmtree(daemon.config.heddle_dir)
    assert daemon.end() == (0, "")
    assert not any(pid_alive(pid) for pid in workers)
    assert not daemon.config.heddle_dir.exists()


def test_it_ends_when_its_pidfile_is_deleted_and_spares_its_successor(
    make_daemon: MakeDaemon,
) -> None:
    old = make_daemon(heartbeat_deadline=1.0)
    old.start_serving()
    old.config.pid_path.unlink()
    new = make_daemon()
    status = new.start_serving()
    assert old.end() == (0, "")
    assert new.ask()["pid"] == status.worker_pid
    assert new.status() is not None
    assert inspect(new.config).pid == new.process.pid


def test_it_ends_at_once_when_it_finds_that_it_can_publish_no_more(
    make_daemon: MakeDaemon,
) -> None:
    daemon = make_daemon()
    before = daemon.start_serving()
    daemon.config.pid_path.unlink()
    os.kill(before.worker_pid or 0, signal.SIGKILL)
    assert daemon.end() == (0, "")
    (error,) = daemon.events("error")
    assert error["reason"] == f"cannot publish the socket: {daemon.config.pid_path} was deleted"
    assert not [pid for pid in (before.worker_pid, before.standby_pid) if pid_alive(pid or 0)]


@pytest.mark.parametrize("standby", [True, False])
def test_it_publishes_its_socket_again_when_the_name_is_gone(
    make_daemon: MakeDaemon, standby: bool
) -> None:
    daemon = make_daemon(heartbeat_deadline=1.0, standby=standby)
    before = daemon.start_serving()
    daemon.config.socket_path.unlink()
    daemon.until(lambda s: s.generation > before.generation, "another worker is published")
    assert daemon.ask()["generation"] > before.generation


def test_it_survives_the_loss_of_every_socket(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(heartbeat_deadline=1.0)
    before = daemon.start_serving()
    for path in daemon.config.socket_path.parent.glob("*.sock"):
        path.unlink()
    daemon.until(lambda s: s.generation > before.generation, "another worker is published")
    assert daemon.ask()["generation"] > before.generation


def test_a_standby_that_cannot_be_published_any_more_is_replaced(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon()
    before = daemon.start_serving()
    for path in daemon.config.socket_path.parent.glob("grpc.*-*.sock"):
        path.unlink()
    os.kill(before.worker_pid or 0, signal.SIGKILL)
    after = daemon.until(lambda s: s.generation > 2, "a third worker is published")
    assert daemon.ask()["pid"] == after.worker_pid


@on_linux
@pytest.mark.parametrize("room_for", [2, 3, 4, 5, 6])
def test_without_room_for_another_worker_it_gives_up_and_a_reload_revives_it(
    make_daemon: MakeDaemon, room_for: int
) -> None:
    daemon = make_daemon(standby=False, breaker=3)
    before = daemon.start_serving()
    pid, kind = daemon.process.pid, resource.RLIMIT_NOFILE
    limits = resource.prlimit(pid, kind)
    held = descriptors(pid)
    kept = held[:-WORKERS_DESCRIPTORS]
    free = (number for number in itertools.count() if number not in kept)
    allowed = list(itertools.islice(free, room_for + 1))[-1]
    resource.prlimit(pid, kind, (allowed, limits[1]))
    os.kill(before.worker_pid or 0, signal.SIGKILL)
    failed = daemon.until(lambda s: s.state is PublicState.FAILED, "it gives up")
    assert failed.last_error == "cannot fork a worker: Too many open files"
    resource.prlimit(pid, kind, limits)
    daemon.process.send_signal(signal.SIGHUP)
    after = daemon.settled()
    assert daemon.ask()["pid"] == after.worker_pid
    assert len(descriptors(pid)) == len(held)


def test_stopped_for_a_while_together_with_its_workers_it_kills_none(
    make_daemon: MakeDaemon,
) -> None:
    daemon = make_daemon(heartbeat_deadline=0.5)
    before = daemon.start_serving()
    processes = [daemon.process.pid, *daemon.workers()]
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    stopped = time.monotonic()
    wait_until(lambda: time.monotonic() > stopped + 2.5, "the deadline is long over")
    for pid in processes:
        os.kill(pid, signal.SIGCONT)
    resumed = time.monotonic()
    wait_until(lambda: time.monotonic() > resumed + 1.0, "the deadline has passed once more")
    after = daemon.settled()
    assert (after.worker_pid, after.standby_pid) == (before.worker_pid, before.standby_pid)
    assert after.restarts == 0


def test_while_it_loads_nothing_of_its_predecessor_is_taken_for_its_own(
    make_daemon: MakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = make_daemon()
    (daemon.room / "slow_module.py").write_text(
        "import pathlib, time\n"
        f"while not pathlib.Path({str(daemon.room / 'loaded')!r}).exists():\n"
        "    time.sleep(0.005)\n",
        encoding="ascii",
    )
    monkeypatch.setenv("PYTHONPATH", str(daemon.room), prepend=os.pathsep)
    daemon.start_serving()
    daemon.kill_supervisor()
    left = daemon.status()
    assert left is not None
    assert left.state is PublicState.SERVING
    daemon.start(preload=["slow_module"])
    wait_until(lambda: inspect(daemon.config).pid == daemon.process.pid, "it has the lock")
    # In a container it may well have its predecessor's pid, so what that said has to go.
    wait_until(lambda: not daemon.config.status_path.exists(), "it has swept")
    assert inspect(daemon.config).state == "starting"
    (daemon.room / "loaded").touch()
    daemon.settled()


def test_it_ends_when_it_has_been_idle(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(idle_timeout=0.5)
    daemon.start_serving()
    call = daemon.call()
    call.ask()
    begun = time.monotonic()
    wait_until(lambda: time.monotonic() > begun + 1.0, "it would have been idle without the call")
    assert call.ask()["parent"] == daemon.process.pid
    call.close()
    assert daemon.end() == (0, "")
    assert daemon.files() == set()


def test_a_worker_above_its_memory_limit_is_replaced_without_being_killed(
    make_daemon: MakeDaemon,
) -> None:
    daemon = make_daemon(heartbeat_deadline=1.0, max_worker_memory=1)
    before = daemon.start_serving()
    after = daemon.until(lambda s: s.generation > before.generation, "another worker is published")
    assert after.restarts == 0
