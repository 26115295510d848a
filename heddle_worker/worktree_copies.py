"""The copies that transactions keep of worktrees, and the right to change a worktree."""

from __future__ import annotations

import hashlib
import itertools
import os
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from heddle_worker.failures import TransactionBusyError
from heddle_worker.repository.repository import Repository
from heddle_worker.snapshots import snapshot
from heddle_worker.snapshots.snapshot import Snapshot, ref_of
from heddle_worker.snapshots.worktree import Worktree

BEGIN: Final = "begin"
"""Name of the snapshot that a transaction begins with."""

ABORTED: Final = "aborted"
"""Name of the snapshot that an abort keeps of what it takes back."""

_LOCK_SECONDS: Final = 10.0


def key_of(worktree: Worktree) -> bytes:
    """Return what tells a worktree from the repository's others, also after it was moved."""
    return os.fsencode(os.path.relpath(worktree.git_dir, worktree.common_dir))


class WorktreeCopies:
    """Finds the worktrees of a repository and their snapshots. Its methods block.

    Args:
        repository: the worktrees' repository.
        state_dir: a directory for lock files.
    """

    def __init__(self, repository: Repository, state_dir: Path) -> None:
        self._repository = repository
        self._state_dir = state_dir

    def worktree(self, key: bytes) -> Worktree | None:
        """Return the worktree of a key, `None` when it was removed."""
        git_dir = os.path.normpath(self._repository.common_dir / os.fsdecode(key))
        root = self._repository.worktree_root(Path(git_dir))
        return Worktree.open(root) if root is not None else None

    def lock(self, key: bytes) -> FileLock:
        """Take the lock on a worktree's files, which ends with this process.

        Raises:
            TransactionBusyError: somebody else has it.
        """
        name = hashlib.sha256(key).hexdigest()[:16]
        lock = FileLock(self._state_dir / f"worktree-{name}.lock", thread_local=False)
        try:
            lock.acquire(timeout=_LOCK_SECONDS)
        except Timeout:
            raise TransactionBusyError(
                "the worktree is being taken back by another call; try again"
            ) from None
        return lock

    def load(self, transaction_id: str, name: str) -> Snapshot:
        """Return a snapshot of a transaction.

        Raises:
            SnapshotError: there is none with that name, or it cannot be read.
        """
        return snapshot.load(self._repository.common_dir, ref_of(transaction_id, name))

    def is_there(self, transaction_id: str, name: str) -> bool:
        """Return whether there is a snapshot of that name; quick enough for the store's writer."""
        return bool(self._repository.commit_at(ref_of(transaction_id, name)))

    def names(self, transaction_id: str) -> tuple[str, ...]:
        """Return the names of a transaction's snapshots, sorted."""
        return snapshot.names(self._repository.common_dir, transaction_id)

    def free_name(self, transaction_id: str, wanted: str) -> str:
        """Return a name for one more snapshot: the one wanted, with a number if it is taken."""
        taken = self.names(transaction_id)
        numbered = (f"{wanted}-{number}" for number in itertools.count(2))
        return next(name for name in itertools.chain([wanted], numbered) if name not in taken)

    def transactions(self) -> tuple[str, ...]:
        """Return the ids of all transactions that have snapshots, sorted."""
        return snapshot.transactions(self._repository.common_dir)

    def drop(self, transaction_id: str) -> None:
        """Delete a transaction's snapshots."""
        snapshot.drop(self._repository.common_dir, transaction_id)

    def taken_at(self, kept: Snapshot) -> int:
        """Return when a snapshot was taken, in Unix seconds."""
        return self._repository.commit_secs(bytes.fromhex(kept.commit))
