"""TransactionService: what is done between a beginning and an end becomes visible at once."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from heddle_api.v1 import transaction_pb2
from heddle_worker.domain import Domain
from heddle_worker.failures import TransactionBusyError, TransactionEndedError
from heddle_worker.mutations import Mutation
from heddle_worker.services.mutating import answered, mutating
from heddle_worker.services.repo_path import ensure_repo_path, worktree_root
from heddle_worker.services.validation import FieldChecks
from heddle_worker.serving.dispatch import Call
from heddle_worker.store.transactions import Transaction
from heddle_worker.transactions import Committed

_ABORT: Final = "heddle.v1.TransactionService/AbortTransaction"


class TransactionService:
    """Begins and ends the transactions on a repository's worktrees."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._transactions = domain.transactions
        self.mutations = domain.mutations

    @mutating("TransactionService.BeginTransaction", outside_transactions=True)
    async def BeginTransaction(
        self, request: transaction_pb2.BeginTransactionRequest, _call: Call
    ) -> Mutation[Transaction]:
        """Begin a transaction with a copy of the worktree that `repo_path` lies in.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: `repo_path` is of another repository.
            PreconditionError: there is no commit to begin from, or a transaction is active here.
            SnapshotError: the worktree cannot be copied faithfully; it says why.
        """
        checks = FieldChecks(request)
        checks.text("thread", request.thread)
        checks.text("message", request.message)
        checks.done()
        root = await asyncio.to_thread(worktree_root, self._domain, request.repo_path)
        begin = self._transactions.begin
        ready = await asyncio.to_thread(begin, root, request.thread, request.message)
        return answered(ready.change, _begun, ready.settled)

    @mutating("TransactionService.CommitTransaction", outside_transactions=True)
    async def CommitTransaction(
        self, request: transaction_pb2.CommitTransactionRequest, _call: Call
    ) -> Mutation[Committed]:
        """Make the operations of an active transaction visible.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: `repo_path` is of another repository, or there is no such transaction.
            TransactionEndedError: it was committed or aborted already.
            TransactionBusyError: it is being aborted.
        """
        FieldChecks.of_transaction(request).done()
        await ensure_repo_path(self._domain, request.repo_path)
        ready = await asyncio.to_thread(self._transactions.commit, request.transaction_id)
        return answered(ready.change, _committed, ready.settled)

    @mutating("TransactionService.AbortTransaction", outside_transactions=True)
    async def AbortTransaction(
        self, request: transaction_pb2.AbortTransactionRequest, call: Call
    ) -> Mutation[str]:
        """Take the worktree of an active transaction back, and drop its operations.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: `repo_path` is of another repository, or there is no such transaction.
            TransactionEndedError: it was committed or aborted already.
            TransactionBusyError: it is being aborted.
            SnapshotError: the worktree cannot be kept or taken back; it says why.
        """
        checks = FieldChecks.of_transaction(request)
        checks.text("reason", request.reason)
        checks.done()
        await ensure_repo_path(self._domain, request.repo_path)
        ready = await asyncio.to_thread(
            self._transactions.abort, request.transaction_id, request.reason, call.request_bytes
        )

        def settled(is_made: bool) -> None:
            ready.settled(is_made)
            # What the transaction had registered is gone again.
            self._domain.hooks.hub.note_change()

        return answered(ready.change, _aborted, settled)

    async def GetTransactionStatus(
        self, request: transaction_pb2.GetTransactionStatusRequest, _call: Call
    ) -> transaction_pb2.TransactionStatus:
        """Return what has become of a transaction.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: `repo_path` is of another repository, or there is no such transaction.
        """
        FieldChecks.of_transaction(request).done()
        await ensure_repo_path(self._domain, request.repo_path)
        found, waiting = await asyncio.to_thread(self._transactions.find, request.transaction_id)
        return transaction_pb2.TransactionStatus(
            transaction_id=found.id,
            state=found.state,
            started_at=Timestamp(seconds=found.started_at),
            buffered_ops=waiting,
        )

    async def resume(self) -> None:
        """Finish what a crash has cut off, by doing once more what was asked for."""
        await asyncio.to_thread(self._transactions.sweep)
        for transaction in await asyncio.to_thread(self._transactions.cut_off):
            request = transaction_pb2.AbortTransactionRequest.FromString(transaction.request)
            # Its client may have been faster to ask again.
            with contextlib.suppress(TransactionEndedError, TransactionBusyError):
                await self.AbortTransaction(
                    request, Call(_ABORT, transaction.request, {}, lambda _error: None)
                )


def _begun(transaction: Transaction) -> transaction_pb2.BeginTransactionResponse:
    return transaction_pb2.BeginTransactionResponse(
        transaction_id=transaction.id, started_at=Timestamp(seconds=transaction.started_at)
    )


def _committed(committed: Committed) -> transaction_pb2.CommitTransactionResponse:
    return transaction_pb2.CommitTransactionResponse(
        state_id=committed.state_id, op_count=committed.op_count
    )


def _aborted(kept_ref: str) -> transaction_pb2.AbortTransactionResponse:
    return transaction_pb2.AbortTransactionResponse(aborted=True, kept_ref=kept_ref)
