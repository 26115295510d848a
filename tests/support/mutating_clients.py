"""Clients that change things under operation ids, and try again whatever becomes of the daemon."""

from __future__ import annotations

import contextlib
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import grpc
from call_load import channel_to
from google.protobuf.message import Message

from heddle_api.v1 import common_pb2, hook_pb2, hook_pb2_grpc, transaction_pb2, transaction_pb2_grpc

_CALL_SECONDS: Final = 20.0
_PATIENCE_SECONDS: Final = 90.0
_PAUSE_SECONDS: Final = 0.02
_AGAIN: Final = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
)


class MutatingClients:
    """Threads that register, remove, begin, commit and abort until enough is acknowledged.

    Args:
        socket_path: of the daemon.
        worktrees: one for each client that makes transactions; clients beyond them only register.
        count: how many clients.
        enough: how many acknowledged mutations end it.
        seed: of the chance that decides what each does.

    Attributes:
        acknowledged: the operation ids of requests whose reply has come, with their verbs.
        silent: those of them that have no entry in the log: nothing was there to be removed, or
            they belong to a transaction that was aborted.
        given_up: the operation ids of requests that were not asked about again.
        failures: what a client has met that it may not meet.
    """

    def __init__(
        self, socket_path: Path, worktrees: list[Path], count: int, enough: int, seed: int
    ) -> None:
        self.acknowledged: dict[str, str] = {}
        self.silent: set[str] = set()
        self.given_up: set[str] = set()
        self.failures: list[str] = []
        self.retries: Counter[str] = Counter()
        self._socket_path = socket_path
        self._enough = enough
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(
                target=self._guarded,
                args=(random.Random(f"{seed} {number}"), number, worktrees[number : number + 1]),
                daemon=True,
            )
            for number in range(count)
        ]

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Let them run beside the block, and wait for their end after it."""
        for thread in self._threads:
            thread.start()
        yield
        for thread in self._threads:
            thread.join(_PATIENCE_SECONDS * 2)
            assert not thread.is_alive(), "a client never ended"

    def are_done(self) -> bool:
        """Return whether enough is acknowledged, or something has failed."""
        return len(self.acknowledged) >= self._enough or bool(self.failures)

    def _guarded(self, chance: random.Random, number: int, worktrees: list[Path]) -> None:
        try:
            while not self.are_done():
                if worktrees and chance.random() < 0.2:
                    self._transact(chance, number, worktrees[0])
                else:
                    self._register(chance, number)
        except Exception as error:
            self.failures.append(f"client {number}: {error!r}")

    def _register(self, chance: random.Random, number: int, transaction_id: str = "") -> str:
        name = f"{number} {chance.randrange(20)}"
        if chance.random() < 0.8:
            request: Any = hook_pb2.RegisterHookRequest(name=name, command=f"{chance.random()}")
            verb, method = "hook.register_hook", "RegisterHook"
        else:
            request = hook_pb2.DeregisterHookRequest(name=name)
            verb, method = "hook.deregister_hook", "DeregisterHook"
        gives_up = chance.random() < 0.02 and not transaction_id
        reply = self._call(
            lambda channel: getattr(hook_pb2_grpc.HookServiceStub(channel), method),
            request,
            verb,
            transaction_id,
            gives_up=gives_up,
        )
        if isinstance(reply, common_pb2.DeleteResponse) and not reply.deleted:
            self.silent.add(request.client_operation_id)
        if reply is not None and chance.random() < 0.1:
            self._ask_again(method, request, reply, transaction_id)
        return str(request.client_operation_id)

    def _ask_again(self, method: str, request: Any, reply: Message, transaction_id: str) -> None:
        """A reply that was lost on the way is asked for once more: it has to be the same."""
        with channel_to(self._socket_path) as channel:
            metadata = (("heddle-transaction-id", transaction_id),) if transaction_id else ()
            with contextlib.suppress(grpc.RpcError):
                again = getattr(hook_pb2_grpc.HookServiceStub(channel), method)(
                    request, timeout=_CALL_SECONDS, metadata=metadata
                )
                if again != reply:
                    self.failures.append(f"{again} instead of {reply}")

    def _transact(self, chance: random.Random, number: int, worktree: Path) -> None:
        begin = transaction_pb2.BeginTransactionRequest(repo_path=str(worktree))
        begun = self._transaction("BeginTransaction", begin)
        file = worktree / f"file {chance.randrange(3)}"
        before = file.read_bytes() if file.exists() else None
        file.write_text(f"{chance.random()}\n")
        within = [
            self._register(chance, number, begun.transaction_id) for _ in range(chance.randrange(3))
        ]
        if chance.random() < 0.5:
            commit = transaction_pb2.CommitTransactionRequest(transaction_id=begun.transaction_id)
            self._transaction("CommitTransaction", commit)
            return
        abort = transaction_pb2.AbortTransactionRequest(transaction_id=begun.transaction_id)
        self._transaction("AbortTransaction", abort)
        self.silent.update(within)
        after = file.read_bytes() if file.exists() else None
        if after != before:
            self.failures.append(f"{file} has {after!r} after an abort, and had {before!r}")

    def _transaction(self, method: str, request: Any) -> Any:
        return self._call(
            lambda channel: getattr(transaction_pb2_grpc.TransactionServiceStub(channel), method),
            request,
            f"TransactionService.{method}",
        )

    def _call(
        self,
        stub: Callable[[grpc.Channel], Any],
        request: Any,
        verb: str,
        transaction_id: str = "",
        *,
        gives_up: bool = False,
    ) -> Any:
        """Return the reply, after as many tries as it takes; `None` when it was given up."""
        request.client_operation_id = str(uuid.uuid4())
        metadata = (("heddle-transaction-id", transaction_id),) if transaction_id else ()
        deadline = 0.0
        while True:
            try:
                with channel_to(self._socket_path) as channel:
                    reply = stub(channel)(request, timeout=_CALL_SECONDS, metadata=metadata)
            except grpc.RpcError as error:
                if error.code() not in _AGAIN:
                    raise
                self.retries[error.code().name] += 1
                if gives_up:
                    with self._lock:
                        self.given_up.add(request.client_operation_id)
                    return None
                if self.are_done():
                    # What takes longer than the killer's pauses has its turn when all is quiet.
                    deadline = deadline or time.monotonic() + _PATIENCE_SECONDS
                    if time.monotonic() > deadline:
                        raise
                time.sleep(_PAUSE_SECONDS)
            else:
                with self._lock:
                    self.acknowledged[request.client_operation_id] = verb
                return reply
