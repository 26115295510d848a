"""Forked workers, as their supervisor and their clients see them."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import grpc
import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from worker_bench import Repository, Worker

from heddle_api.local.v1 import daemon_pb2, daemon_pb2_grpc
from heddle_api.v1 import operation_log_pb2, operation_log_pb2_grpc
from heddle_supervisor.heartbeat import Part
from heddle_supervisor.version import __version__
from heddle_supervisor.worker_link import Command, Report, WorkerLink
from heddle_supervisor.worker_settings import EXIT_CANNOT_BOOT
from heddle_worker.limits import MAX_MESSAGE_BYTES
from heddle_worker.main import EXIT_TRY_AGAIN
from heddle_worker.services.catalogue import SERVICES
from heddle_worker.serving.socket_address import grpc_address

StartWorker: TypeAlias = Callable[..., Worker]

_SECONDS = 30.0
_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class _Client:
    """A client of a worker, on one channel."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel
        self.health: Any = health_pb2_grpc.HealthStub(channel)
        self.log = operation_log_pb2_grpc.OperationLogQueryServiceStub(channel)

    def status(self, service: str = "") -> int:
        request = health_pb2.HealthCheckRequest(service=service)
        return int(self.health.Check(request, timeout=_SECONDS).status)

    def query(self, timeout: float = _SECONDS) -> operation_log_pb2.QueryOperationsResponse:
        return self.log.QueryOperations(_query(), timeout=timeout)

    def query_later(self) -> Any:
        """Start a query; return when the worker has received it.

        On a connection that is up, calls arrive in the order in which they were made.
        """
        self.status()
        call = self.log.QueryOperations.future(_query(), timeout=_SECONDS)
        self.status()
        return call


def _query() -> operation_log_pb2.QueryOperationsRequest:
    return operation_log_pb2.QueryOperationsRequest(include_checkpoints=True)


@contextlib.contextmanager
def _client(path: Path) -> Iterator[_Client]:
    with grpc.insecure_channel(grpc_address(path)) as channel:
        yield _Client(channel)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < deadline, "the condition never held"


@contextlib.contextmanager
def _held_database(repository: Repository) -> Iterator[sqlite3.Connection]:
    """Keep every writer of the database waiting, until the block ends or the caller rolls back.

    A writer waits for some seconds only: nothing slow belongs into the block.
    """
    path = repository.heddle_dir / "state" / "heddle.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def test_a_whole_life(start_worker: StartWorker) -> None:
    worker = start_worker()
    worker.expect(Report.WARM)
    assert stat.S_IMODE(worker.path.stat().st_mode) == 0o600
    with _client(worker.path) as client:
        assert client.status() == _NOT_SERVING
        worker.tell(Command.ACTIVATE)
        worker.expect(Report.SERVING)
        for service in ("", *(service.full_name for service in SERVICES)):
            assert client.status(service) == _SERVING
        assert client.query().hits
    worker.tell(Command.DRAIN, 10)
    worker.expect(Report.DRAINED)
    assert worker.wait() == 0
    assert worker.stderr() == ""


def test_a_generic_client_finds_every_method_and_each_answers(start_worker: StartWorker) -> None:
    worker = start_worker().activate()
    with grpc.insecure_channel(grpc_address(worker.path)) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        pool = descriptor_pool.DescriptorPool(database)
        names = [name for name in database.get_services() if name.startswith("heddle.")]
        assert sorted(names) == sorted(service.full_name for service in SERVICES)
        assert len(names) == 9
        for name in names:
            for method in pool.FindServiceByName(name).methods:
                _expect_answer(channel, method)


