"""SnapshotService: looking at what transactions keep of their worktrees, and getting it back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Final, Protocol

from google.protobuf.timestamp_pb2 import Timestamp

from heddle_api.local.v1 import snapshot_pb2
from heddle_worker.domain import Domain
from heddle_worker.limits import MAX_DIFF_BYTES, MAX_PATHS
from heddle_worker.mutations import Mutation
from heddle_worker.repository.display import displayed
from heddle_worker.rescues import KeptSnapshot, Rescued
from heddle_worker.services.mutating import answered, mutating
from heddle_worker.services.repo_path import ensure_repo_path
from heddle_worker.services.validation import FieldChecks, OfTransaction
from heddle_worker.serving.dispatch import Call
from heddle_worker.snapshots.comparing import Change
from heddle_worker.snapshots.planning import RestorePlan
from heddle_worker.store.transactions import Transaction
from heddle_worker.worktree_copies import BEGIN

_DEFAULT_LIMIT: Final = 100
_MAX_LIMIT: Final = 1_000


class _OfSnapshot(OfTransaction, Protocol):
    """A request that names a snapshot of a transaction."""

    @property
    def snapshot(self) -> str: ...


class SnapshotService:
    """Shows and restores what the transactions of one repository have kept.

    Each method raises `InvalidRequestError` for a field at fault, `NotFoundError` for a `repo_path`
    of another repository and for an unknown transaction, and a `SnapshotError` for an unknown
    snapshot and for a worktree that cannot be looked at or restored.
    """

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._rescues = domain.rescues
        self.mutations = domain.mutations

    async def ListTransactions(
        self, request: snapshot_pb2.ListTransactionsRequest, _call: Call
    ) -> snapshot_pb2.ListTransactionsResponse:
        """Return the transactions of all worktrees, the active ones first."""
        checks = FieldChecks(request)
        if request.limit > _MAX_LIMIT:
            checks.fault("limit", f"{request.limit} is more than {_MAX_LIMIT}")
        checks.done()
        await ensure_repo_path(self._domain, request.repo_path)
        limit = request.limit or _DEFAULT_LIMIT
        found = await asyncio.to_thread(self._domain.transactions.recent, limit)
        return snapshot_pb2.ListTransactionsResponse(transactions=map(_transaction, found))

    async def ListSnapshots(
        self, request: snapshot_pb2.ListSnapshotsRequest, _call: Call
    ) -> snapshot_pb2.ListSnapshotsResponse:
        """Return the snapshots of a transaction, oldest first."""
        FieldChecks.of_transaction(request).done()
        await ensure_repo_path(self._domain, request.repo_path)
        found = await asyncio.to_thread(self._rescues.snapshots, request.transaction_id)
        return snapshot_pb2.ListSnapshotsResponse(snapshots=map(_snapshot, found))

    async def CompareSnapshot(
        self, request: snapshot_pb2.CompareSnapshotRequest, _call: Call
    ) -> snapshot_pb2.CompareSnapshotResponse:
        """Return what has changed in the worktree since a snapshot."""
        _checks(request).done()
        await ensure_repo_path(self._domain, request.repo_path)
        found = await asyncio.to_thread(
            self._rescues.compare,
            request.transaction_id,
            request.snapshot or BEGIN,
            MAX_DIFF_BYTES if request.include_diff else 0,
        )
        return snapshot_pb2.CompareSnapshotResponse(
            changes=map(_change, found.changes),
            diff=found.diff.text,
            diff_truncated=not found.diff.is_complete,
        )

    async def PlanRestore(
        self, request: snapshot_pb2.PlanRestoreRequest, _call: Call
    ) -> snapshot_pb2.PlanRestoreResponse:
        """Return what taking the worktree back to a snapshot would do."""
        _checks(request).done()
        await ensure_repo_path(self._domain, request.repo_path)
        name = request.snapshot or BEGIN
        plan = await asyncio.to_thread(self._rescues.plan, request.transaction_id, name)
        return snapshot_pb2.PlanRestoreResponse(steps=_steps(plan))

    @mutating("SnapshotService.RestorePaths", outside_transactions=True)
    async def RestorePaths(
        self, request: snapshot_pb2.RestorePathsRequest, _call: Call
    ) -> Mutation[Rescued]:
        """Take single paths back to what they are in a snapshot."""
        checks = _checks(request)
        checks.texts("paths", request.paths, MAX_PATHS)
        if not request.paths:
            checks.fault("paths", "name at least one")
        checks.done()
        await ensure_repo_path(self._domain, request.repo_path)
        ready = await asyncio.to_thread(
            self._rescues.restore_paths,
            request.transaction_id,
            request.snapshot or BEGIN,
            [os.fsencode(path) for path in request.paths],
        )
        return answered(ready.change, _restored, ready.settled)

    @mutating("SnapshotService.UndoAbort", outside_transactions=True)
    async def UndoAbort(
        self, request: snapshot_pb2.UndoAbortRequest, _call: Call
    ) -> Mutation[Rescued]:
        """Bring back what an abort took away.

        Raises:
            PreconditionError: the transaction was not aborted, or kept nothing.
        """
        FieldChecks.of_transaction(request).done()
        await ensure_repo_path(self._domain, request.repo_path)
        ready = await asyncio.to_thread(self._rescues.undo_abort, request.transaction_id)
        return answered(
            ready.change,
            lambda rescued: snapshot_pb2.UndoAbortResponse(kept_as=rescued.kept_as),
            ready.settled,
        )


def _checks(request: _OfSnapshot) -> FieldChecks:
    checks = FieldChecks.of_transaction(request)
    checks.text("snapshot", request.snapshot)
    return checks


def _transaction(transaction: Transaction) -> snapshot_pb2.Transaction:
    return snapshot_pb2.Transaction(
        transaction_id=transaction.id,
        state=transaction.state,
        started_at=Timestamp(seconds=transaction.started_at),
        message=transaction.message,
        thread=transaction.thread,
        worktree=displayed(transaction.worktree),
        base_state_id=transaction.base_id,
    )


def _snapshot(kept: KeptSnapshot) -> snapshot_pb2.Snapshot:
    head = kept.snapshot.head
    return snapshot_pb2.Snapshot(
        name=kept.name,
        ref=kept.snapshot.ref,
        commit_id=bytes.fromhex(kept.snapshot.commit),
        taken_at=Timestamp(seconds=kept.taken_at),
        branch=displayed(head.branch or b""),
        head_id=bytes.fromhex(head.commit or ""),
    )


def _change(change: Change) -> snapshot_pb2.PathChange:
    return snapshot_pb2.PathChange(
        path=displayed(change.path), kind=change.kind.value, side=change.side.value
    )


def _steps(plan: RestorePlan) -> Iterator[snapshot_pb2.RestoreStep]:
    """Yield the steps of a plan, the files before what git says of them."""
    for action, paths in (("write", plan.writes), ("delete", plan.deletes), ("leave", plan.left)):
        for path in paths:
            yield snapshot_pb2.RestoreStep(action=action, target=displayed(path))
    if plan.restages:
        yield snapshot_pb2.RestoreStep(action="set-index")
    if plan.branch is not None:
        yield snapshot_pb2.RestoreStep(action="move-branch", target=displayed(plan.branch.name))
    if plan.head is not None:
        yield snapshot_pb2.RestoreStep(action="set-head", target=str(plan.head[1]))


def _restored(rescued: Rescued) -> snapshot_pb2.RestorePathsResponse:
    paths = sorted((*rescued.plan.writes, *rescued.plan.deletes))
    return snapshot_pb2.RestorePathsResponse(
        restored=map(displayed, paths), kept_as=rescued.kept_as
    )
