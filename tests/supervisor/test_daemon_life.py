"""A daemon's ordinary life: it starts, serves, is reloaded and stops."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import closing

import pytest
from daemon_bench import TinyDaemon
from notify_listener import NotifyListener
from waiting import wait_until

from heddle_supervisor.pidfile import PidFileKind, read_pidfile
from heddle_supervisor.process_identity import pid_alive
from heddle_supervisor.status_file import PublicState

MakeDaemon = Callable[..., TinyDaemon]


def test_it_serves_with_a_warm_standby_and_says_so(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon()
    status = daemon.start_serving()
    answer = daemon.ask()
    assert answer["pid"] == status.worker_pid
    assert answer["parent"] == status.pid == daemon.process.pid
    assert status.generation == answer["generation"] == 1
    assert set(daemon.workers()) == {status.worker_pid, status.standby_pid}
    assert (status.restarts, status.last_error) == (0, None)
    assert status.socket_path == str(daemon.config.socket_path)
    assert status.repository == str(daemon.room)
    reading = read_pidfile(daemon.config.pid_path)
    assert reading.kind is PidFileKind.OURS
    assert reading.locked
    assert reading.contents is not None
    assert reading.contents.pid == daemon.process.pid


def test_without_a_standby_there_is_one_worker(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(standby=False)
    status = daemon.start_serving()
    assert status.standby_pid is None
    assert daemon.workers() == [status.worker_pid]


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_stopped_it_leaves_nothing(make_daemon: MakeDaemon, signum: signal.Signals) -> None:
    daemon = make_daemon()
    daemon.start_serving()
    workers = daemon.workers()
    daemon.process.send_signal(signum)
    assert daemon.end() == (0, "")
    assert daemon.files() == set()
    assert not any(pid_alive(pid) for pid in workers)
    assert daemon.events("stopped")


def test_stopping_it_lets_calls_in_flight_finish(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon()
    daemon.start_serving()
    with closing(daemon.call()) as call:
        call.ask()
        daemon.process.send_signal(signal.SIGTERM)
        draining = daemon.until(lambda s: s.state is PublicState.DRAINING, "it drains")
        assert draining.worker_pid == call.ask()["pid"]
        assert daemon.process.poll() is None
    assert daemon.end() == (0, "")


def test_the_grace_period_ends_a_call_that_does_not(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(grace=0.1)
    daemon.start_serving()
    with closing(daemon.call()) as call:
        call.ask()
        assert daemon.stop() == 0
    assert daemon.files() == set()


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_cuts_the_grace_short(
    make_daemon: MakeDaemon, second: signal.Signals
) -> None:
    daemon = make_daemon(grace=3600.0)
    daemon.start_serving()
    with closing(daemon.call()) as call:
        call.ask()
        daemon.process.send_signal(signal.SIGTERM)
        daemon.until(lambda s: s.state is PublicState.DRAINING, "it drains")
        daemon.process.send_signal(second)
        assert daemon.end() == (0, "")
        with pytest.raises(ConnectionError):
            call.ask()
    assert daemon.files() == set()


def test_it_can_be_stopped_before_it_serves(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(start_timeout=3600.0)
    daemon.order("boot", "hang")
    daemon.start()
    starting = daemon.until(lambda s: bool(daemon.workers()), "a worker is on its way")
    assert starting.state is PublicState.STARTING
    assert (starting.worker_pid, starting.generation) == (None, 0)
    workers = daemon.workers()
    assert daemon.stop() == 0
    assert daemon.files() == set()
    assert not any(pid_alive(pid) for pid in workers)


def test_reload_publishes_a_new_worker_and_retires_the_old(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon()
    before = daemon.start_serving()
    with closing(daemon.call()) as call:
        assert not call.ask()["retired"]
        daemon.process.send_signal(signal.SIGHUP)
        after = daemon.until(lambda s: s.generation > before.generation, "it has reloaded")
        assert daemon.ask()["pid"] == after.worker_pid != before.worker_pid
        old = wait_until(lambda: (a := call.ask())["retired"] and a, "the old worker retires")
        assert old["pid"] == before.worker_pid
    wait_until(lambda: not pid_alive(before.worker_pid or 0), "the old worker has ended")
    assert daemon.settled().worker_pid == after.worker_pid
    assert after.restarts == 0
    assert after.last_error is None


def test_reload_without_a_standby_forks_the_successor(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(standby=False)
    before = daemon.start_serving()
    daemon.process.send_signal(signal.SIGHUP)
    after = daemon.until(lambda s: s.generation > before.generation, "it has reloaded")
    assert daemon.ask()["pid"] == after.worker_pid
    wait_until(lambda: daemon.workers() == [after.worker_pid], "the old worker has ended")


def test_during_many_reloads_the_published_name_always_answers(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon()
    generation = daemon.start_serving().generation
    for _ in range(5):
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(
            lambda: daemon.ask()["generation"] > generation,  # noqa: B023 - called at once
            "the next generation answers",
        )
        generation = daemon.ask()["generation"]
        daemon.settled()
    assert daemon.stop() == 0


def test_a_reload_whose_worker_cannot_boot_leaves_the_old_one_in_place(
    make_daemon: MakeDaemon,
) -> None:
    daemon = make_daemon(standby=False)
    before = daemon.start_serving()
    daemon.order("boot", "refuse")
    daemon.process.send_signal(signal.SIGHUP)
    after = daemon.until(lambda s: s.last_error is not None, "the new worker has failed")
    assert after.state is PublicState.SERVING
    assert daemon.ask()["pid"] == before.worker_pid
    daemon.withdraw("boot")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.until(lambda s: s.generation > before.generation, "the next reload succeeds")


def test_each_generation_in_its_life_has_a_name_of_its_own(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon()
    daemon.start_serving()
    wait_until(
        lambda: (
            daemon.files()
            == {"grpc.pid", "grpc.sock", "grpc.status.json", f"grpc.{daemon.process.pid}-2.sock"}
        ),
        "only the published name, the standby's, the pidfile and the status are there",
    )


def test_its_service_manager_is_told_of_each_step(
    make_daemon: MakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    with NotifyListener.abstract() as manager:
        monkeypatch.setenv("NOTIFY_SOCKET", manager.name)
        daemon = make_daemon()
        daemon.start()
        manager.expect("READY")
        before = daemon.settled()
        daemon.process.send_signal(signal.SIGHUP)
        manager.expect("RELOADING")
        manager.expect("READY", 2)
        assert daemon.settled().generation > before.generation
        assert daemon.stop() == 0
        assert manager.expect("STOPPING") == {"STOPPING": "1"}