def _expect_answer(channel: grpc.Channel, method: MethodDescriptor) -> None:
    """Call a method with nothing in the request; a stream may have nothing to say to that."""
    full_name = f"{method.containing_service.full_name}/{method.name}"
    seconds = 1.0 if method.server_streaming else _SECONDS
    call: Callable[..., Any] = (
        channel.unary_stream if method.server_streaming else channel.unary_unary
    )
    invoke = call(f"/{full_name}")
    try:
        reply = invoke(b"", timeout=seconds)
        if method.server_streaming:
            next(reply, None)
    except grpc.RpcError as caught:
        error: Any = caught
        expected = {
            grpc.StatusCode.INVALID_ARGUMENT,
            grpc.StatusCode.NOT_FOUND,
            grpc.StatusCode.DEADLINE_EXCEEDED,
        }
        assert error.code() in expected, f"{full_name}: {error}"


def test_calls_wait_for_the_activation(start_worker: StartWorker) -> None:
    worker = start_worker()
    worker.expect(Report.WARM)
    with _client(worker.path) as client:
        waiting = client.query_later()
        with pytest.raises(grpc.RpcError) as caught:
            client.query(timeout=0.05)
        error: Any = caught.value
        assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert not waiting.done()
        worker.tell(Command.ACTIVATE)
        assert waiting.result().hits
        worker.expect(Report.SERVING)


def test_health_checks_wait_while_the_worker_is_being_activated(
    start_worker: StartWorker, repository: Repository
) -> None:
    """The first one has to; a successor of one that served a moment ago does not."""
    worker = start_worker()
    worker.expect(Report.WARM)
    with _client(worker.path) as client:
        with _held_database(repository):
            worker.tell(Command.ACTIVATE)
            _until(lambda: _asks_too_late(client))
            asking = client.health.Check.future(health_pb2.HealthCheckRequest(), timeout=_SECONDS)
            assert not asking.done()
        assert asking.result().status == _SERVING


def test_a_successor_lets_calls_in_before_it_may_write(
    start_worker: StartWorker, repository: Repository
) -> None:
    start_worker().activate()
    successor = start_worker()
    successor.expect(Report.WARM)
    commit = repository.commit("second")
    with _client(successor.path) as client:
        with _held_database(repository):
            successor.tell(Command.ACTIVATE)
            _until(lambda: client.status() == _SERVING)
            writing = client.query_later()
            assert not writing.done()
        assert bytes.fromhex(commit) in [hit.change_id for hit in writing.result().hits]
        successor.expect(Report.SERVING)


def test_a_successor_whose_store_was_replaced_opens_the_new_one(
    start_worker: StartWorker, repository: Repository
) -> None:
    start_worker().activate()
    successor = start_worker()
    successor.expect(Report.WARM)
    state = repository.heddle_dir / "state"
    state.rename(state.with_name("aside"))
    state.mkdir(mode=0o700)
    successor.tell(Command.ACTIVATE)
    successor.expect(Report.SERVING)
    with _client(successor.path) as client:
        assert client.query().hits
    assert (state / "heddle.db").exists()


def _asks_too_late(client: _Client) -> bool:
    try:
        client.health.Check(health_pb2.HealthCheckRequest(), timeout=0.1)
    except grpc.RpcError:
        return True
    return False


def test_drain_lets_the_call_in_flight_finish_and_refuses_others(
    start_worker: StartWorker, repository: Repository
) -> None:
    worker = start_worker().activate()
    commit = repository.commit("second")
    with _client(worker.path) as client, _held_database(repository) as database:
        in_flight = client.query_later()
        worker.tell(Command.DRAIN, _SECONDS)
        _until(lambda: client.status() == _NOT_SERVING)
        with pytest.raises(grpc.RpcError) as caught:
            client.query()
        error: Any = caught.value
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert error.details() == "daemon is stopping"
        assert not in_flight.done()
        database.execute("ROLLBACK")
        assert bytes.fromhex(commit) in [hit.change_id for hit in in_flight.result().hits]
        worker.expect(Report.DRAINED)
    assert worker.wait() == 0
    assert worker.stderr() == ""


