"""A client of the services that have to do with transactions."""

from __future__ import annotations

from typing import Any

import grpc

from heddle_api.local.v1 import snapshot_pb2_grpc
from heddle_api.v1 import (
    hook_pb2,
    hook_pb2_grpc,
    operation_log_pb2,
    operation_log_pb2_grpc,
    transaction_pb2,
    transaction_pb2_grpc,
)


class TransactionClient:
    """A client of the services that have to do with transactions."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._transactions = transaction_pb2_grpc.TransactionServiceStub(channel)
        self._hooks = hook_pb2_grpc.HookServiceStub(channel)
        self._log = operation_log_pb2_grpc.OperationLogQueryServiceStub(channel)
        self.snapshots = snapshot_pb2_grpc.SnapshotServiceStub(channel)

    def begin(self, **fields: Any) -> str:
        request = transaction_pb2.BeginTransactionRequest(**fields)
        return self._transactions.BeginTransaction(request, timeout=60).transaction_id

    def commit(self, transaction_id: str, **fields: Any) -> tuple[str, int]:
        request = transaction_pb2.CommitTransactionRequest(transaction_id=transaction_id, **fields)
        reply = self._transactions.CommitTransaction(request, timeout=60)
        return reply.state_id.hex(), reply.op_count

    def abort(self, transaction_id: str, **fields: Any) -> str:
        request = transaction_pb2.AbortTransactionRequest(transaction_id=transaction_id, **fields)
        reply = self._transactions.AbortTransaction(request, timeout=60)
        assert reply.aborted
        return reply.kept_ref

    def ended(self, transaction_id: str, operation_id: str) -> bool:
        """Return whether it is aborted by now; ask for it under the same id where it is not."""
        try:
            if self.status(transaction_id)[0] == "aborted":
                return True
            self.abort(transaction_id, client_operation_id=operation_id)
        except grpc.RpcError as error:
            if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED):
                raise
            return False
        return True

    def status(self, transaction_id: str, **fields: Any) -> tuple[str, int]:
        request = transaction_pb2.GetTransactionStatusRequest(
            transaction_id=transaction_id, **fields
        )
        status = self._transactions.GetTransactionStatus(request, timeout=60)
        assert status.transaction_id == transaction_id
        assert status.started_at.seconds > 0
        return status.state, status.buffered_ops

    def register(self, name: str, transaction_id: str = "", operation_id: str = "") -> None:
        request = hook_pb2.RegisterHookRequest(
            name=name, command="true", client_operation_id=operation_id
        )
        metadata = (("heddle-transaction-id", transaction_id),) if transaction_id else ()
        self._hooks.RegisterHook(request, timeout=60, metadata=metadata)

    def hooks(self) -> list[str]:
        reply = self._hooks.ListHooks(hook_pb2.ListHooksRequest(), timeout=60)
        return [hook.name for hook in reply.hooks]

    def logged(self, *verbs: str) -> list[operation_log_pb2.OperationHit]:
        request = operation_log_pb2.QueryOperationsRequest(verbs=verbs)
        return list(self._log.QueryOperations(request, timeout=60).hits)
