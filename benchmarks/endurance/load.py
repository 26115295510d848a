"""Clients that call a daemon in a closed loop, and the count of what they met."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import grpc

from benchmarks.echo_client import connect
from heddle_api.v1 import operation_log_pb2, operation_log_pb2_grpc

_CALL_SECONDS: Final = 10.0
_RETRY_SECONDS: Final = 5.0
_FIRST_PAUSE: Final = 0.001
_LONGEST_PAUSE: Final = 0.05
_REQUEST: Final = operation_log_pb2.QueryOperationsRequest(limit=1)


class Client(Protocol):
    """Somebody who calls the daemon."""

    def call(self) -> None:
        """Make one call; raises `grpc.RpcError` if it fails."""

    def close(self) -> None:
        """Give its channel back."""


class PlainClient:
    """What a generated stub and a channel are by themselves: no retry, one channel for ever."""

    def __init__(self, socket: Path) -> None:
        self._channel = connect(socket)
        self._stub = operation_log_pb2_grpc.OperationLogQueryServiceStub(self._channel)

    def call(self) -> None:
        """Make one call; raises `grpc.RpcError` if it fails."""
        self._stub.QueryOperations(_REQUEST, timeout=_CALL_SECONDS)

    def close(self) -> None:
        """Give its channel back."""
        self._channel.close()


class RetryingClient:
    """The client as heddle recommends it: UNAVAILABLE is tried again, on a new channel.

    A channel that has met a refused connect waits before it connects again; a new one does not.
    """

    def __init__(self, socket: Path, *, patience: float = _RETRY_SECONDS) -> None:
        """Connect; a call is tried again for `patience` seconds, after pauses that double."""
        self._socket = socket
        self._patience = patience
        self._client = PlainClient(socket)

    def call(self) -> None:
        """Make one call; raises `grpc.RpcError` if it fails for longer than it is patient."""
        give_up = time.monotonic() + self._patience
        pause = _FIRST_PAUSE
        while True:
            try:
                self._client.call()
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE or time.monotonic() > give_up:
                    raise
                self._client.close()
                self._client = PlainClient(self._socket)
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                return

    def close(self) -> None:
        """Give its channel back."""
        self._client.close()


@dataclass(slots=True)
class Tally:
    """What the calls of one client have met."""

    latencies: list[float] = field(default_factory=list)
    """Of the calls that succeeded, in milliseconds."""
    failures: Counter[str] = field(default_factory=Counter)
    """How often each error was met."""

    def note(self, client: Client) -> None:
        """Make one call and count it."""
        begin = time.perf_counter()
        try:
            client.call()
        except grpc.RpcError as error:
            self.failures[f"{error.code().name}: {error.details()}"] += 1
        else:
            self.latencies.append((time.perf_counter() - begin) * 1000)


@contextmanager
def load(clients: Sequence[Client]) -> Iterator[list[Tally]]:
    """Let each client call from a thread of its own while the block runs; give their tallies."""
    tallies = [Tally() for _ in clients]
    over = threading.Event()

    def call_until_over(client: Client, tally: Tally) -> None:
        while not over.is_set():
            tally.note(client)
        client.close()

    threads = [
        threading.Thread(target=call_until_over, args=pair)
        for pair in zip(clients, tallies, strict=True)
    ]
    for thread in threads:
        thread.start()
    try:
        yield tallies
    finally:
        over.set()
        for thread in threads:
            thread.join()
