"""A client of `grpc.health.v1` that makes a new connection for every call."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from benchmarks.echo_client import connect
from benchmarks.report import BenchmarkError

_PAUSE: Final = 0.0005
_CALL_TIMEOUT: Final = 1.0
_GIVE_UP: Final = 30.0


def first_reply(socket: Path, *, timeout: float = _CALL_TIMEOUT) -> float:
    """Connect anew every half millisecond until the server on `socket` answers SERVING.

    Args:
        socket: where to connect.
        timeout: seconds after which a connection without an answer is given up.

    Returns:
        When the answer came, in monotonic seconds.

    Raises:
        BenchmarkError: It did not answer within 30 seconds.
    """
    return until_answered(lambda: serves(socket, timeout))


def until_answered(ask: Callable[[], bool]) -> float:
    """Ask every half millisecond until there is an answer; return when, in monotonic seconds.

    Raises:
        BenchmarkError: There was none within 30 seconds.
    """
    deadline = time.monotonic() + _GIVE_UP
    while not ask():
        if time.monotonic() > deadline:
            raise BenchmarkError(f"no call was answered within {_GIVE_UP:g} s")
        time.sleep(_PAUSE)
    return time.monotonic()


def connect_and_check(socket: Path, samples: int) -> list[float]:
    """Time `samples` connections with one health check each, in milliseconds."""
    latencies = []
    for _ in range(samples):
        begin = time.perf_counter()
        if not serves(socket):
            raise BenchmarkError("the daemon stopped answering health checks")
        latencies.append((time.perf_counter() - begin) * 1000)
    return latencies


def serves(socket: Path, timeout: float = _CALL_TIMEOUT) -> bool:
    """Return whether a new connection to `socket` is answered with SERVING."""
    request = health_pb2.HealthCheckRequest()
    with connect(socket) as channel:
        # The generated stub has no annotations.
        health: Any = health_pb2_grpc.HealthStub(channel)
        try:
            reply = health.Check(request, timeout=timeout)
        except grpc.RpcError:
            return False
    return bool(reply.status == health_pb2.HealthCheckResponse.SERVING)
