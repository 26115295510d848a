"""A client of `grpc.health.v1` that makes a new connection for every call."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from benchmarks.echo_client import connect
from benchmarks.report import BenchmarkError

_PAUSE: Final = 0.0005
_CALL_TIMEOUT: Final = 1.0
_GIVE_UP: Final = 30.0


def first_reply(socket: Path) -> None:
    """Connect anew every half millisecond until the server on `socket` answers SERVING.

    Raises:
        BenchmarkError: It did not answer within 30 seconds.
    """
    deadline = time.monotonic() + _GIVE_UP
    while not _serves(socket):
        if time.monotonic() > deadline:
            raise BenchmarkError(f"no health check was answered within {_GIVE_UP:g} s")
        time.sleep(_PAUSE)


def connect_and_check(socket: Path, samples: int) -> list[float]:
    """Time `samples` connections with one health check each, in milliseconds."""
    latencies = []
    for _ in range(samples):
        begin = time.perf_counter()
        if not _serves(socket):
            raise BenchmarkError("the daemon stopped answering health checks")
        latencies.append((time.perf_counter() - begin) * 1000)
    return latencies


def _serves(socket: Path) -> bool:
    request = health_pb2.HealthCheckRequest()
    with connect(socket) as channel:
        # The generated stub has no annotations.
        health: Any = health_pb2_grpc.HealthStub(channel)
        try:
            reply = health.Check(request, timeout=_CALL_TIMEOUT)
        except grpc.RpcError:
            return False
    return bool(reply.status == health_pb2.HealthCheckResponse.SERVING)
