"""Processes that live but do nothing: a worker is replaced, and of a supervisor one is told."""

from __future__ import annotations

import os
import signal

import pytest
from call_load import query
from heddle_daemon import HeddleDaemon
from waiting import wait_until

from heddle_supervisor.process_identity import pid_alive


@pytest.mark.parametrize("standby", ["--standby", "--no-standby"])
def test_a_worker_that_hangs_is_replaced_and_leaves_its_stacks(
    daemon: HeddleDaemon, standby: str
) -> None:
    before = daemon.start("--heartbeat-deadline", "1", standby)
    os.kill(before.worker_pid or 0, signal.SIGSTOP)
    daemon.until(lambda now: now.generation > before.generation, "another worker is published")
    query(daemon.config.socket_path)
    wait_until(lambda: not pid_alive(before.worker_pid or 0), "the hung worker has ended")
    after = daemon.settled(standby=standby == "--standby")
    assert (after.pid, after.restarts) == (before.pid, 1)
    assert "hung: its event loop did not beat" in after.recent_restarts[-1]["reason"]
    stacks = [event["stacks"] for event in daemon.events("former_exited") if "stacks" in event]
    assert len(stacks) == 1
    assert "most recent call first" in stacks[0]
    assert "heddle_worker/main.py" in stacks[0]


def test_a_standby_that_hangs_is_replaced_unnoticed(daemon: HeddleDaemon) -> None:
    before = daemon.start("--heartbeat-deadline", "1")
    os.kill(before.standby_pid or 0, signal.SIGSTOP)
    after = daemon.until(
        lambda now: now.standby_pid not in (None, before.standby_pid), "it has another standby"
    )
    assert (after.worker_pid, after.restarts) == (before.worker_pid, 0)
    assert not pid_alive(before.standby_pid or 0)
    query(daemon.config.socket_path)


def test_a_worker_that_was_stopped_for_a_moment_is_kept(daemon: HeddleDaemon) -> None:
    before = daemon.start("--heartbeat-deadline", "60")
    os.kill(before.worker_pid or 0, signal.SIGSTOP)
    os.kill(before.worker_pid or 0, signal.SIGCONT)
    query(daemon.config.socket_path)
    assert daemon.settled() == before


def test_of_a_stopped_supervisor_one_is_told_and_force_ends_it(daemon: HeddleDaemon) -> None:
    record = daemon.start()
    processes = [record.pid, *daemon.workers()]
    os.kill(record.pid, signal.SIGSTOP)
    status = daemon.agent("status", "--json").expect(5).body()
    assert (status["running"], status["responding"], status["pid"]) == (True, False, record.pid)
    assert "not responding" in daemon.agent("status").expect(5).stdout
    # Its worker does not know, and serves.
    query(daemon.config.socket_path)
    assert (
        daemon.agent("stop", "--timeout", "0.2")
        .expect(124)
        .complaint()
        .endswith("use --force to kill it")
    )
    stopped = daemon.stop("--force", "--timeout", "0.2")
    assert stopped == {"stopped": True, "swept_stale": False, "pid": record.pid, "forced": True}
    assert not any(pid_alive(pid) for pid in processes)
    assert daemon.files() == set()


def test_all_of_it_stopped_is_ended_by_force(daemon: HeddleDaemon) -> None:
    record = daemon.start()
    processes = [record.pid, *daemon.workers()]
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    checked = daemon.agent("status", "--json").expect(5).body()
    assert checked["responding"] is False
    assert daemon.stop("--force", "--timeout", "0.2")["forced"] is True
    assert not any(pid_alive(pid) for pid in processes)
    assert daemon.files() == set()


def test_a_supervisor_that_was_stopped_goes_on(daemon: HeddleDaemon) -> None:
    before = daemon.start("--heartbeat-deadline", "1")
    os.kill(before.pid, signal.SIGSTOP)
    os.kill(before.worker_pid or 0, signal.SIGKILL)
    wait_until(lambda: not pid_alive(before.worker_pid or 0), "the worker is dead")
    os.kill(before.pid, signal.SIGCONT)
    daemon.until(lambda now: now.restarts == 1, "the death is noticed")
    query(daemon.config.socket_path)
    assert daemon.agent("status").code == 0
