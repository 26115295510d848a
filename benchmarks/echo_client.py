"""The clients of `echo_server`: the same code whichever way the service is served."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import grpc

from benchmarks.echo_server import Method

_PAYLOAD: Final = b"x" * 200
_DEPTH: Final = 8
_STREAMS_PER_CONNECTION: Final = 10
# Channels to one address share a connection unless told otherwise.
_OWN_CONNECTION: Final = [("grpc.use_local_subchannel_pool", 1)]


def connect(socket: Path) -> grpc.Channel:
    """Return a channel with a connection of its own to the server on `socket`."""
    return grpc.insecure_channel(f"unix:{socket}", options=_OWN_CONNECTION)


@dataclass(frozen=True, slots=True)
class SequentialClient:
    """One connection that makes one call after the other."""

    channel: grpc.Channel

    def latencies(self, method: Method, calls: int) -> list[float]:
        """Make `calls` unary calls; return how long each took, in milliseconds."""
        call = _unary(self.channel, method)
        return [_timed(call) for _ in range(calls)]


def _unary(channel: grpc.Channel, method: Method) -> grpc.UnaryUnaryMultiCallable[bytes, bytes]:
    return channel.unary_unary(method.path)


def _timed(call: grpc.UnaryUnaryMultiCallable[bytes, bytes]) -> float:
    begin = time.perf_counter()
    call(_PAYLOAD)
    return (time.perf_counter() - begin) * 1000


def pipelined_calls(socket: Path, method: Method, begin: float, calls: int) -> float:
    """Make `calls` unary calls, several in flight, from `begin` on; return when the last ended.

    Both times are readings of the monotonic clock, which all processes of a machine share.
    """
    with connect(socket) as channel:
        call = _unary(channel, method)
        call(_PAYLOAD)
        time.sleep(max(0.0, begin - time.monotonic()))
        replies = (call.future(_PAYLOAD) for _ in range(calls))
        in_flight = deque(islice(replies, _DEPTH))
        while in_flight:
            in_flight.popleft().result()
            in_flight.extend(islice(replies, 1))
    return time.monotonic()


@contextmanager
def open_streams(socket: Path, count: int) -> Iterator[None]:
    """Hold `count` server streams open, each known to be served, while the block runs."""
    with ExitStack() as stack:
        for _ in range(0, count, _STREAMS_PER_CONNECTION):
            channel = stack.enter_context(connect(socket))
            wait: grpc.UnaryStreamMultiCallable[bytes, bytes]
            wait = channel.unary_stream(Method.WAIT.path)
            streams = [wait(_PAYLOAD) for _ in range(_STREAMS_PER_CONNECTION)]
            for stream in streams:
                next(stream)
                stack.callback(stream.cancel)
        yield
