"""Stopping while calls are in flight: they end well, or within the grace, or at once."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any, Final

import apsw
import grpc
import pytest
from call_load import log_stub
from git_repository import GitRepository
from grpc_health.v1 import health_pb2, health_pb2_grpc
from heddle_daemon import HeddleDaemon
from waiting import DEADLINE, wait_until

from heddle_api.v1 import operation_log_pb2, operation_log_pb2_grpc
from heddle_supervisor.process_identity import pid_alive
from heddle_supervisor.status_file import PublicState

Code = grpc.StatusCode
Health = health_pb2.HealthCheckRequest

_QUERY: Final = operation_log_pb2.QueryOperationsRequest()
_STOPPING: Final = "daemon is stopping"


def health(channel: grpc.Channel) -> Any:
    """Return a client of the health service."""
    return health_pb2_grpc.HealthStub(channel)


class SlowCall:
    """A call in flight, which cannot end while this client holds the lock of the store."""

    def __init__(self, daemon: HeddleDaemon, repository: GitRepository) -> None:
        self._database = apsw.Connection(str(daemon.config.state_dir / "heddle.db"))
        self._database.execute("BEGIN IMMEDIATE")
        repository.commit("what has to be stored before the reply")
        self._channel = grpc.insecure_channel(f"unix:{daemon.config.socket_path}")
        stub = operation_log_pb2_grpc.OperationLogQueryServiceStub(self._channel)
        self._call = stub.QueryOperations.future(_QUERY, timeout=DEADLINE)
        # Calls of one connection arrive in their order: after this one, the other is in flight.
        health(self._channel).Check(Health(), timeout=DEADLINE)
        assert not self._call.done()

    def let_go(self) -> None:
        """Give up the lock. Idempotent."""
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")

    def code(self) -> grpc.StatusCode:
        """Return the status that the call ends with."""
        return self._call.code()

    def details(self) -> str:
        """Return the text of the status that the call ends with."""
        return str(self._call.details())

    def close(self) -> None:
        self.let_go()
        self._database.close()
        self._channel.close()


@pytest.fixture
def begin_call(daemon: HeddleDaemon, repository: GitRepository) -> Iterator[Callable[[], SlowCall]]:
    """Begins slow calls, all of which are over after the test."""
    with contextlib.ExitStack() as stack:

        def begin() -> SlowCall:
            call = SlowCall(daemon, repository)
            stack.callback(call.close)
            return call

        yield begin


def begin_stop(daemon: HeddleDaemon) -> int:
    """Tell the daemon to stop; return its pid when it drains."""
    pid = daemon.supervisor() or 0
    os.kill(pid, signal.SIGTERM)
    daemon.until(lambda now: now.state is PublicState.DRAINING, "it drains")
    return pid


def assert_gone(daemon: HeddleDaemon, pid: int) -> None:
    wait_until(lambda: not pid_alive(pid), "the daemon has ended")
    assert daemon.files() == set()


def test_a_call_in_flight_ends_well_within_the_grace(
    daemon: HeddleDaemon, begin_call: Callable[[], SlowCall]
) -> None:
    daemon.start("--grace", "60")
    call = begin_call()
    pid = begin_stop(daemon)
    call.let_go()
    assert call.code() is Code.OK, call.details()
    assert_gone(daemon, pid)


def test_new_calls_are_refused_at_once(
    daemon: HeddleDaemon, begin_call: Callable[[], SlowCall]
) -> None:
    daemon.start("--grace", "60")
    with log_stub(daemon.config.socket_path) as kept:
        kept.QueryOperations(_QUERY, timeout=DEADLINE)
        call = begin_call()
        pid = begin_stop(daemon)
        with log_stub(daemon.config.socket_path) as fresh:
            for stub in (kept, fresh):
                with pytest.raises(grpc.RpcError) as refused:
                    stub.QueryOperations(_QUERY, timeout=DEADLINE)
                assert refused.value.code() is Code.UNAVAILABLE
                assert refused.value.details() == _STOPPING
    shown = daemon.agent("status", "--check", "--json").expect(5).body()
    assert (shown["state"], shown["health"]) == ("draining", "NOT_SERVING")
    call.let_go()
    assert call.code() is Code.OK
    assert_gone(daemon, pid)


def test_the_grace_ends_a_call_that_does_not(
    daemon: HeddleDaemon, begin_call: Callable[[], SlowCall]
) -> None:
    daemon.start("--grace", "0.5")
    call = begin_call()
    assert daemon.stop()["stopped"] is True
    assert (call.code(), call.details()) == (Code.UNAVAILABLE, _STOPPING)
    assert daemon.files() == set()


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_cuts_the_grace_short(
    daemon: HeddleDaemon,
    begin_call: Callable[[], SlowCall],
    second: signal.Signals,
) -> None:
    daemon.start("--grace", "3600")
    call = begin_call()
    pid = begin_stop(daemon)
    os.kill(pid, second)
    assert_gone(daemon, pid)
    assert call.code() is Code.UNAVAILABLE


def test_stop_says_that_the_daemon_is_still_busy(
    daemon: HeddleDaemon, begin_call: Callable[[], SlowCall]
) -> None:
    record = daemon.start("--grace", "3600")
    call = begin_call()
    busy = daemon.agent("stop", "--timeout", "0.2", "--json").expect(124)
    assert busy.complaint() == (
        f"pid {record.pid} has not stopped within 0.2 s: use --force to kill it"
    )
    assert busy.body()["exit_code"] == 124
    assert daemon.stop("--force", "--timeout", "0.2")["pid"] == record.pid
    assert call.code() is Code.UNAVAILABLE
    assert_gone(daemon, record.pid)


def test_a_stream_is_closed_with_a_clear_status_when_the_daemon_stops(
    daemon: HeddleDaemon,
) -> None:
    daemon.start()
    with grpc.insecure_channel(f"unix:{daemon.config.socket_path}") as channel:
        watch = health(channel).Watch(Health(), timeout=DEADLINE)
        assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
        daemon.stop()
        states = [reply.status for reply in _until_the_end(watch)]
    assert states == [health_pb2.HealthCheckResponse.NOT_SERVING]
    assert (watch.code(), watch.details()) == (Code.UNAVAILABLE, _STOPPING)


def test_a_stream_is_closed_with_a_clear_status_when_its_worker_is_replaced(
    daemon: HeddleDaemon,
) -> None:
    daemon.start()
    with grpc.insecure_channel(f"unix:{daemon.config.socket_path}") as channel:
        watch = health(channel).Watch(Health(), timeout=DEADLINE)
        assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
        daemon.agent("reload").expect(0)
        assert list(_until_the_end(watch)) == []
    assert watch.code() is Code.UNAVAILABLE
    assert watch.details() == "this worker has been replaced; resume on a new connection"


def _until_the_end(
    watch: Iterator[health_pb2.HealthCheckResponse],
) -> Iterator[health_pb2.HealthCheckResponse]:
    """Yield the replies that come before the status."""
    with contextlib.suppress(grpc.RpcError):
        yield from watch


def test_a_storm_of_signals_is_one_stop(daemon: HeddleDaemon) -> None:
    record = daemon.start()
    for signum in [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGCHLD] * 25:
        with contextlib.suppress(ProcessLookupError):
            os.kill(record.pid, signum)
    assert_gone(daemon, record.pid)
    assert "Traceback" not in daemon.log()
