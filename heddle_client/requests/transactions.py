"""Calls of `TransactionService` and `heddle.local.v1.SnapshotService`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from heddle_api.local.v1 import snapshot_pb2
from heddle_api.v1 import transaction_pb2
from heddle_client.calls import LONG_SECONDS, Call, Method, client_operation_id, request
from heddle_client.values.snapshot import (
    CompareSnapshotResponse,
    RestorePathsResponse,
    RestoreStep,
    Snapshot,
    Transaction,
    UndoAbortResponse,
)
from heddle_client.values.transaction import (
    AbortTransactionResponse,
    BeginTransactionResponse,
    CommitTransactionResponse,
    TransactionStatus,
)

_TRANSACTIONS: Final = "/heddle.v1.TransactionService/"
_SNAPSHOTS: Final = "/heddle.local.v1.SnapshotService/"

_BEGIN: Final = Method(
    f"{_TRANSACTIONS}BeginTransaction",
    transaction_pb2.BeginTransactionResponse.FromString,
    BeginTransactionResponse.of,
    LONG_SECONDS,
)
_COMMIT: Final = Method(
    f"{_TRANSACTIONS}CommitTransaction",
    transaction_pb2.CommitTransactionResponse.FromString,
    CommitTransactionResponse.of,
    LONG_SECONDS,
)
_ABORT: Final = Method(
    f"{_TRANSACTIONS}AbortTransaction",
    transaction_pb2.AbortTransactionResponse.FromString,
    AbortTransactionResponse.of,
    LONG_SECONDS,
)
_STATUS: Final = Method(
    f"{_TRANSACTIONS}GetTransactionStatus",
    transaction_pb2.TransactionStatus.FromString,
    TransactionStatus.of,
)


def _transactions(reply: snapshot_pb2.ListTransactionsResponse) -> tuple[Transaction, ...]:
    return tuple(map(Transaction.of, reply.transactions))


def _kept(reply: snapshot_pb2.ListSnapshotsResponse) -> tuple[Snapshot, ...]:
    return tuple(map(Snapshot.of, reply.snapshots))


def _steps(reply: snapshot_pb2.PlanRestoreResponse) -> tuple[RestoreStep, ...]:
    return tuple(map(RestoreStep.of, reply.steps))


_LIST: Final = Method(
    f"{_SNAPSHOTS}ListTransactions",
    snapshot_pb2.ListTransactionsResponse.FromString,
    _transactions,
)
_KEPT: Final = Method(
    f"{_SNAPSHOTS}ListSnapshots", snapshot_pb2.ListSnapshotsResponse.FromString, _kept
)
_COMPARE: Final = Method(
    f"{_SNAPSHOTS}CompareSnapshot",
    snapshot_pb2.CompareSnapshotResponse.FromString,
    CompareSnapshotResponse.of,
    LONG_SECONDS,
)
_PLAN: Final = Method(
    f"{_SNAPSHOTS}PlanRestore",
    snapshot_pb2.PlanRestoreResponse.FromString,
    _steps,
    LONG_SECONDS,
)
_RESTORE: Final = Method(
    f"{_SNAPSHOTS}RestorePaths",
    snapshot_pb2.RestorePathsResponse.FromString,
    RestorePathsResponse.of,
    LONG_SECONDS,
)
_UNDO: Final = Method(
    f"{_SNAPSHOTS}UndoAbort",
    snapshot_pb2.UndoAbortResponse.FromString,
    UndoAbortResponse.of,
    LONG_SECONDS,
)


@request
def begin(
    repo_path: str, *, message: str, thread: str, operation_id: str | None
) -> Call[BeginTransactionResponse]:
    """Return the call that begins a transaction."""
    body = transaction_pb2.BeginTransactionRequest(
        repo_path=repo_path,
        thread=thread,
        message=message,
        client_operation_id=client_operation_id(operation_id),
    )
    return Call(_BEGIN, body.SerializeToString())


@request
def commit(
    repo_path: str, transaction_id: str, *, operation_id: str | None
) -> Call[CommitTransactionResponse]:
    """Return the call that commits a transaction."""
    body = transaction_pb2.CommitTransactionRequest(
        repo_path=repo_path,
        transaction_id=transaction_id,
        client_operation_id=client_operation_id(operation_id),
    )
    return Call(_COMMIT, body.SerializeToString())


@request
def abort(
    repo_path: str, transaction_id: str, *, reason: str, operation_id: str | None
) -> Call[AbortTransactionResponse]:
    """Return the call that aborts a transaction."""
    body = transaction_pb2.AbortTransactionRequest(
        repo_path=repo_path,
        transaction_id=transaction_id,
        reason=reason,
        client_operation_id=client_operation_id(operation_id),
    )
    return Call(_ABORT, body.SerializeToString())


@request
def status(repo_path: str, transaction_id: str) -> Call[TransactionStatus]:
    """Return the call that tells how far a transaction has got."""
    body = transaction_pb2.GetTransactionStatusRequest(
        repo_path=repo_path, transaction_id=transaction_id
    )
    return Call(_STATUS, body.SerializeToString())


@request
def recent(repo_path: str, *, limit: int) -> Call[tuple[Transaction, ...]]:
    """Return the call that lists transactions."""
    body = snapshot_pb2.ListTransactionsRequest(repo_path=repo_path, limit=limit)
    return Call(_LIST, body.SerializeToString())


@request
def snapshots(repo_path: str, transaction_id: str) -> Call[tuple[Snapshot, ...]]:
    """Return the call that lists what a transaction keeps."""
    body = snapshot_pb2.ListSnapshotsRequest(repo_path=repo_path, transaction_id=transaction_id)
    return Call(_KEPT, body.SerializeToString())


@request
def compare(
    repo_path: str, transaction_id: str, *, snapshot: str, include_diff: bool
) -> Call[CompareSnapshotResponse]:
    """Return the call that tells what has changed since a snapshot."""
    body = snapshot_pb2.CompareSnapshotRequest(
        repo_path=repo_path,
        transaction_id=transaction_id,
        snapshot=snapshot,
        include_diff=include_diff,
    )
    return Call(_COMPARE, body.SerializeToString())


@request
def plan_restore(
    repo_path: str, transaction_id: str, *, snapshot: str
) -> Call[tuple[RestoreStep, ...]]:
    """Return the call that tells what going back would do."""
    body = snapshot_pb2.PlanRestoreRequest(
        repo_path=repo_path, transaction_id=transaction_id, snapshot=snapshot
    )
    return Call(_PLAN, body.SerializeToString())


@request
def restore_paths(
    repo_path: str,
    transaction_id: str,
    paths: Sequence[str],
    *,
    snapshot: str,
    operation_id: str | None,
) -> Call[RestorePathsResponse]:
    """Return the call that takes single paths back."""
    body = snapshot_pb2.RestorePathsRequest(
        repo_path=repo_path,
        transaction_id=transaction_id,
        snapshot=snapshot,
        paths=paths,
        client_operation_id=client_operation_id(operation_id),
    )
    return Call(_RESTORE, body.SerializeToString())


@request
def undo_abort(
    repo_path: str, transaction_id: str, *, operation_id: str | None
) -> Call[UndoAbortResponse]:
    """Return the call that brings back what an abort took away."""
    body = snapshot_pb2.UndoAbortRequest(
        repo_path=repo_path,
        transaction_id=transaction_id,
        client_operation_id=client_operation_id(operation_id),
    )
    return Call(_UNDO, body.SerializeToString())
