"""A client of DiscussionService, and a repository that has something to discuss."""

from __future__ import annotations

from typing import Any, Final

import grpc
from worker_bench import Repository

from heddle_api.v1 import (
    common_pb2,
    discussion_pb2,
    discussion_pb2_grpc,
    operation_log_pb2,
    operation_log_pb2_grpc,
    transaction_pb2,
    transaction_pb2_grpc,
)

_SECONDS: Final = 60

ENGINE: Final = '''\
"""An engine."""


class Engine:
    def start(self, key):
        if key is None:
            raise ValueError("no key")
        self.running = True
        return self.spin(key.turns)

    def stop(self):
        self.running = False


def spin(turns):
    total = 0
    for turn in range(turns):
        total += turn * 2
    return total
'''


class DiscussionClient:
    """A client of the service, of transactions and of the log."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.stub = discussion_pb2_grpc.DiscussionServiceStub(channel)
        self._log = operation_log_pb2_grpc.OperationLogQueryServiceStub(channel)
        self._transactions = transaction_pb2_grpc.TransactionServiceStub(channel)

    def open(
        self,
        symbol: str = "Engine::start",
        file: str = "engine.py",
        transaction: str = "",
        **fields: Any,
    ) -> discussion_pb2.Discussion:
        """Open a discussion against HEAD, unless the fields say otherwise."""
        wanted: dict[str, Any] = {
            "state_id": b"HEAD",
            "body": "Why?",
            "anchor": anchor(file, symbol),
            **fields,
        }
        request = discussion_pb2.OpenDiscussionRequest(**wanted)
        return self.stub.OpenDiscussion(request, timeout=_SECONDS, metadata=within(transaction))

    def append(
        self, discussion_id: str, body: str = "Because.", transaction: str = "", **fields: Any
    ) -> discussion_pb2.Discussion:
        """Append a turn."""
        request = discussion_pb2.AppendTurnRequest(discussion_id=discussion_id, body=body, **fields)
        return self.stub.AppendTurn(request, timeout=_SECONDS, metadata=within(transaction))

    def resolve(
        self, discussion_id: str, transaction: str = "", **fields: Any
    ) -> discussion_pb2.Discussion:
        """Settle a discussion in the way that the fields name."""
        request = discussion_pb2.ResolveDiscussionRequest(discussion_id=discussion_id, **fields)
        return self.stub.ResolveDiscussion(request, timeout=_SECONDS, metadata=within(transaction))

    def dismiss(self, discussion_id: str, transaction: str = "") -> discussion_pb2.Discussion:
        """Dismiss a discussion."""
        dismissed = discussion_pb2.ResolveDiscussionRequest.ResolveDismissed(reason="no need")
        return self.resolve(discussion_id, transaction, dismissed=dismissed)

    def get(self, discussion_id: str, **fields: Any) -> discussion_pb2.Discussion:
        """Return one discussion."""
        request = discussion_pb2.GetDiscussionRequest(discussion_id=discussion_id, **fields)
        return self.stub.GetDiscussion(request, timeout=_SECONDS)

    def by_state(self, state_id: bytes = b"HEAD", **fields: Any) -> list[discussion_pb2.Discussion]:
        """Return the discussions in a state."""
        request = discussion_pb2.ListDiscussionsByStateRequest(state_id=state_id, **fields)
        return list(self.stub.ListByState(request, timeout=_SECONDS).discussions)

    def by_symbol(
        self, symbol: str = "Engine::start", file: str = "engine.py", **fields: Any
    ) -> list[discussion_pb2.Discussion]:
        """Return the discussions of a symbol at HEAD."""
        request = discussion_pb2.ListDiscussionsBySymbolRequest(
            anchor=anchor(file, symbol), **fields
        )
        return list(self.stub.ListBySymbol(request, timeout=_SECONDS).discussions)

    def logged(self, *verbs: str, **fields: Any) -> list[operation_log_pb2.OperationHit]:
        """Return the log's entries with some verbs; those of discussions by default."""
        wanted = verbs or ("discussion.open", "discussion.append_turn", "discussion.resolve")
        request = operation_log_pb2.QueryOperationsRequest(verbs=wanted, **fields)
        return list(self._log.QueryOperations(request, timeout=_SECONDS).hits)

    def begin(self) -> str:
        """Begin a transaction; return its id."""
        request = transaction_pb2.BeginTransactionRequest()
        return self._transactions.BeginTransaction(request, timeout=_SECONDS).transaction_id

    def commit(self, transaction: str) -> None:
        """Commit a transaction."""
        request = transaction_pb2.CommitTransactionRequest(transaction_id=transaction)
        self._transactions.CommitTransaction(request, timeout=_SECONDS)

    def abort(self, transaction: str) -> None:
        """Abort a transaction."""
        request = transaction_pb2.AbortTransactionRequest(transaction_id=transaction)
        self._transactions.AbortTransaction(request, timeout=_SECONDS)


def anchor(file: str, symbol: str) -> common_pb2.PathSymbolRef:
    """Return a symbol of a file."""
    return common_pb2.PathSymbolRef(file=file, symbol=symbol)


def within(transaction: str) -> tuple[tuple[str, str], ...]:
    """Return the metadata of a call within a transaction."""
    return (("heddle-transaction-id", transaction),) if transaction else ()


def write(repository: Repository, name: str, text: str, subject: str = "change") -> bytes:
    """Commit a file with a text; return the commit's raw id."""
    path = repository.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    repository.git("add", "--all", ":!.heddle")
    return bytes.fromhex(repository.commit(subject))
