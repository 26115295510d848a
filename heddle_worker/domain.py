"""What an active worker has open: opened after the fork, when it is told to serve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from heddle_worker.mutations import Mutations
from heddle_worker.operation_log import OperationLog
from heddle_worker.principal import Principals
from heddle_worker.repository.repository import Repository
from heddle_worker.store.database import Database
from heddle_worker.store.errors import StoreUnavailableError
from heddle_worker.store.readers import Readers
from heddle_worker.store.verification import Verification
from heddle_worker.store.writer import Writer


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a worker opens while it warms up: nothing that only the active one may hold."""

    root: Path
    heddle_dir: Path
    repository: Repository
    database: Database

    @classmethod
    def open(cls, root: Path, heddle_dir: Path) -> Prepared:
        """Open the repository and the database. May block.

        Args:
            root: the worktree's root, or the bare repository's directory.
            heddle_dir: the repository's `.heddle` directory.

        Raises:
            RepositoryError: the repository cannot be used.
            StoreError: the store cannot be used.
        """
        return cls(root, heddle_dir, Repository.open(root), Database.prepare(heddle_dir))


@dataclass(frozen=True, slots=True)
class Domain:
    """The repository, its store and what is built on both; all servicers share it.

    Attributes:
        root: the worktree that is served, or the bare repository.
        repository: opened at `root`.
        writer, readers: of the store.
        verification: of the store's file, after an unclean end.
        operation_log: of the repository, kept in the store.
        mutations: runs what changes something.
    """

    root: Path
    repository: Repository
    writer: Writer
    readers: Readers
    verification: Verification
    operation_log: OperationLog
    mutations: Mutations

    @classmethod
    def activate(cls, prepared: Prepared, beat: Callable[[], None]) -> Domain:
        """Begin to use what was prepared, as the active worker. May block.

        Args:
            prepared: used up by this.
            beat: what the store's writer calls when it is asked for a beat.

        Raises:
            StoreError: the store cannot be used.
        """
        database = prepared.database
        try:
            database.check_in_place()
        except StoreUnavailableError:
            # Somebody has put another file there while this worker stood by.
            database.connection.close()
            database = Database.prepare(prepared.heddle_dir)
        database.begin_session()
        writer, readers = Writer(database, beat), Readers(database)
        repository = prepared.repository
        return cls(
            root=prepared.root,
            repository=repository,
            writer=writer,
            readers=readers,
            verification=Verification(database, writer),
            operation_log=OperationLog(repository, writer, readers),
            mutations=Mutations(writer, readers, Principals(repository, prepared.heddle_dir)),
        )

    def close(self) -> None:
        """Finish what was submitted to the store, and close it. May block."""
        self.verification.close()
        self.readers.close()
        self.writer.close()