def test_a_call_that_outlasts_the_drain_learns_why_it_is_cut_short(
    start_worker: StartWorker, repository: Repository
) -> None:
    worker = start_worker().activate()
    repository.commit("second")
    with _client(worker.path) as client, _held_database(repository):
        in_flight = client.query_later()
        worker.tell(Command.DRAIN, 0.5)
        error: Any = in_flight.exception()
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert error.details() == "daemon is stopping"
        worker.expect(Report.DRAINED)
        assert worker.wait() == 0


def test_a_warm_worker_drains_too(start_worker: StartWorker) -> None:
    worker = start_worker()
    worker.expect(Report.WARM)
    with _client(worker.path) as client:
        waiting = client.query_later()
        worker.tell(Command.DRAIN, 10)
        error: Any = waiting.exception()
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert error.details() == "daemon is stopping"
    worker.expect(Report.DRAINED)
    assert worker.wait() == 0


def test_a_reload_fails_no_call_and_moves_streams_over(
    start_worker: StartWorker, socket_dir: Path
) -> None:
    published = socket_dir / "grpc.sock"
    old = start_worker().activate()
    old.path.rename(published)
    failures: list[object] = []
    answered = threading.Event()
    ended = threading.Event()

    def call_on_and_on() -> None:
        with _client(published) as client:
            while not ended.is_set():
                try:
                    client.query()
                except grpc.RpcError as error:
                    failures.append(error)
                answered.set()

    callers = [threading.Thread(target=call_on_and_on) for _ in range(2)]
    with _client(published) as client:
        watch = client.health.Watch(health_pb2.HealthCheckRequest(), timeout=_SECONDS)
        assert next(watch).status == _SERVING
        for caller in callers:
            caller.start()
        assert answered.wait(_SECONDS)
        new = start_worker().activate()
        new.path.rename(published)
        old.tell(Command.RETIRE)
        with pytest.raises(grpc.RpcError) as caught:
            next(watch)
        error: Any = caught.value
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert "resume on a new connection" in error.details()
        old.expect(Report.DRAINED)
        assert old.wait() == 0
        assert client.status() == _SERVING
    ended.set()
    for caller in callers:
        caller.join()
    assert failures == []
    assert published.is_socket()


def test_a_retired_worker_obeys_a_drain(start_worker: StartWorker) -> None:
    worker = start_worker().activate()
    with _client(worker.path) as client:
        worker.tell(Command.RETIRE)
        assert client.query().hits
        worker.tell(Command.DRAIN, 10)
        worker.expect(Report.DRAINED)
    assert worker.wait() == 0


@pytest.mark.parametrize("state", ["warm", "serving", "busy"])
def test_the_end_of_the_link_ends_the_worker(
    start_worker: StartWorker, repository: Repository, state: str
) -> None:
    worker = start_worker()
    worker.expect(Report.WARM)
    with contextlib.ExitStack() as stack:
        if state != "warm":
            worker.tell(Command.ACTIVATE)
            worker.expect(Report.SERVING)
        if state == "busy":
            repository.commit("second")
            client = stack.enter_context(_client(worker.path))
            stack.enter_context(_held_database(repository))
            client.query_later()
        worker.link.close()
        assert worker.wait() == 0
    assert worker.stderr() == ""


