"""A stream that stays open says by its initial metadata from when on it misses nothing."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from waiting import DEADLINE
from worker_bench import Repository, Worker

from heddle_api.v1 import (
    hook_pb2,
    hook_pb2_grpc,
    operation_log_pb2,
    operation_log_pb2_grpc,
    signal_pb2,
    signal_pb2_grpc,
)
from heddle_worker.serving.socket_address import grpc_address


def log(channel: grpc.Channel) -> Any:
    query = operation_log_pb2.QueryOperationsRequest(verbs=["marker_create"])
    request = operation_log_pb2.StreamOperationsRequest(query=query, follow=True)
    stub = operation_log_pb2_grpc.OperationLogQueryServiceStub(channel)
    return stub.StreamOperations(request, timeout=DEADLINE)


def updates(channel: grpc.Channel) -> Any:
    stub = signal_pb2_grpc.SignalServiceStub(channel)
    request = signal_pb2.SubscribeSignalUpdatesRequest()
    return stub.SubscribeSignalUpdates(request, timeout=DEADLINE)


def events(channel: grpc.Channel) -> Any:
    stub = hook_pb2_grpc.HookServiceStub(channel)
    request = hook_pb2.SubscribeHookEventsRequest(events=["post_thread_create"])
    return stub.SubscribeHookEvents(request, timeout=DEADLINE)


@pytest.fixture
def channel(start_worker: Callable[..., Worker]) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(grpc_address(start_worker().activate().path)) as channel:
        yield channel


@pytest.mark.parametrize(
    ("subscribe", "words"),
    [
        (log, ("tag", "v1")),
        (updates, ("commit", "--allow-empty", "-m", "told")),
        (events, ("branch", "told")),
    ],
)
def test_what_happens_after_the_metadata_came_is_told(
    channel: grpc.Channel,
    repository: Repository,
    subscribe: Callable[[grpc.Channel], Any],
    words: tuple[str, ...],
) -> None:
    stream = subscribe(channel)
    said: queue.SimpleQueue[object] = queue.SimpleQueue()
    reading = threading.Thread(target=lambda: said.put(next(stream)))
    reading.start()
    stream.initial_metadata()
    assert stream.is_active(), "it came with the end alone"
    assert said.empty()
    repository.git(*words)
    assert said.get(timeout=DEADLINE)
    reading.join()
    stream.cancel()


def test_who_is_refused_learns_it_at_once(channel: grpc.Channel) -> None:
    stub = hook_pb2_grpc.HookServiceStub(channel)
    stream: Any = stub.SubscribeHookEvents(
        hook_pb2.SubscribeHookEventsRequest(events=["lunch"]), timeout=DEADLINE
    )
    stream.initial_metadata()
    assert stream.code() is grpc.StatusCode.INVALID_ARGUMENT
