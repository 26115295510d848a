"""A client of the daemon's store: it writes, asks and follows, and takes the time."""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import grpc

from benchmarks.echo_client import connect
from benchmarks.report import BenchmarkError
from heddle_api.v1 import (
    hook_pb2,
    hook_pb2_grpc,
    operation_log_pb2,
    operation_log_pb2_grpc,
    transaction_pb2,
    transaction_pb2_grpc,
)

Query: TypeAlias = operation_log_pb2.QueryOperationsRequest

_CALL_SECONDS: Final = 60.0
_PAGE: Final = 2_000
_STREAMS_PER_CONNECTION: Final = 10
_NAMES: Final = 8
"""Hooks that the writes replace by turns, so that there are never more."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One write, and when a follower had it: readings of `time.perf_counter`."""

    replied: float
    delivered: float


class Stream(Protocol):
    """The operations that a daemon sends one by one."""

    def __iter__(self) -> Iterator[operation_log_pb2.OperationHit]:
        """Return itself."""

    def __next__(self) -> operation_log_pb2.OperationHit:
        """Return the next operation, once there is one."""

    def cancel(self) -> bool:
        """Leave."""


class StoreClient:
    """One connection that makes one call after the other."""

    def __init__(self, channel: grpc.Channel) -> None:
        # The generated stubs' methods have no annotations that all type checkers understand.
        self._hooks: Any = hook_pb2_grpc.HookServiceStub(channel)
        self._log: Any = operation_log_pb2_grpc.OperationLogQueryServiceStub(channel)
        self._transactions: Any = transaction_pb2_grpc.TransactionServiceStub(channel)

    def writes(self, count: int) -> list[float]:
        """Make durable writes; return how long each took, in milliseconds."""
        return [_timed(lambda: self.write(str(uuid.uuid4()))) for _ in range(count)]

    def write(self, operation_id: str) -> None:
        """Make a durable write, or repeat the one of the same id."""
        self._hooks.RegisterHook(_registration(operation_id), timeout=_CALL_SECONDS)

    def replays(self, operation_id: str, count: int) -> list[float]:
        """Repeat a write; return how long each reply took, in milliseconds."""
        return [_timed(lambda: self.write(operation_id)) for _ in range(count)]

    def queries(self, query: Query, count: int) -> list[float]:
        """Ask the same again and again; return how long each reply took, in milliseconds."""
        return [_timed(lambda: self.ask(query)) for _ in range(count)]

    def ask(self, query: Query) -> list[operation_log_pb2.OperationHit]:
        """Return the matching operations."""
        return list(self._log.QueryOperations(query, timeout=_CALL_SECONDS).hits)

    def newest(self, after_seq: int) -> int:
        """Return the place of the newest operation, found by paging on from one."""
        while True:
            query = Query(include_checkpoints=True, after_seq=after_seq, limit=_PAGE)
            hits = self.ask(query)
            after_seq = hits[-1].seq if hits else after_seq
            if len(hits) < _PAGE:
                return after_seq

    def follow(self, after_seq: int) -> Stream:
        """Return the stream of all operations after a place, and of all that are to come."""
        query = Query(include_checkpoints=True, after_seq=after_seq)
        request = operation_log_pb2.StreamOperationsRequest(query=query, follow=True)
        stream: Stream
        stream = self._log.StreamOperations(request)
        return stream

    def deliveries(self, after_seq: int, count: int) -> list[Delivery]:
        """Make writes while one follower listens."""
        seen: dict[str, float] = {}
        arrived = threading.Semaphore(0)
        stream = self.follow(after_seq)

        def listen() -> None:
            try:
                for hit in stream:
                    seen[hit.operation_id] = time.perf_counter()
                    arrived.release()
            except grpc.RpcError:
                return

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            return [self._delivered(seen, arrived) for _ in range(count)]
        finally:
            stream.cancel()
            listener.join()

    def _delivered(self, seen: dict[str, float], arrived: threading.Semaphore) -> Delivery:
        operation_id = str(uuid.uuid4())
        self.write(operation_id)
        replied = time.perf_counter()
        while operation_id not in seen:
            if not arrived.acquire(timeout=_CALL_SECONDS):
                raise BenchmarkError("a follower did not get an operation")
        return Delivery(replied, seen[operation_id])

    def begin(self) -> tuple[float, str]:
        """Begin a transaction; return how long that took, in milliseconds, and its id."""
        request = transaction_pb2.BeginTransactionRequest(client_operation_id=str(uuid.uuid4()))
        began = time.perf_counter()
        reply = self._transactions.BeginTransaction(request, timeout=_CALL_SECONDS)
        return (time.perf_counter() - began) * 1000, str(reply.transaction_id)

    def abort(self, transaction: str) -> None:
        """Abort a transaction."""
        request = transaction_pb2.AbortTransactionRequest(
            transaction_id=transaction, client_operation_id=str(uuid.uuid4())
        )
        self._transactions.AbortTransaction(request, timeout=_CALL_SECONDS)


def is_offered(call: Callable[[], object]) -> bool:
    """Make a call; return whether the daemon has its method."""
    try:
        call()
    except grpc.RpcError as error:
        if error.code() is grpc.StatusCode.UNIMPLEMENTED:
            return False
        raise BenchmarkError(f"a call failed: {error.code().name}, {error.details()}") from error
    return True


def answers(socket: Path) -> bool:
    """Return whether a new connection's query of the log is answered."""
    with connect(socket) as channel:
        try:
            StoreClient(channel).ask(Query(limit=1))
        except grpc.RpcError:
            return False
    return True


@contextmanager
def followers(socket: Path, after_seq: int, count: int) -> Iterator[None]:
    """Hold streams that follow the log open, each known to be served, while the block runs."""
    with ExitStack() as stack:
        for _ in range(0, count, _STREAMS_PER_CONNECTION):
            client = StoreClient(stack.enter_context(connect(socket)))
            streams = [client.follow(after_seq) for _ in range(_STREAMS_PER_CONNECTION)]
            for stream in streams:
                next(stream)
                stack.callback(stream.cancel)
        yield


def pipelined_writes(socket: Path, depth: int, begin: float, calls: int) -> float:
    """Make `calls` writes, `depth` in flight, from `begin` on; return when the last ended.

    Both times are readings of the monotonic clock, which all processes of a machine share.
    """
    with connect(socket) as channel:
        hooks: Any = hook_pb2_grpc.HookServiceStub(channel)
        register = hooks.RegisterHook
        register(_registration(str(uuid.uuid4())), timeout=_CALL_SECONDS)
        time.sleep(max(0.0, begin - time.monotonic()))
        requests = (_registration(str(uuid.uuid4())) for _ in range(calls))
        replies = (register.future(request, timeout=_CALL_SECONDS) for request in requests)
        in_flight = deque(islice(replies, depth))
        while in_flight:
            in_flight.popleft().result()
            in_flight.extend(islice(replies, 1))
    return time.monotonic()


def _registration(operation_id: str) -> hook_pb2.RegisterHookRequest:
    return hook_pb2.RegisterHookRequest(
        name=f"benchmark-{uuid.UUID(operation_id).int % _NAMES}",
        command="true",
        client_operation_id=operation_id,
    )


def _timed(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return (time.perf_counter() - begin) * 1000
