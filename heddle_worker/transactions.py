"""Transactions: begun with a copy of the worktree, committed in one step, or taken back.

An abort touches files, which no transaction of the store can undo; so it is journalled: it notes
each step before it takes it, and whoever finds one cut off takes the steps that are left. Before
anything is overwritten, all that is there is kept in a snapshot of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import apsw

from heddle_worker.active_transaction import find_active, find_transaction, find_unended
from heddle_worker.failures import PreconditionError, TransactionBusyError
from heddle_worker.mutations import Change, Changed, Occasion
from heddle_worker.repository.repository import Repository
from heddle_worker.snapshots.planning import is_as_it_was, plan
from heddle_worker.snapshots.restoring import restore
from heddle_worker.snapshots.snapshot import ref_of
from heddle_worker.snapshots.taking import take
from heddle_worker.snapshots.worktree import Worktree
from heddle_worker.store import transactions
from heddle_worker.store.readers import Readers
from heddle_worker.store.transactions import AbortStep, Transaction, TransactionState
from heddle_worker.store.writer import Writer
from heddle_worker.worktree_copies import ABORTED, BEGIN, WorktreeCopies, key_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit came to: raw id of the state, and how many operations became visible."""

    state_id: bytes
    op_count: int


@dataclass(frozen=True, slots=True)
class Ready(Generic[T]):
    """A change for which everything else has been done.

    Attributes:
        change: what is left to do, in the store.
        settled: to be called at the end, with whether the change was made.
    """

    change: Change[T]
    settled: Callable[[bool], None]


