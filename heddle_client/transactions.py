"""`client.transactions`, and the transaction of a `with` block."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from heddle_client.requests import transactions as requests

if TYPE_CHECKING:
    from heddle_client.caller import Caller
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


class Transactions:
    """Transactions by their ids. Each method raises `ClientError`; see `heddle_client.errors`.

    Of every method, `timeout` is the seconds until it gives up; None stands for its default.
    `operation_id` is a UUID under which a change happens once; one is made where it is None.
    `snapshot` is the name of one that a transaction keeps; empty for that of its beginning.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def begin(
        self,
        message: str = "",
        thread: str = "",
        *,
        operation_id: str | None = None,
        timeout: float | None = None,
    ) -> BeginTransactionResponse:
        """Begin a transaction and keep a copy of the worktree as it is.

        Args:
            message: what it is for, for people.
            thread: the branch whose tip is the base; empty for HEAD.
            operation_id: see the class.
            timeout: see the class.
        """
        call = requests.begin(
            self._caller.repo_path, message=message, thread=thread, operation_id=operation_id
        )
        return self._caller.call(call, timeout)

    def commit(
        self, transaction_id: str, *, operation_id: str | None = None, timeout: float | None = None
    ) -> CommitTransactionResponse:
        """Make all that belongs to an active transaction visible at once."""
        call = requests.commit(self._caller.repo_path, transaction_id, operation_id=operation_id)
        return self._caller.call(call, timeout)

    def abort(
        self,
        transaction_id: str,
        reason: str = "",
        *,
        operation_id: str | None = None,
        timeout: float | None = None,
    ) -> AbortTransactionResponse:
        """Drop what belongs to an active transaction, and take the worktree back.

        What the worktree is now is kept: `undo_abort` brings it back.
        """
        call = requests.abort(
            self._caller.repo_path, transaction_id, reason=reason, operation_id=operation_id
        )
        return self._caller.call(call, timeout)

    def status(self, transaction_id: str, *, timeout: float | None = None) -> TransactionStatus:
        """Return how far a transaction has got, also after its end."""
        return self._caller.call(requests.status(self._caller.repo_path, transaction_id), timeout)

    def list(self, limit: int = 0, *, timeout: float | None = None) -> tuple[Transaction, ...]:
        """Return the transactions of all worktrees, active ones first; 0 stands for 100."""
        return self._caller.call(requests.recent(self._caller.repo_path, limit=limit), timeout)

    def snapshots(
        self, transaction_id: str, *, timeout: float | None = None
    ) -> tuple[Snapshot, ...]:
        """Return the snapshots that a transaction keeps, the oldest first."""
        return self._caller.call(
            requests.snapshots(self._caller.repo_path, transaction_id), timeout
        )

    def compare(
        self,
        transaction_id: str,
        snapshot: str = "",
        include_diff: bool = False,
        *,
        timeout: float | None = None,
    ) -> CompareSnapshotResponse:
        """Return what has changed in the worktree since a snapshot, with a patch where asked."""
        call = requests.compare(
            self._caller.repo_path, transaction_id, snapshot=snapshot, include_diff=include_diff
        )
        return self._caller.call(call, timeout)

    def plan_restore(
        self, transaction_id: str, snapshot: str = "", *, timeout: float | None = None
    ) -> tuple[RestoreStep, ...]:
        """Return what taking the worktree back to a snapshot would do, and do nothing."""
        call = requests.plan_restore(self._caller.repo_path, transaction_id, snapshot=snapshot)
        return self._caller.call(call, timeout)

    def restore_paths(
        self,
        transaction_id: str,
        paths: Sequence[str],
        snapshot: str = "",
        *,
        operation_id: str | None = None,
        timeout: float | None = None,
    ) -> RestorePathsResponse:
        """Take single paths back to what they are in a snapshot. What they are now is kept."""
        call = requests.restore_paths(
            self._caller.repo_path,
            transaction_id,
            paths,
            snapshot=snapshot,
            operation_id=operation_id,
        )
        return self._caller.call(call, timeout)

    def undo_abort(
        self, transaction_id: str, *, operation_id: str | None = None, timeout: float | None = None
    ) -> UndoAbortResponse:
        """Bring back the worktree that an abort took away. What it is now is kept."""
        call = requests.undo_abort(
            self._caller.repo_path, transaction_id, operation_id=operation_id
        )
        return self._caller.call(call, timeout)


class TransactionBlock:
    """A transaction for the time of a block: committed at its end, aborted if it raises.

    Calls of the client that are made in the block, in its thread, belong to the transaction.

    Attributes:
        transaction_id: from the beginning of the block on.
        begun, committed, aborted: the daemon's answers, None before they came.
    """

    def __init__(
        self,
        caller: Caller,
        transactions: Transactions,
        *,
        message: str,
        thread: str,
        timeout: float | None,
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
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        try:
            self.aborted = self._transactions.abort(
                self.transaction_id, reason=reason, timeout=self._timeout
            )
        except Exception as failure:
            error.add_note(f"transaction {self.transaction_id} could not be aborted: {failure}")

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
