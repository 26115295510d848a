"""Clients that call a daemon without a pause, and remember each call that failed."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import grpc
from waiting import wait_until

from heddle_api.v1 import operation_log_pb2, operation_log_pb2_grpc

_CALL_SECONDS: Final = 30.0
_REQUEST: Final = operation_log_pb2.QueryOperationsRequest(limit=1)


@contextlib.contextmanager
def channel_to(socket_path: Path) -> Iterator[grpc.Channel]:
    """A channel with a connection of its own."""
    # Channels to one address would otherwise share one.
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(f"unix:{socket_path}", options=options) as channel:
        yield channel


@contextlib.contextmanager
def log_stub(
    socket_path: Path,
) -> Iterator[operation_log_pb2_grpc.OperationLogQueryServiceStub]:
    """A plain generated client of the operation log, on a channel that is made for it alone."""
    with channel_to(socket_path) as channel:
        yield operation_log_pb2_grpc.OperationLogQueryServiceStub(channel)


def query(socket_path: Path) -> None:
    """Make one call on a connection of its own."""
    with log_stub(socket_path) as stub:
        stub.QueryOperations(_REQUEST, timeout=_CALL_SECONDS)


def query_until_answered(socket_path: Path) -> None:
    """Make one call; while there is nobody to answer, make it again on a fresh connection."""
    deadline = time.monotonic() + _CALL_SECONDS
    while True:
        try:
            return query(socket_path)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE or time.monotonic() > deadline:
                raise


class Load:
    """Threads that call in a closed loop, from the entry of the context until its exit."""

    def __init__(self, client: Callable[[Load], None], threads: int) -> None:
        self.calls = 0
        self.failures: list[str] = []
        self.worst_seconds = 0.0
        self._began = 0.0
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=client, args=(self,), daemon=True) for _ in range(threads)
        ]

    @classmethod
    def on_kept_channels(cls, socket_path: Path, threads: int = 2) -> Load:
        """Each thread keeps one channel, and nothing is ever tried twice."""

        def client(load: Load) -> None:
            with log_stub(socket_path) as stub:
                load.repeat(lambda: stub.QueryOperations(_REQUEST, timeout=_CALL_SECONDS))

        return cls(client, threads)

    @classmethod
    def on_fresh_channels(cls, socket_path: Path, threads: int = 1) -> Load:
        """Each call is made on a channel of its own, and once."""
        return cls(lambda load: load.repeat(lambda: query(socket_path)), threads)

    @classmethod
    def with_retries(cls, socket_path: Path, threads: int = 2) -> Load:
        """Each call is made again on a fresh channel while nobody answers."""
        return cls(lambda load: load.repeat(lambda: query_until_answered(socket_path)), threads)

    def repeat(self, call: Callable[[], object]) -> None:
        """Call until the end, and keep the account."""
        while not self._ending.is_set():
            began = time.monotonic()
            failure = ""
            try:
                call()
            except grpc.RpcError as error:
                failure = f"{error.code().name}: {error.details()}"
            with self._lock:
                self.calls += 1
                self.worst_seconds = max(self.worst_seconds, time.monotonic() - began)
                if failure:
                    self.failures.append(failure)

    def progress(self, calls: int = 10) -> None:
        """Wait until so many more calls have ended: the load is there."""
        target = self.calls + calls
        wait_until(lambda: self.calls >= target, f"{calls} more calls have ended")

    def seconds(self) -> float:
        """Return how long the load has been on."""
        return time.monotonic() - self._began

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()
        self.progress()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(_CALL_SECONDS * 2)
            assert not thread.is_alive(), "a call never ended"
