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
    repo_path: str,
    message: str = "",
    thread: str = "",
    *,
    operation_id: str | None = None,
    timeout: float | None = None,
) -> Call[BeginTransactionResponse]:
    """Begin a transaction and keep a copy of the worktree as it is.

    Args:
        message: what it is for, for people.
        thread: the branch whose tip is the base; empty for HEAD.
        operation_id: see the class.
        timeout: see the class.
    """
    body = transaction_pb2.BeginTransactionRequest(
        repo_path=repo_path,
        thread=thread,
        message=message,
        client_operation_id=client_operation_id(operation_id),
    )
    return _BEGIN.call(body, timeout)


@request
def commit(
    repo_path: str,
    transaction_id: str,
    *,
    operation_id: str | None = None,
    timeout: float | None = None,
) -> Call[CommitTransactionResponse]:
    """Make all that belongs to an active transaction visible at once."""
    body = transaction_pb2.CommitTransactionRequest(
        repo_path=repo_path,
        transaction_id=transaction_id,
        client_operation_id=client_operation_id(operation_id),
    )
    return _COMMIT.call(body, timeout)


@request
def abort(
    repo_path: str,
    transaction_id: str,
    reason: str = "",
    *,
    operation_id: str | None = None,
    timeout: float | None = None,
) -> Call[AbortTransactionResponse]:
    """Drop what belongs to an active transaction, and take the worktree back.

    What the worktree is now is kept: `undo_abort` brings it back.
    """
    body = transaction_pb2.AbortTransactionRequest(
        repo_path=repo_path,
        transaction_id=transaction_id,
        reason=reason,
        client_operation_id=client_operation_id(operation_id),
    )
    return _ABORT.call(body, timeout)


@request
def status(
    repo_path: str, transaction_id: str, *, timeout: float | None = None
) -> Call[TransactionStatus]:
    """Return how far a transaction has got, also after its end."""
    body = transaction_pb2.GetTransactionStatusRequest(
        repo_path=repo_path, transaction_id=transaction_id
    )
    return _STATUS.call(body, timeout)


@request
def recent(
    repo_path: str, limit: int = 0, *, timeout: float | None = None
) -> Call[tuple[Transaction, ...]]:
    """Return the transactions of all worktrees, active ones first; 0 stands for 100."""
    body = snapshot_pb2.ListTransactionsRequest(repo_path=repo_path, limit=limit)
    return _LIST.call(body, timeout)


@request
def snapshots(
    repo_path: str, transaction_id: str, *, timeout: float | None = None
) -> Call[tuple[Snapshot, ...]]:
    """Return the snapshots that a transaction keeps, the oldest first."""
    body = snapshot_pb2.ListSnapshotsRequest(repo_path=repo_path, transaction_id=transaction_id)
    return _KEPT.call(body, timeout)


@request
def compare(
    repo_path: str,
    transaction_id: str,
    snapshot: str = "",
    include_diff: bool = False,
    *,
    timeout: float | None = None,
) -> Call[CompareSnapshotResponse]:
    """Return what has changed in the worktree since a snapshot, with a patch where asked."""
    body = snapshot_pb2.CompareSnapshotRequest(
        repo_path=repo_path,
        transaction_id=transaction_id,
        snapshot=snapshot,
        include_diff=include_diff,
    )
    return _COMPARE.call(body, timeout)


@request
def plan_restore(
    repo_path: str, transaction_id: str, snapshot: str = "", *, timeout: float | None = None
) -> Call[tuple[RestoreStep, ...]]:
    """Return what taking the worktree back to a snapshot would do, and do nothing."""
    body = snapshot_pb2.PlanRestoreRequest(
        repo_path=repo_path, transaction_id=transaction_id, snapshot=snapshot
    )
    return _PLAN.call(body, timeout)


@request
def restore_paths(
    repo_path: str,
    transaction_id: str,
    paths: Sequence[str],
    snapshot: str = "",
    *,
    operation_id: str | None = None,
    timeout: float | None = None,
) -> Call[RestorePathsResponse]:
    """Take single paths back to what they are in a snapshot. What they are now is kept."""
    body = snapshot_pb2.RestorePathsRequest(
        repo_path=repo_path,
        transaction_id=transaction_id,
        snapshot=snapshot,
        paths=paths,
        client_operation_id=client_operation_id(operation_id),
    )
    return _RESTORE.call(body, timeout)


@request
def undo_abort(
    repo_path: str,
    transaction_id: str,
    *,
    operation_id: str | None = None,
    timeout: float | None = None,
) -> Call[UndoAbortResponse]:
    """Bring back the worktree that an abort took away. What it is now is kept."""
    body = snapshot_pb2.UndoAbortRequest(
        repo_path=repo_path,
        transaction_id=transaction_id,
        client_operation_id=client_operation_id(operation_id),
    )
    return _UNDO.call(body, timeout)