class Transactions:
    """The transactions on the worktrees of one repository. Its methods block.

    Args:
        copies: what is kept of the worktrees.
        writer, readers: of the store.
    """

    def __init__(self, copies: WorktreeCopies, writer: Writer, readers: Readers) -> None:
        self._copies = copies
        self._beginning: set[str] = set()
        self._writer = writer
        self._readers = readers

    def find(self, transaction_id: str) -> tuple[Transaction, int]:
        """Return a transaction, and how many operations wait for its commit.

        Raises:
            NotFoundError: there is none with this id.
        """
        with self._readers.snapshot() as connection:
            found = find_transaction(connection, transaction_id)
            return found, transactions.count_buffered(connection, transaction_id)

    def recent(self, limit: int) -> list[Transaction]:
        """Return at most `limit` transactions, the active ones first and then the latest."""
        with self._readers.snapshot() as connection:
            return transactions.recent(connection, limit)

    def begin(self, root: Path, thread: str, message: str) -> Ready[Transaction]:
        """Copy a worktree, so that a transaction can begin on it.

        Args:
            root: the worktree's.
            thread: a branch whose tip is the base; empty for `HEAD`.
            message: what it is for.

        Raises:
            PreconditionError: there is no commit to begin from, or a transaction is active here.
            SnapshotError: the worktree cannot be copied faithfully.
        """
        worktree = Worktree.open(root)
        key = key_of(worktree)
        base_id = self._base(worktree, thread)
        with self._readers.snapshot() as connection:
            _refuse_second(connection, key)
        transaction_id = str(uuid.uuid4())
        self._beginning.add(transaction_id)
        try:
            take(worktree, ref_of(transaction_id, BEGIN), message)
        except BaseException:
            self._beginning.discard(transaction_id)
            raise

        def change(connection: apsw.Connection, occasion: Occasion) -> Changed[Transaction]:
            _refuse_second(connection, key)
            if not self._copies.is_there(transaction_id, BEGIN):
                raise TransactionBusyError("the worktree's copy was removed meanwhile; try again")
            begun = Transaction(
                id=transaction_id,
                worktree=key,
                state=TransactionState.ACTIVE,
                thread=thread,
                message=message,
                base_id=base_id,
                started_at=occasion.now,
            )
            transactions.add(connection, begun)
            detail = f"{transaction_id} {message}".strip()
            entry = occasion.operation(thread=thread, change_id=base_id, detail=detail)
            return Changed(begun, (entry,))

        def settled(done: bool) -> None:
            if not done:
                self._copies.drop(transaction_id)
            self._beginning.discard(transaction_id)

        return Ready(change, settled)

    def commit(self, transaction_id: str) -> Ready[Committed]:
        """Find out what state a transaction ends with, so that it can be committed.

        Raises:
            NotFoundError, TransactionEndedError, TransactionBusyError: it is not there, or active.
        """
        with self._readers.snapshot() as connection:
            transaction = find_active(connection, transaction_id)
        state_id = self._end_state(transaction)

        def change(connection: apsw.Connection, occasion: Occasion) -> Changed[Committed]:
            find_active(connection, transaction_id)
            held = transactions.buffered(connection, transaction_id)
            transactions.finish(connection, transaction_id, TransactionState.COMMITTED)
            entry = occasion.operation(
                verb="transaction_commit",
                thread=transaction.thread,
                change_id=state_id,
                detail=f"{transaction_id}: {len(held)} operations",
            )
            return Changed(Committed(state_id, len(held)), (*held, entry))

        return Ready(change, lambda done: self._copies.drop(transaction_id) if done else None)

    def abort(self, transaction_id: str, reason: str, request: bytes) -> Ready[str]:
        """Take a transaction's worktree back, so that the transaction can be ended.

        The value of the change is the name of the ref that keeps what was there, empty when the
        worktree itself is gone.

        Args:
            transaction_id: which.
            reason: why, for the log.
            request: the bytes of the request, for whoever has to go on with it after a crash.

        Raises:
            NotFoundError, TransactionEndedError: it is not there, or not active.
            TransactionBusyError: somebody else is at it.
            SnapshotError: the worktree cannot be kept or restored; it says why.
        """
        lock = self._copies.lock(self.find(transaction_id)[0].worktree)
        try:
            with self._readers.snapshot() as connection:
                transaction = find_unended(connection, transaction_id)
            kept = self._take_back(transaction, reason, request)
        except BaseException:
            lock.release()
            raise

        def change(connection: apsw.Connection, occasion: Occasion) -> Changed[str]:
            transactions.undo_buffered(connection, transaction_id)
            transactions.finish(connection, transaction_id, TransactionState.ABORTED)
            detail = f"{transaction_id}: {reason}".rstrip(" :")
            entry = occasion.operation(
                verb="transaction_abort",
                thread=transaction.thread,
                change_id=transaction.base_id,
                detail=f"{detail}; what was there is kept as {kept}" if kept else detail,
            )
            return Changed(kept, (entry,))

        return Ready(change, lambda _done: lock.release())

    def cut_off(self) -> list[Transaction]:
        """Return the transactions whose abort has been begun and not finished."""
        with self._readers.snapshot() as connection:
            return transactions.cut_off(connection)

    def sweep(self) -> None:
        """Remove the copies of worktrees that belong to no transaction, or to a committed one.

        What an abort has taken away stays, even if the store that knew of it was lost: it may be
        the only copy of somebody's work.
        """
        ids = self._copies.transactions()

        def work(connection: apsw.Connection) -> None:
            for transaction_id in ids:
                if transaction_id in self._beginning:
                    continue
                found = transactions.find(connection, transaction_id)
                if found is None and self._copies.is_there(transaction_id, ABORTED):
                    continue
                if found is None or found.state is TransactionState.COMMITTED:
                    self._copies.drop(transaction_id)

        # While the writer is here no other worker's transaction begins, and each makes sure then
        # that it still has its copy.
        if ids:
            self._writer.submit(work).result()

    def _take_back(self, transaction: Transaction, reason: str, request: bytes) -> str:
        """Restore the worktree as the transaction has found it; return what keeps the rest."""
        worktree = self._copies.worktree(transaction.worktree)
        if worktree is None:
            return ""
        begun = self._copies.load(transaction.id, BEGIN)
        kept_as = self._copies.free_name(transaction.id, ABORTED)
        if transaction.step is AbortStep.RESTORING:
            # Since it was cut off, somebody may have worked on: that is kept as well.
            kept = take(worktree, ref_of(transaction.id, kept_as), reason, protecting=begun)
            kept_as = transaction.kept_as
        else:
            self._note(transaction, AbortStep.ASKED, request)
            try:
                kept = take(worktree, ref_of(transaction.id, kept_as), reason, protecting=begun)
                is_done = is_as_it_was(worktree, begun, kept)
                if not is_done:
                    plan(worktree, begun, now=kept)
            except BaseException:
                self._note(transaction, AbortStep.NONE, b"")
                raise
            self._note(transaction, AbortStep.RESTORING, request, kept_as)
            if is_done:
                return ref_of(transaction.id, kept_as)
        restore(worktree, begun, kept=kept)
        return ref_of(transaction.id, kept_as)

    def _note(
        self, transaction: Transaction, step: AbortStep, request: bytes, kept_as: str = ""
    ) -> None:
        def work(connection: apsw.Connection) -> None:
            find_unended(connection, transaction.id)
            transactions.note_step(connection, transaction.id, step, request, kept_as)

        self._writer.submit(work).result()

    def _base(self, worktree: Worktree, thread: str) -> bytes:
        tip = self._tip(worktree, thread)
        if tip:
            return tip
        if thread:
            raise PreconditionError(f"there is no branch {thread} to begin from")
        raise PreconditionError("there is no commit to begin from; make a first one")

    def _tip(self, worktree: Worktree, thread: str) -> bytes:
        """Return the raw id of a branch's tip, or of what is checked out; empty for none."""
        name = f"refs/heads/{thread}" if thread else "HEAD"
        return Repository.open(worktree.root).commit_at(name)

    def _end_state(self, transaction: Transaction) -> bytes:
        worktree = self._copies.worktree(transaction.worktree)
        tip = self._tip(worktree, transaction.thread) if worktree is not None else b""
        return tip or transaction.base_id


def _refuse_second(connection: apsw.Connection, worktree: bytes) -> None:
    active = transactions.active_on(connection, worktree)
    if active is not None:
        raise PreconditionError(
            f"transaction {active.id} is active on this worktree; commit or abort it first"
        )
