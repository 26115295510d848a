"""`client.transactions`, and the transaction of an `async with` block."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from heddle_client.aio.caller import AsyncCaller
from heddle_client.aio.methods import AsyncMethods, unary
from heddle_client.requests import transactions as requests
from heddle_client.transactions import Block

if TYPE_CHECKING:
    from heddle_client.values.snapshot import (
        CompareSnapshotResponse,
        RestorePathsResponse,
        RestoreStep,
    )
    from heddle_client.values.transaction import (
        TransactionStatus,
    )


class AsyncTransactions(AsyncMethods):
    """Transactions by their ids. Each method raises `ClientError`; see `heddle_client.errors`.

    Of every method, `timeout` is the seconds until it gives up; None stands for its default.
    `operation_id` is a UUID under which a change happens once; one is made where it is None.
    `snapshot` is the name of one that a transaction keeps; empty for that of its beginning.
    """

    begin = unary(requests.begin)
    commit = unary(requests.commit)
    abort = unary(requests.abort)
    status = unary(requests.status)
    list = unary(requests.recent)
    snapshots = unary(requests.snapshots)
    compare = unary(requests.compare)
    plan_restore = unary(requests.plan_restore)
    restore_paths = unary(requests.restore_paths)
    undo_abort = unary(requests.undo_abort)


class AsyncTransactionBlock(Block[AsyncCaller, AsyncTransactions]):
    """A transaction for the time of a block: committed at its end, aborted if it raises.

    Calls of the client that are made in the block, in its task, belong to the transaction.

    Attributes:
        transaction_id: from the beginning of the block on.
        begun, committed, aborted: the daemon's answers, None before they came.
    """

    async def __aenter__(self) -> Self:
        self.begun = await self._transactions.begin(
            message=self._message, thread=self._thread, timeout=self._timeout
        )
        self.transaction_id = self.begun.transaction_id
        self._within.enter_context(self._caller.session.within(self.transaction_id))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._within.close()
        if error is None:
            self.committed = await self._transactions.commit(
                self.transaction_id, timeout=self._timeout
            )
            return
        try:
            abort = self._transactions.abort(
                self.transaction_id, reason=self._reason(error), timeout=self._timeout
            )
            # Even if the task is cancelled once more, the worktree goes back.
            self.aborted = await asyncio.shield(abort)
        except Exception as failure:
            self._note_failure(error, failure)

    async def status(self, *, timeout: float | None = None) -> TransactionStatus:
        """Return how far the transaction has got."""
        return await self._transactions.status(self.transaction_id, timeout=timeout)

    async def changes(
        self, include_diff: bool = False, *, timeout: float | None = None
    ) -> CompareSnapshotResponse:
        """Return what has changed in the worktree since the block began."""
        return await self._transactions.compare(
            self.transaction_id, include_diff=include_diff, timeout=timeout
        )

    async def plan_restore(self, *, timeout: float | None = None) -> tuple[RestoreStep, ...]:
        """Return what an abort would do to the worktree, and do nothing."""
        return await self._transactions.plan_restore(self.transaction_id, timeout=timeout)

    async def restore(
        self,
        paths: Sequence[str],
        *,
        operation_id: str | None = None,
        timeout: float | None = None,
    ) -> RestorePathsResponse:
        """Take single paths back to what they were when the block began."""
        return await self._transactions.restore_paths(
            self.transaction_id, paths, operation_id=operation_id, timeout=timeout
        )
