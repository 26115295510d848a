"""Looking at what transactions have kept of a worktree, and getting it back.

What is overwritten by that is kept first, so that a rescue can be taken back like anything else. A
rescue that a crash has cut off is finished by asking for it again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import apsw

from heddle_worker.failures import PreconditionError
from heddle_worker.mutations import Changed, Occasion
from heddle_worker.snapshots import planning, restoring
from heddle_worker.snapshots.comparing import Comparison, compare
from heddle_worker.snapshots.planning import RestorePlan
from heddle_worker.snapshots.snapshot import Snapshot, ref_of
from heddle_worker.snapshots.taking import take
from heddle_worker.snapshots.worktree import Worktree
from heddle_worker.store.transactions import Transaction, TransactionState
from heddle_worker.transactions import Ready, Transactions
from heddle_worker.worktree_copies import WorktreeCopies

_REPLACED: Final = "replaced"
"""Name of the snapshots that keep what a rescue overwrites."""


@dataclass(frozen=True, slots=True)
class KeptSnapshot:
    """A snapshot of a transaction: its name, when it was taken (Unix seconds), and itself."""

    name: str
    taken_at: int
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Rescued:
    """What was brought back, and the name of the snapshot that keeps what was there before."""

    plan: RestorePlan
    kept_as: str


class Rescues:
    """What can be done with the snapshots of a repository's transactions. Its methods block.

    Each raises `NotFoundError` for an unknown transaction, and a `SnapshotError` for an unknown
    snapshot or for a worktree that cannot be looked at or restored.
    """

    def __init__(self, copies: WorktreeCopies, transactions: Transactions) -> None:
        self._copies = copies
        self._transactions = transactions

    def snapshots(self, transaction_id: str) -> list[KeptSnapshot]:
        """Return the snapshots of a transaction, oldest first."""
        self._transactions.find(transaction_id)
        loaded = (
            (name, self._copies.load(transaction_id, name))
            for name in self._copies.names(transaction_id)
        )
        kept = [KeptSnapshot(name, self._copies.taken_at(one), one) for name, one in loaded]
        return sorted(kept, key=lambda each: (each.taken_at, each.name))

    def compare(self, transaction_id: str, name: str, max_bytes: int) -> Comparison:
        """Return what has changed in the worktree since a snapshot, with so much of the diff."""
        return compare(*self._opened(self._find(transaction_id), name), max_bytes)

    def plan(self, transaction_id: str, name: str) -> RestorePlan:
        """Return what taking the worktree back to a snapshot would do."""
        return planning.plan(*self._opened(self._find(transaction_id), name))

    def restore_paths(
        self, transaction_id: str, name: str, paths: Sequence[bytes]
    ) -> Ready[Rescued]:
        """Take single paths back to what they are in a snapshot."""

        def restore(worktree: Worktree, wanted: Snapshot, kept: Snapshot) -> RestorePlan:
            return restoring.restore_paths(worktree, wanted, paths, kept=kept)

        return self._rescue(self._find(transaction_id), name, restore)

    def undo_abort(self, transaction_id: str) -> Ready[Rescued]:
        """Bring back the worktree that the abort of a transaction took back.

        Raises:
            PreconditionError: it was not aborted, or kept nothing.
        """
        transaction = self._find(transaction_id)
        if transaction.state is not TransactionState.ABORTED or not transaction.kept_as:
            raise PreconditionError(f"transaction {transaction_id} has no abort to undo")

        def restore(worktree: Worktree, wanted: Snapshot, kept: Snapshot) -> RestorePlan:
            return restoring.restore(worktree, wanted, kept=kept)

        return self._rescue(transaction, transaction.kept_as, restore)

    def _rescue(
        self,
        transaction: Transaction,
        name: str,
        restore: Callable[[Worktree, Snapshot, Snapshot], RestorePlan],
    ) -> Ready[Rescued]:
        lock = self._copies.lock(transaction.worktree)
        try:
            worktree, wanted = self._opened(transaction, name)
            kept_as = self._copies.free_name(transaction.id, _REPLACED)
            message = f"replaced by {name}"
            kept = take(worktree, ref_of(transaction.id, kept_as), message, protecting=wanted)
            rescued = Rescued(restore(worktree, wanted, kept), kept_as)
        except BaseException:
            lock.release()
            raise

        def change(_connection: apsw.Connection, occasion: Occasion) -> Changed[Rescued]:
            detail = f"{transaction.id}: {name}; what was there is kept as {kept.ref}"
            return Changed(rescued, (occasion.operation(detail=detail),))

        return Ready(change, lambda _done: lock.release())

    def _find(self, transaction_id: str) -> Transaction:
        return self._transactions.find(transaction_id)[0]

    def _opened(self, transaction: Transaction, name: str) -> tuple[Worktree, Snapshot]:
        worktree = self._copies.worktree(transaction.worktree)
        if worktree is None:
            raise PreconditionError(f"the worktree of transaction {transaction.id} was removed")
        return worktree, self._copies.load(transaction.id, name)
