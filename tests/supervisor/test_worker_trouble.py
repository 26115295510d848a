"""Workers that die, hang or cannot be born, and what the daemon makes of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import closing

import pytest
from daemon_bench import TinyDaemon
from tiny_daemon import BOOT_ERROR, DIES_WITH
from waiting import wait_until

from heddle_supervisor.errors import ExitCode
from heddle_supervisor.process_identity import pid_alive
from heddle_supervisor.status_file import PublicState

MakeDaemon = Callable[..., TinyDaemon]


def kill(pid: int | None, signum: signal.Signals = signal.SIGKILL) -> None:
    assert pid is not None
    os.kill(pid, signum)


def kill_active(daemon: TinyDaemon, pid: int | None) -> None:
    """Kill the worker that serves, and wait until that is noticed."""
    kill(pid)
    wait_until(
        lambda: daemon.events("active_dying") or daemon.events("active_exited"),
        "the death is noticed",
    )


def begin_reload(daemon: TinyDaemon) -> None:
    """Begin a reload, whose worker then waits amid its activation."""
    daemon.order("activation")
    daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: daemon.events("reload"), "the reload has begun")


@pytest.mark.parametrize("standby", [True, False])
def test_a_killed_worker_is_replaced(make_daemon: MakeDaemon, standby: bool) -> None:
    daemon = make_daemon(standby=standby)
    before = daemon.start_serving()
    kill(before.worker_pid)
    after = daemon.until(
        lambda s: s.restarts == 1 and s.state is PublicState.SERVING, "it serves again"
    )
    assert daemon.ask()["pid"] == after.worker_pid != before.worker_pid
    if standby:
        assert after.worker_pid == before.standby_pid
    assert f"worker {before.worker_pid} was killed by SIGKILL" in (after.last_error or "")
    assert len(after.recent_restarts) == 1
    (ended,) = wait_until(
        lambda: daemon.events("former_exited") or daemon.events("active_exited"), "it is logged"
    )
    assert (ended["worker"], ended["generation"]) == (str(before.worker_pid), "1")
    assert ended["reason"] == after.last_error
    assert "stacks" not in ended


def test_a_worker_that_exits_by_itself_is_replaced(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon()
    before = daemon.start_serving()
    with closing(daemon.call()) as call:
        call.send("die 7")
        after = daemon.until(
            lambda s: s.restarts == 1 and s.state is PublicState.SERVING, "it serves again"
        )
    assert after.last_error == f"worker {before.worker_pid} exited with 7"


def test_a_worker_that_had_served_is_replaced_however_often(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(breaker=2)
    status = daemon.start_serving()
    for _ in range(8):
        kill(status.worker_pid)
        replaced = status.restarts
        daemon.until(lambda s: s.restarts > replaced, "the death is noticed")  # noqa: B023
        status = daemon.settled()
        assert daemon.ask()["pid"] == status.worker_pid
    assert status.restarts == 8


def test_a_killed_standby_is_replaced_unnoticed(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon()
    before = daemon.start_serving()
    kill(before.standby_pid)
    after = daemon.until(
        lambda s: s.standby_pid not in (None, before.standby_pid), "another standby is warm"
    )
    assert after.worker_pid == before.worker_pid
    assert after.restarts == 0


def test_both_workers_killed_at_once_are_replaced(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon()
    before = daemon.start_serving()
    for pid in (before.worker_pid, before.standby_pid):
        kill(pid, signal.SIGSTOP)
    for pid in (before.standby_pid, before.worker_pid):
        kill(pid)
    daemon.until(lambda s: s.restarts >= 1, "the deaths are noticed")
    after = daemon.settled()
    assert not {after.worker_pid, after.standby_pid} & {before.worker_pid, before.standby_pid}
    assert daemon.ask()["pid"] == after.worker_pid


def test_a_worker_that_dies_while_a_reload_is_under_way_does_not_strand_the_daemon(
    make_daemon: MakeDaemon,
) -> None:
    daemon = make_daemon()
    before = daemon.start_serving()
    begin_reload(daemon)
    kill_active(daemon, before.worker_pid)
    daemon.withdraw("activation")
    daemon.until(
        lambda s: s.state is PublicState.SERVING and s.worker_pid is not None, "it serves again"
    )
    assert daemon.ask()["generation"] > before.generation


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ("fail", BOOT_ERROR),
        ("raise", f"RuntimeError: {BOOT_ERROR}"),
        ("die", f"exited with {DIES_WITH}"),
    ],
)
def test_a_daemon_whose_workers_never_serve_gives_up_with_their_error(
    make_daemon: MakeDaemon, order: str, error: str
) -> None:
    daemon = make_daemon(breaker=3)
    daemon.order("boot", order)
    daemon.start()
    code, stderr = daemon.end()
    assert code == ExitCode.FAILURE
    assert stderr.splitlines()[-1].endswith(error)
    assert len(daemon.events("next_exited")) == 3
    assert len(daemon.events("pause_elapsed")) == 2
    assert daemon.files() == set()


def test_a_worker_that_cannot_boot_is_not_tried_again(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(breaker=1000)
    daemon.order("boot", "refuse")
    daemon.start()
    assert daemon.end() == (ExitCode.FAILURE, f"{BOOT_ERROR}\n")
    assert len(daemon.events("next_exited")) == 1
    assert daemon.files() == set()


def test_a_worker_that_does_not_become_warm_in_time_is_ended(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(start_timeout=0.3, breaker=1)
    daemon.order("boot", "hang")
    daemon.start()
    code, stderr = daemon.end()
    assert code == ExitCode.FAILURE
    assert stderr.endswith("did not come up in time\n")
    (death,) = daemon.events("next_exited")
    assert "_boot" in death["stacks"]


def test_a_worker_that_is_warm_but_never_serves_is_replaced(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(start_timeout=0.5, breaker=1000)
    daemon.order("activation")
    daemon.start()
    wait_until(lambda: daemon.events("active_overdue"), "the first one is overdue")
    daemon.withdraw("activation")
    status = daemon.settled()
    assert daemon.ask()["generation"] > 1
    assert "did not come up in time" in (status.last_error or "")


@pytest.mark.parametrize("standby", [True, False])
def test_a_worker_whose_loop_does_not_turn_is_replaced_and_leaves_its_stacks(
    make_daemon: MakeDaemon, standby: bool
) -> None:
    daemon = make_daemon(heartbeat_deadline=1.0, standby=standby)
    before = daemon.start_serving()
    hung = daemon.ask("spin")["pid"]
    assert hung == before.worker_pid
    after = daemon.until(
        lambda s: s.restarts == 1 and s.state is PublicState.SERVING, "it serves again"
    )
    assert daemon.ask()["pid"] == after.worker_pid != hung
    assert (
        after.last_error == f"worker {hung} hung: its event loop did not beat within the deadline"
    )
    (death,) = (e for e in daemon.events("former_exited") if e["worker"] == str(hung))
    assert "_answer" in death["stacks"]
    assert not pid_alive(hung)


def test_a_stopped_worker_is_replaced_and_leaves_its_stacks(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(heartbeat_deadline=1.0)
    before = daemon.start_serving()
    kill(before.worker_pid, signal.SIGSTOP)
    after = daemon.until(
        lambda s: s.restarts == 1 and s.state is PublicState.SERVING, "it serves again"
    )
    assert daemon.ask()["pid"] == after.worker_pid == before.standby_pid
    (death,) = daemon.events("former_exited")
    assert "Current thread" in death["stacks"]


def test_a_stopped_standby_is_replaced(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(heartbeat_deadline=1.0)
    before = daemon.start_serving()
    kill(before.standby_pid, signal.SIGSTOP)
    after = daemon.until(
        lambda s: s.standby_pid not in (None, before.standby_pid), "another standby is warm"
    )
    assert after.worker_pid == before.worker_pid
    assert "hung" in (after.last_error or "")


def test_a_daemon_that_had_served_waits_for_help_and_a_reload_revives_it(
    make_daemon: MakeDaemon,
) -> None:
    daemon = make_daemon(breaker=2, standby=False)
    before = daemon.start_serving()
    daemon.order("boot", "fail")
    kill(before.worker_pid)
    failed = daemon.until(lambda s: s.state is PublicState.FAILED, "it gives up")
    assert (failed.worker_pid, failed.last_error) == (None, BOOT_ERROR)
    daemon.withdraw("boot")
    daemon.process.send_signal(signal.SIGHUP)
    after = daemon.settled()
    assert daemon.ask()["pid"] == after.worker_pid
    assert after.generation > before.generation


def test_a_failed_daemon_can_be_stopped(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(breaker=1, standby=False)
    before = daemon.start_serving()
    daemon.order("boot", "refuse")
    kill(before.worker_pid)
    daemon.until(lambda s: s.state is PublicState.FAILED, "it gives up")
    assert daemon.stop() == 0
    assert daemon.files() == set()


def test_a_daemon_waiting_between_attempts_can_be_stopped(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(backoff_first=3600.0, backoff_max=3600.0, standby=False)
    before = daemon.start_serving()
    daemon.order("boot", "fail")
    kill(before.worker_pid)
    waiting = daemon.until(lambda s: s.last_error == BOOT_ERROR, "the first attempt has failed")
    assert waiting.state is PublicState.STARTING
    assert daemon.stop() == 0


def test_a_reload_does_not_wait_for_the_next_attempt(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(backoff_first=3600.0, backoff_max=3600.0, standby=False)
    before = daemon.start_serving()
    daemon.order("boot", "fail")
    kill(before.worker_pid)
    daemon.until(lambda s: s.last_error == BOOT_ERROR, "the first attempt has failed")
    daemon.withdraw("boot")
    daemon.process.send_signal(signal.SIGHUP)
    assert daemon.settled().generation > before.generation


def test_an_error_of_any_length_leaves_the_status_readable(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(breaker=3, standby=False)
    before = daemon.start_serving()
    daemon.order("boot", "babble")
    kill(before.worker_pid)
    failed = daemon.until(lambda s: s.state is PublicState.FAILED, "it gives up")
    assert (failed.last_error or "").startswith(f"{BOOT_ERROR} üü")


def test_standbys_that_cannot_boot_do_not_hurt_the_worker_that_serves(
    make_daemon: MakeDaemon,
) -> None:
    daemon = make_daemon(breaker=2)
    before = daemon.start_serving()
    daemon.order("boot", "fail")
    kill(before.standby_pid)
    daemon.until(lambda s: s.last_error == BOOT_ERROR, "a standby has failed")
    wait_until(lambda: len(daemon.events("next_exited")) >= 5, "the breaker does not count")
    assert daemon.ask()["pid"] == before.worker_pid
    daemon.withdraw("boot")
    kill(before.worker_pid)
    after = daemon.until(
        lambda s: s.restarts == 1 and s.state is PublicState.SERVING, "it serves again"
    )
    assert daemon.ask()["pid"] == after.worker_pid


def test_standbys_come_back_without_a_reload_when_they_can_boot_again(
    make_daemon: MakeDaemon,
) -> None:
    daemon = make_daemon(breaker=2)
    before = daemon.start_serving()
    daemon.order("boot", "refuse")
    kill(before.standby_pid)
    wait_until(lambda: len(daemon.events("next_exited")) >= 4, "standbys fail")
    daemon.withdraw("boot")
    after = daemon.until(lambda s: s.standby_pid is not None, "a standby is warm")
    assert after.worker_pid == before.worker_pid


def test_a_reload_that_comes_while_a_worker_is_on_its_way_is_made_up_for(
    make_daemon: MakeDaemon,
) -> None:
    daemon = make_daemon()
    before = daemon.start_serving()
    daemon.order("activation")
    kill_active(daemon, before.worker_pid)
    daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: daemon.events("reload"), "the reload is noted")
    daemon.withdraw("activation")
    after = daemon.until(
        lambda s: s.generation > before.generation + 1 and s.state is PublicState.SERVING,
        "the successor is replaced as well",
    )
    assert daemon.ask()["pid"] == after.worker_pid != before.standby_pid
    assert (after.restarts, after.failures) == (1, 0)


def test_a_reload_whose_worker_dies_is_not_made_up_for_by_the_next_standby(
    make_daemon: MakeDaemon,
) -> None:
    daemon = make_daemon()
    before = daemon.start_serving()
    begin_reload(daemon)
    kill(before.standby_pid)
    wait_until(lambda: daemon.events("next_exited"), "its worker has died")
    daemon.withdraw("activation")
    after = daemon.until(
        lambda s: s.standby_pid not in (None, before.standby_pid), "another standby is warm"
    )
    assert (after.worker_pid, after.failures) == (before.worker_pid, 1)
    kill(before.worker_pid)
    served = daemon.until(
        lambda s: s.restarts == 1 and s.state is PublicState.SERVING, "it serves again"
    )
    assert served.worker_pid == after.standby_pid
    assert daemon.events("next_serving") == []
