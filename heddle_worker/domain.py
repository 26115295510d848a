"""What a worker has open: the repository, its store, and what is built on both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from heddle_worker.attached_signals import AttachedSignals
from heddle_worker.changes import Changes
from heddle_worker.codebase import Codebase
from heddle_worker.discussions.discussions import Discussions
from heddle_worker.discussions.heads import Heads
from heddle_worker.discussions.origins import Origins
from heddle_worker.discussions.placings import Placings
from heddle_worker.discussions.travelling import Travelling
from heddle_worker.hooks.composition import Hooks
from heddle_worker.mutations import Mutations
from heddle_worker.operation_log import OperationLog
from heddle_worker.principal import Principals
from heddle_worker.repository.repository import Repository
from heddle_worker.rescues import Rescues
from heddle_worker.review_config import ReviewConfiguration
from heddle_worker.reviews import Reviews
from heddle_worker.signalling import Signalling
from heddle_worker.signing.ground import Ground
from heddle_worker.store.database import Database
from heddle_worker.store.errors import StoreUnavailableError
from heddle_worker.store.idempotency import FinishedRequests
from heddle_worker.store.readers import Readers
from heddle_worker.store.review_version import ReviewVersion
from heddle_worker.store.tail import Tail
from heddle_worker.store.verification import Verification
from heddle_worker.store.writer import Writer
from heddle_worker.transactions import Transactions
from heddle_worker.watching.branch_moves import BranchMoves
from heddle_worker.watching.watcher import Watcher
from heddle_worker.worktree_copies import WorktreeCopies


@dataclass(frozen=True, slots=True)
class Domain:
    """The repository, its store and what is built on both; all servicers share it.

    Attributes:
        root: the worktree that is served, or the bare repository.
        repository: opened at `root`.
        database: the store's; the writer has its connection.
        writer, readers: of the store.
        finished: requests that have been done.
        verification: of the store's file, after an unclean end.
        operation_log: of the repository, kept in the store.
        mutations: runs what changes something.
        tail: the end of the log, as it grows.
        read_in: reads git's activity into the log, and does what is due with it; may block.
        watcher: does so as it happens.
        transactions: on the repository's worktrees.
        rescues: of what transactions keep.
        hooks: who is asked and told of what happens.
        code: of the repository.
        origins: what discussions can be opened about.
        discussions: where they are.
        ground: what signatures are held against.
        signalling: computes the signals of its states.
        reviews: of changes.
        review_settings: those that hold.
        review_version: grows with what reviews tell of the store.
    """

    root: Path
    repository: Repository
    database: Database
    writer: Writer
    readers: Readers
    finished: FinishedRequests
    verification: Verification
    operation_log: OperationLog
    mutations: Mutations
    tail: Tail
    read_in: Callable[[], None]
    watcher: Watcher
    transactions: Transactions
    rescues: Rescues
    hooks: Hooks
    code: Codebase
    origins: Origins
    discussions: Discussions
    ground: Ground
    signalling: Signalling
    reviews: Reviews
    review_settings: ReviewConfiguration
    review_version: ReviewVersion

    @classmethod
    def open(cls, root: Path, heddle_dir: Path, beat: Callable[[], None]) -> Domain:
        """Open all that a worker may have open while it stands by. May block.

        Only the active worker may go on to `writer.begin`, and use it.

        Args:
            root: the worktree's root, or the bare repository's directory.
            heddle_dir: the repository's `.heddle` directory.
            beat: what the store's writer calls when it is asked for a beat.

        Raises:
            RepositoryError: the repository cannot be used.
            StoreError: the store cannot be used.
        """
        repository, database = Repository.open(root), Database.prepare(heddle_dir)
        tail = Tail(database)
        writer, readers = Writer(database, beat, tail.note_commit), Readers(database)
        finished = FinishedRequests(database)
        operation_log = OperationLog(repository, writer, readers)
        principals = Principals(repository, heddle_dir)
        hooks = Hooks.of(root, heddle_dir, repository, operation_log, writer, readers, principals)
        copies = WorktreeCopies(repository, database.path.parent)
        transactions = Transactions(copies, writer, readers)

        def read_in() -> None:
            operation_log.refresh()
            # Whoever is told of a new state finds what hooks have attached to it.
            hooks.extra_signals.look()
            hooks.conflicts.look()

        watcher = Watcher(repository.common_dir, read_in, tail)
        code, heads = Codebase.of(repository, heddle_dir), Heads(repository, root)
        travelling = Travelling(code.traveller, code.states, code.outlines)
        placings = Placings(repository, code.states, heads, travelling, writer, readers)
        discussions = Discussions(heads, placings, readers, root)
        ground = Ground(code.history, code.diffs, code.blobs, readers)
        changes = Changes(code.states, code.diffs, code.outlines)
        settings = ReviewConfiguration(heddle_dir)
        attached = AttachedSignals(readers)
        signalling = Signalling.of(code, changes, discussions, settings.current, attached)
        return cls(
            root=root,
            repository=repository,
            database=database,
            writer=writer,
            readers=readers,
            finished=finished,
            verification=Verification(database, writer),
            operation_log=operation_log,
            mutations=Mutations(writer, finished, principals),
            tail=tail,
            read_in=read_in,
            watcher=watcher,
            transactions=transactions,
            rescues=Rescues(copies, transactions),
            hooks=hooks,
            code=code,
            origins=Origins(code.states, code.outlines),
            discussions=discussions,
            ground=ground,
            signalling=signalling,
            reviews=Reviews(signalling, discussions, ground, settings.current),
            review_settings=settings,
            review_version=ReviewVersion(database),
        )

    def branch_moves(self) -> BranchMoves:
        """Return one more who finds out what comes to branches."""
        return BranchMoves(self.repository, self.code.states, self.watcher)

    @property
    def in_place(self) -> bool:
        """Whether the store's file is still the one that was opened."""
        try:
            self.database.check_in_place()
        except StoreUnavailableError:
            return False
        return True

    @property
    def is_in_use(self) -> bool:
        """Whether the store needs no further look: another worker has just used this very file."""
        return self.database.was_in_use and self.in_place

    def hand_over(self, *, to_successor: bool) -> None:
        """Leave watching the repository, and telling of it, to another process, or to none."""
        self.watcher.stop()
        self.tail.hand_over()
        self.hooks.hand_over(to_successor=to_successor)

    def close(self) -> None:
        """Finish what was submitted to the store, and close it. May block."""
        self.hooks.keeper.close()
        self.verification.close()
        self.signalling.close()
        self.code.close()
        self.tail.end()
        self.readers.close()
        self.finished.close()
        self.review_version.close()
        self.writer.close()