def test_the_lifeline_ends_a_process_whose_main_thread_is_held_up() -> None:
    ours, theirs = WorkerLink.pair()
    program = (
        "import sys, threading; from heddle_worker import lifeline; "
        "from heddle_supervisor.worker_link import *; "
        "link = WorkerLink.adopt(int(sys.argv[1])); lifeline.hold(link); "
        "link.send(Message(Report.WARM)); threading.Event().wait()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        theirs.close()
        ours.connection.settimeout(_SECONDS)
        assert b"warm" in ours.connection.recv(1000)
        # A message is no end.
        ours.connection.sendall(b"{}\n")
        assert process.poll() is None
        ours.close()
        assert process.wait(_SECONDS) == 0


def test_signals_pass_by_and_are_not_handed_down_as_ignored(start_worker: StartWorker) -> None:
    worker = start_worker().activate()
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(worker.pid, signum)
    with _client(worker.path) as client:
        assert client.status() == _SERVING
    ignored = next(
        int(line.split()[1], 16)
        for line in Path(f"/proc/{worker.pid}/status").read_text().splitlines()
        if line.startswith("SigIgn")
    )
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        assert not ignored >> (signum - 1) & 1


def test_both_parts_beat_warm_and_active(start_worker: StartWorker) -> None:
    worker = start_worker()
    worker.expect(Report.WARM)
    _expect_beat(worker)
    worker.tell(Command.ACTIVATE)
    worker.expect(Report.SERVING)
    _expect_beat(worker)


def _expect_beat(worker: Worker) -> None:
    start = time.monotonic()
    _until(lambda: worker.last_beat()[0] > start)
    assert worker.last_beat()[1] in Part


def _expect_boot_failure(worker: Worker, status: int) -> str:
    message = worker.expect(Report.BOOT_FAILED)
    assert worker.wait() == status
    assert worker.stderr() == ""
    assert len(message.detail.splitlines()) == 1
    return message.detail


def test_a_socket_that_cannot_be_bound(start_worker: StartWorker, socket_dir: Path) -> None:
    taken = socket_dir / "taken"
    taken.write_text("something of the user's")
    detail = _expect_boot_failure(start_worker(socket_path=taken), EXIT_CANNOT_BOOT)
    assert detail == f"cannot bind the socket {taken}: Address already in use"
    assert taken.read_text() == "something of the user's"


def test_a_directory_that_is_no_repository(start_worker: StartWorker, tmp_path: Path) -> None:
    worker = start_worker(repository=tmp_path)
    detail = _expect_boot_failure(worker, EXIT_CANNOT_BOOT)
    assert detail == f"{tmp_path} is not a git repository"


def test_a_store_of_a_newer_version(start_worker: StartWorker, repository: Repository) -> None:
    start_worker().activate().end()
    path = repository.heddle_dir / "state" / "heddle.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")
    worker = start_worker()
    assert "newer version" in _expect_boot_failure(worker, EXIT_CANNOT_BOOT)


def test_a_store_that_has_no_place_yet(start_worker: StartWorker, repository: Repository) -> None:
    (repository.heddle_dir / "state").rmdir()
    (repository.heddle_dir / "state").write_text("")
    worker = start_worker()
    assert "heddle.db" in _expect_boot_failure(worker, EXIT_TRY_AGAIN)


def test_the_daemon_says_what_it_is_and_counts_its_calls(start_worker: StartWorker) -> None:
    worker = start_worker().activate()
    with (
        _client(worker.path) as client,
        grpc.insecure_channel(grpc_address(worker.path)) as channel,
    ):
        client.log.QueryOperations(_query(), timeout=_SECONDS)
        with pytest.raises(grpc.RpcError):
            client.log.QueryOperations(
                operation_log_pb2.QueryOperationsRequest(repo_path="/elsewhere"), timeout=_SECONDS
            )
        daemon = daemon_pb2_grpc.DaemonServiceStub(channel).GetDaemon(
            daemon_pb2.GetDaemonRequest(), timeout=_SECONDS
        )
    assert daemon.version == __version__
    assert daemon.worker_pid == worker.pid
    assert daemon.generation == worker.settings.generation
    assert daemon.repository_path == str(worker.settings.repository)
    assert daemon.limits.max_message_bytes == MAX_MESSAGE_BYTES
    counters = {method.method: method for method in daemon.methods}
    queries = counters["/heddle.v1.OperationLogQueryService/QueryOperations"]
    assert (queries.calls, queries.errors) == (2, 1)
    assert 0 < queries.p50_us <= queries.p99_us
