"""SIGKILL, of the worker and of the supervisor, at any moment: nothing is lost and nothing left."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from typing import Final

import pytest
from call_load import Load, query_until_answered
from footprint import Footprint, own_memory
from heddle_daemon import HeddleDaemon
from waiting import wait_until

from heddle_supervisor.process_identity import pid_alive
from heddle_supervisor.status_file import StatusRecord

WORKER_KILLS: Final = int(os.environ.get("HEDDLE_KILLS", "25"))
SUPERVISOR_KILLS: Final = int(os.environ.get("HEDDLE_SUPERVISOR_KILLS", "8"))
SEED: Final = int(os.environ.get("HEDDLE_SEED", str(random.SystemRandom().randrange(10**6))))

WARM_UP: Final = 10
"""Deaths after which what is taken once, such as buffers, has been taken."""

ORPHAN_SECONDS: Final = 1.0
"""The life that a worker may have without its supervisor."""


def kill_worker(daemon: HeddleDaemon) -> StatusRecord:
    """Kill the worker that serves; return the state with the successor in its place."""
    before = daemon.settled()
    os.kill(before.worker_pid or 0, signal.SIGKILL)
    daemon.until(lambda record: record.restarts > before.restarts, "the death is noticed")
    after = daemon.settled()
    assert after.worker_pid != before.worker_pid
    assert after.pid == before.pid
    return after


@pytest.mark.timeout(120 + WORKER_KILLS)
def test_each_worker_that_is_killed_has_a_successor_and_nothing_leaks(
    daemon: HeddleDaemon,
) -> None:
    supervisor, socket = daemon.start().pid, daemon.config.socket_path
    for _ in range(WARM_UP):
        kill_worker(daemon)
    first, memory = Footprint.of(supervisor, socket.parent), own_memory(supervisor)
    for _ in range(WORKER_KILLS - WARM_UP):
        kill_worker(daemon)
        query_until_answered(socket)
    last = daemon.settled()
    assert Footprint.of(supervisor, socket.parent) == first
    grown = own_memory(supervisor) - memory
    print(f"{first}; memory {memory} bytes and {grown} more")  # noqa: T201
    assert grown < memory * 0.05
    assert last.restarts == max(WARM_UP, WORKER_KILLS)
    assert last.recent_restarts[-1]["reason"].endswith("killed by SIGKILL (out of memory?)")


def test_a_client_that_tries_again_on_a_fresh_channel_sees_no_failure(
    daemon: HeddleDaemon,
) -> None:
    daemon.start()
    with Load.with_retries(daemon.config.socket_path, threads=4) as load:
        for _ in range(5):
            kill_worker(daemon)
            load.progress()
    assert load.failures == []


def while_it_starts(daemon: HeddleDaemon) -> None:
    """Nothing: the moment of the kill falls into the start."""


def while_it_serves(daemon: HeddleDaemon) -> None:
    daemon.settled(standby=False)


def while_it_replaces(daemon: HeddleDaemon) -> None:
    os.kill(daemon.worker(), signal.SIGKILL)


def while_it_reloads(daemon: HeddleDaemon) -> None:
    os.kill(daemon.settled(standby=False).pid, signal.SIGHUP)


def while_it_stops(daemon: HeddleDaemon) -> None:
    os.kill(daemon.settled(standby=False).pid, signal.SIGTERM)


MOMENTS: Final[list[Callable[[HeddleDaemon], None]]] = [
    while_it_starts,
    while_it_serves,
    while_it_replaces,
    while_it_reloads,
    while_it_stops,
]


@pytest.mark.timeout(120 + 5 * SUPERVISOR_KILLS)
def test_a_supervisor_that_is_killed_leaves_no_worker_and_no_obstacle(
    daemon: HeddleDaemon,
) -> None:
    print(f"HEDDLE_SEED={SEED}")  # noqa: T201 - it is needed to see the same again
    chance = random.Random(SEED)
    for number in range(SUPERVISOR_KILLS):
        moment = MOMENTS[number % len(MOMENTS)]
        with daemon.popen("agent", "serve", "--detach") as command:
            pid = wait_until(daemon.supervisor, "the lock is taken")
            moment(daemon)
            # The moment is meant to be any: nothing is waited for.
            time.sleep(chance.uniform(0.0, 0.1 if moment is while_it_starts else 0.03))
            workers = kill_supervisor(pid, daemon)
            command.communicate()
        assert_all_end(workers, moment.__name__)
        if number % 3 == 2:
            # What is left may also be swept before the next start.
            daemon.agent("stop").expect(0)
            assert daemon.files() == set()
    daemon.start()
    query_until_answered(daemon.config.socket_path)
    standby = f"grpc.{daemon.supervisor()}-2.sock"
    assert daemon.files() == {"grpc.pid", "grpc.sock", "grpc.status.json", standby}


def kill_supervisor(pid: int, daemon: HeddleDaemon) -> list[int]:
    """Kill the supervisor, unless it has ended; return the pids of the workers that it had."""
    # Stopped, it forks none between the look and the kill.
    try:
        os.kill(pid, signal.SIGSTOP)
        workers = daemon.workers() if daemon.supervisor() == pid else []
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return []
    return workers


def assert_all_end(workers: list[int], moment: str) -> None:
    began = time.monotonic()
    wait_until(lambda: not any(pid_alive(pid) for pid in workers), f"no worker lives ({moment})")
    assert time.monotonic() - began < ORPHAN_SECONDS, moment


def test_all_of_a_daemon_at_once_can_be_killed(daemon: HeddleDaemon) -> None:
    record = daemon.start()
    workers = daemon.workers()
    for pid in (record.pid, *workers):
        os.kill(pid, signal.SIGKILL)
    assert_all_end([record.pid, *workers], "all")
    assert daemon.status()["running"] is False
    assert daemon.start().pid != record.pid


def test_a_command_that_is_killed_does_not_end_what_it_has_started(
    daemon: HeddleDaemon,
) -> None:
    with daemon.popen("agent", "serve", "--detach") as command:
        wait_until(daemon.supervisor, "the lock is taken")
        command.send_signal(signal.SIGKILL)
        command.communicate()
        assert command.returncode == -signal.SIGKILL
    record = daemon.settled()
    assert record.pid == daemon.supervisor()
    assert daemon.stop()["pid"] == record.pid


def test_a_command_that_is_interrupted_takes_the_daemon_along(daemon: HeddleDaemon) -> None:
    with daemon.popen("agent", "serve", "--detach") as command:
        pid = wait_until(daemon.supervisor, "the lock is taken")
        command.send_signal(signal.SIGINT)
        _, stderr = command.communicate()
    if command.returncode == 130:
        assert "interrupted" in stderr
        wait_until(lambda: not pid_alive(pid or 0), "the daemon has ended")
        assert daemon.files() == set()
    else:
        # The daemon was quicker than the signal.
        assert command.returncode in (0, -signal.SIGINT)
