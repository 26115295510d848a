"""`client.transactions`, and the transaction of a `with` block."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from heddle_client.caller import Caller
from heddle_client.methods import Methods, unary
from heddle_client.requests import transactions as requests

if TYPE_CHECKING:
    from heddle_client.values.snapshot import (
        CompareSnapshotResponse,
        RestorePathsResponse,
        RestoreStep,
    )
    from heddle_client.values.transaction import (
        AbortTransactionResponse,
        BeginTransactionResponse,
        CommitTransactionResponse,
        TransactionStatus,
    )


C = TypeVar("C")
T = TypeVar("T")


class Transactions(Methods):
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


class Block(Generic[C, T]):
    """What there is to know of the transaction of a block, whichever client's it is.

    Args:
        caller: makes the calls that belong to it.
        transactions: begins and ends it.
        message, thread: as of `Transactions.begin`.
        timeout: of the beginning and of the end, each.
    """

    def __init__(
        self, caller: C, transactions: T, *, message: str, thread: str, timeout: float | None
    ) -> None:
        self.transaction_id = ""
        self.begun: BeginTransactionResponse | None = None
        self.committed: CommitTransactionResponse | None = None
        self.aborted: AbortTransactionResponse | None = None
        self._caller = caller
        self._transactions = transactions
        self._message = message
        self._thread = thread
        self._timeout = timeout
        self._within = ExitStack()

    def _reason(self, error: BaseException) -> str:
        """Return why it is aborted."""
        return f"{type(error).__name__}: {error}".rstrip(": ")

    def _note_failure(self, error: BaseException, failure: Exception) -> None:
        """Have the error of the block say that the abort has failed."""
        error.add_note(f"transaction {self.transaction_id} could not be aborted: {failure}")


class TransactionBlock(Block[Caller, Transactions]):
    """A transaction for the time of a block: committed at its end, aborted if it raises.

    Calls of the client that are made in the block, in its thread, belong to the transaction.

    Attributes:
        transaction_id: from the beginning of the block on.
        begun, committed, aborted: the daemon's answers, None before they came.
    """

    def __enter__(self) -> Self:
        self.begun = self._transactions.begin(
            message=self._message, thread=self._thread, timeout=self._timeout
        )
        self.transaction_id = self.begun.transaction_id
        self._within.enter_context(self._caller.session.within(self.transaction_id))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._within.close()
        if error is None:
            self.committed = self._transactions.commit(self.transaction_id, timeout=self._timeout)
            return
        try:
            self.aborted = self._transactions.abort(
                self.transaction_id, reason=self._reason(error), timeout=self._timeout
            )
        except Exception as failure:
            self._note_failure(error, failure)

    def status(self, *, timeout: float | None = None) -> TransactionStatus:
        """Return how far the transaction has got."""
        return self._transactions.status(self.transaction_id, timeout=timeout)

    def changes(
        self, include_diff: bool = False, *, timeout: float | None = None
    ) -> CompareSnapshotResponse:
        """Return what has changed in the worktree since the block began."""
        return self._transactions.compare(
            self.transaction_id, include_diff=include_diff, timeout=timeout
        )

    def plan_restore(self, *, timeout: float | None = None) -> tuple[RestoreStep, ...]:
        """Return what an abort would do to the worktree, and do nothing."""
        return self._transactions.plan_restore(self.transaction_id, timeout=timeout)

    def restore(
        self,
        paths: Sequence[str],
        *,
        operation_id: str | None = None,
        timeout: float | None = None,
    ) -> RestorePathsResponse:
        """Take single paths back to what they were when the block began."""
        return self._transactions.restore_paths(
            self.transaction_id, paths, operation_id=operation_id, timeout=timeout
        )
