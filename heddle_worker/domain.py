"""What an active worker has open: opened after the fork, when it is told to serve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from heddle_worker.operation_log import OperationLog
from heddle_worker.repository.repository import Repository
from heddle_worker.store.database import Database
from heddle_worker.store.readers import Readers
from heddle_worker.store.writer import Writer


@dataclass(frozen=True, slots=True)
class Domain:
    """The repository, its store and what is built on both; all servicers share it.

    Attributes:
        root: the worktree that is served, or the bare repository.
        repository: opened at `root`.
        writer, readers: of the store.
        operation_log: of the repository, kept in the store.
    """

    root: Path
    repository: Repository
    writer: Writer
    readers: Readers
    operation_log: OperationLog

    @classmethod
    def open(cls, root: Path, heddle_dir: Path, beat: Callable[[], None]) -> Domain:
        """Open everything. May block.

        Args:
            root: the worktree's root, or the bare repository's directory.
            heddle_dir: the repository's `.heddle` directory.
            beat: what the store's writer calls when it is asked for a beat.

        Raises:
            RepositoryError: the repository cannot be used.
            StoreError: the store cannot be used.
        """
        repository = Repository.open(root)
        database = Database.open(heddle_dir)
        writer, readers = Writer(database, beat), Readers(database)
        return cls(root, repository, writer, readers, OperationLog(repository, writer, readers))

    def close(self) -> None:
        """Finish what was submitted to the store, and close it. May block."""
        self.readers.close()
        self.writer.close()
