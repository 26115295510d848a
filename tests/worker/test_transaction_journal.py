"""Transactions without their service: what is noted before each step, and who finds it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from git_repository import GitRepository
from waiting import wait_until

from heddle_worker.failures import (
    NotFoundError,
    PreconditionError,
    TransactionBusyError,
    TransactionEndedError,
)
from heddle_worker.mutations import Occasion
from heddle_worker.principal import Principal
from heddle_worker.repository.repository import Repository
from heddle_worker.snapshots import index_lock
from heddle_worker.snapshots.errors import NestedRepositoryError, SnapshotError, WorktreeBusyError
from heddle_worker.snapshots.snapshot import ref_of
from heddle_worker.snapshots.taking import take
from heddle_worker.snapshots.worktree import Worktree
from heddle_worker.store import transactions as stored
from heddle_worker.store.database import Database
from heddle_worker.store.operations import NewOperation
from heddle_worker.store.readers import Readers
from heddle_worker.store.transactions import AbortStep, Transaction, TransactionState
from heddle_worker.store.writer import Writer
from heddle_worker.transactions import Ready, Transactions
from heddle_worker.worktree_copies import ABORTED, BEGIN, WorktreeCopies

T = TypeVar("T")

NOW = 1_790_000_000
UNKNOWN = "00000000-0000-4000-8000-000000000000"


class Bench:
    """Transactions of a repository, and the copies and the store that they use."""

    def __init__(self, directory: Path) -> None:
        self.git = GitRepository.init(directory / "repository")
        self.root = self.git.root
        self.git.write("tracked", "tracked\n")
        self.git.git("commit", "--quiet", "-m", "first")
        state_dir = directory / "heddle"
        state_dir.mkdir()
        database = Database.open(state_dir)
        self.writer, self.readers = Writer(database), Readers(database)
        self.copies = WorktreeCopies(Repository.open(self.root), state_dir)
        self.transactions = Transactions(self.copies, self.writer, self.readers)
        self.entries: tuple[NewOperation, ...] = ()

    def close(self) -> None:
        self.readers.close()
        self.writer.close()

    def finish(self, ready: Ready[T]) -> T:
        """Make a change that is ready, as a mutation does; `entries` are what it logs."""
        occasion = Occasion("verb", "", Principal("Ada", "ada@example.com"), NOW)
        is_made = False
        try:
            changed = self.writer.submit(
                lambda connection: ready.change(connection, occasion)
            ).result()
            self.entries, is_made = changed.operations, True
        finally:
            ready.settled(is_made)
        return changed.value

    def begin(self, thread: str = "", message: str = "try it") -> str:
        return self.finish(self.transactions.begin(self.root, thread, message)).id

    def abort(self, transaction: str, reason: str = "") -> str:
        return self.finish(self.transactions.abort(transaction, reason, b"request"))

    def found(self, transaction: str) -> Transaction:
        return self.transactions.find(transaction)[0]

    def note(self, transaction: str, step: AbortStep, kept_as: str = "") -> None:
        """Leave the journal as a worker does that dies at a step."""
        self.writer.submit(
            lambda connection: stored.note_step(connection, transaction, step, b"request", kept_as)
        ).result()

    def copies_of(self, transaction: str) -> tuple[str, ...]:
        return self.copies.names(transaction)

    def kept(self, ref: str, path: str) -> str:
        return self.git.git("cat-file", "blob", f"{ref}:worktree/{path}")

    def status(self) -> str:
        return self.git.git("status", "--porcelain")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with contextlib.closing(Bench(tmp_path)) as bench:
        yield bench


def test_a_begin_notes_what_it_began_from(bench: Bench) -> None:
    first = bench.git.head()
    bench.git.git("branch", "topic")
    bench.git.commit("second")
    begun = bench.found(bench.begin())
    assert begun == Transaction(
        id=begun.id,
        worktree=b".",
        state=TransactionState.ACTIVE,
        thread="",
        message="try it",
        base_id=bytes.fromhex(bench.git.head()),
        started_at=NOW,
    )
    (entry,) = bench.entries
    assert (entry.verb, entry.thread, entry.change_id) == ("verb", "", begun.base_id)
    assert entry.detail == f"{begun.id} try it"
    bench.abort(begun.id)
    begun = bench.found(bench.begin("topic", ""))
    assert (begun.thread, begun.base_id) == ("topic", bytes.fromhex(first))
    (entry,) = bench.entries
    assert (entry.thread, entry.change_id, entry.detail) == ("topic", begun.base_id, begun.id)


def test_of_two_that_begin_at_once_one_is_begun(bench: Bench) -> None:
    """Each has found the worktree free, and has taken its copy."""
    one, other = (bench.transactions.begin(bench.root, "", "") for _ in range(2))
    begun = bench.finish(other)
    with pytest.raises(PreconditionError, match=f"transaction {begun.id} is active"):
        bench.finish(one)
    assert bench.copies.transactions() == (begun.id,)
    with pytest.raises(PreconditionError, match="is active"):
        bench.transactions.begin(bench.root, "", "")
    assert bench.copies.transactions() == (begun.id,)


def test_one_whose_copy_was_removed_is_not_begun(bench: Bench) -> None:
    ready = bench.transactions.begin(bench.root, "", "")
    (copied,) = bench.copies.transactions()
    bench.copies.drop(copied)
    with pytest.raises(TransactionBusyError, match="copy was removed"):
        bench.finish(ready)
    assert bench.transactions.recent(9) == []
    assert bench.begin()


def test_what_cannot_be_copied_is_not_begun(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_lock, "LOCK_PATIENCE_SECONDS", 0.0)
    lock = bench.root / ".git" / "index.lock"
    lock.touch()
    with pytest.raises(WorktreeBusyError):
        bench.transactions.begin(bench.root, "", "")
    assert bench.copies.transactions() == ()
    lock.unlink()
    assert bench.begin()


def test_a_commit_ends_with_the_branch_it_was_begun_for(bench: Bench) -> None:
    bench.git.git("branch", "topic")
    begun = bench.begin("topic")
    bench.git.git("switch", "--quiet", "topic")
    made = bench.git.commit("on topic")
    bench.git.git("switch", "--quiet", "main")
    committed = bench.finish(bench.transactions.commit(begun))
    assert (committed.state_id.hex(), committed.op_count) == (made, 0)
    (entry,) = bench.entries
    assert (entry.verb, entry.thread) == ("transaction_commit", "topic")
    assert (entry.change_id, entry.detail) == (committed.state_id, f"{begun}: 0 operations")
    assert bench.copies.transactions() == ()


def test_a_commit_whose_branch_is_gone_ends_where_it_began(bench: Bench) -> None:
    bench.git.git("branch", "topic")
    begun = bench.begin("topic")
    base = bench.found(begun).base_id
    bench.git.commit("on main")
    bench.git.git("branch", "--quiet", "-D", "topic")
    assert bench.finish(bench.transactions.commit(begun)).state_id == base


def test_a_commit_of_a_worktree_that_is_gone_ends_where_it_began(
    bench: Bench, tmp_path: Path
) -> None:
    bench.git.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    ready = bench.transactions.begin(tmp_path / "linked", "", "")
    begun = bench.finish(ready)
    bench.git.git("worktree", "remove", "--force", str(tmp_path / "linked"))
    bench.git.commit("on main")
    assert bench.finish(bench.transactions.commit(begun.id)).state_id == begun.base_id


def test_one_that_another_call_ends_meanwhile_is_not_committed(bench: Bench) -> None:
    begun = bench.begin()
    slower = bench.transactions.commit(begun)
    bench.abort(begun)
    kept = bench.copies_of(begun)
    with pytest.raises(TransactionEndedError, match="already aborted"):
        bench.finish(slower)
    # The copies are the aborted one's still.
    assert bench.copies_of(begun) == kept == (ABORTED, BEGIN)
    with pytest.raises(TransactionEndedError):
        bench.transactions.commit(begun)


def test_an_abort_says_why_and_what_it_keeps(bench: Bench) -> None:
    bench.git.git("branch", "topic")
    begun = bench.found(bench.begin("topic"))
    (bench.root / "new").write_text("new\n")
    ref = bench.abort(begun.id, "it went wrong")
    assert ref == ref_of(begun.id, ABORTED)
    (entry,) = bench.entries
    assert (entry.verb, entry.thread) == ("transaction_abort", "topic")
    assert entry.change_id == begun.base_id
    assert entry.detail == f"{begun.id}: it went wrong; what was there is kept as {ref}"
    ended = bench.found(begun.id)
    assert (ended.state, ended.step, ended.request) == (
        TransactionState.ABORTED,
        AbortStep.NONE,
        b"",
    )
    assert ended.kept_as == ABORTED


def test_without_a_worktree_an_abort_keeps_nothing(bench: Bench, tmp_path: Path) -> None:
    bench.git.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    begun = bench.finish(bench.transactions.begin(tmp_path / "linked", "", ""))
    bench.git.git("worktree", "remove", "--force", str(tmp_path / "linked"))
    assert bench.abort(begun.id) == ""
    (entry,) = bench.entries
    assert entry.detail == begun.id


def test_while_the_worktree_is_taken_back_the_journal_tells(bench: Bench) -> None:
    """The change that ends it comes last: until then it is being restored, for whoever asks."""
    begun = bench.begin()
    (bench.root / "new").write_text("new\n")
    ready = bench.transactions.abort(begun, "", b"request")
    assert bench.status() == ""
    noted = bench.found(begun)
    assert (noted.state, noted.step) == (TransactionState.ACTIVE, AbortStep.RESTORING)
    assert (noted.request, noted.kept_as) == (b"request", ABORTED)
    assert [one.id for one in bench.transactions.cut_off()] == [begun]
    with pytest.raises(TransactionBusyError, match=f"transaction {begun} is being aborted"):
        bench.transactions.commit(begun)
    with pytest.raises(PreconditionError, match="is active"):
        bench.transactions.begin(bench.root, "", "")
    assert bench.finish(ready) == ref_of(begun, ABORTED)
    assert bench.transactions.cut_off() == []


def test_from_the_moment_it_is_asked_for_an_abort_keeps_others_out(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_lock, "LOCK_PATIENCE_SECONDS", 30.0)
    begun = bench.begin()
    (bench.root / "new").write_text("new\n")
    # The copy has to wait for a git that is at work.
    lock = bench.root / ".git" / "index.lock"
    lock.touch()
    with ThreadPoolExecutor(1) as pool:
        aborting = pool.submit(bench.transactions.abort, begun, "", b"request")
        wait_until(
            lambda: aborting.done() or bench.found(begun).step is AbortStep.ASKED, "it is noted"
        )
        try:
            assert bench.found(begun).request == b"request"
            with pytest.raises(TransactionBusyError):
                bench.transactions.commit(begun)
        finally:
            lock.unlink()
        assert bench.kept(bench.finish(aborting.result()), "new") == "new"


def test_one_that_died_before_it_touched_anything_is_aborted_again(bench: Bench) -> None:
    begun = bench.begin()
    (bench.root / "new").write_text("new\n")
    bench.note(begun, AbortStep.ASKED)
    assert [one.id for one in bench.transactions.cut_off()] == [begun]
    with pytest.raises(TransactionBusyError):
        bench.transactions.commit(begun)
    ref = bench.abort(begun)
    assert bench.kept(ref, "new") == "new"
    assert bench.status() == ""


def test_one_that_died_while_it_restored_keeps_what_came_since(bench: Bench) -> None:
    begun = bench.begin()
    (bench.root / "new").write_text("new\n")
    (bench.root / "tracked").write_text("changed\n")
    take(Worktree.open(bench.root), ref_of(begun, ABORTED), "")
    bench.note(begun, AbortStep.RESTORING, ABORTED)
    # Half of it was taken back when the worker died, and somebody has worked on.
    (bench.root / "new").unlink()
    (bench.root / "since").write_text("since\n")
    ref = bench.abort(begun)
    assert ref == ref_of(begun, ABORTED)
    assert bench.kept(ref, "new") == "new"
    assert bench.kept(ref_of(begun, f"{ABORTED}-2"), "since") == "since"
    assert bench.status() == ""
    assert (bench.root / "tracked").read_text() == "tracked\n"


def busy(bench: Bench) -> type[SnapshotError]:
    (bench.root / ".git" / "index.lock").touch()
    return WorktreeBusyError


def nested(bench: Bench) -> type[SnapshotError]:
    GitRepository.init(bench.root / "nested").commit()
    return NestedRepositoryError


@pytest.mark.parametrize("hinder", [busy, nested])
def test_an_abort_that_is_refused_leaves_the_transaction_as_it_was(
    bench: Bench, hinder: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_lock, "LOCK_PATIENCE_SECONDS", 0.0)
    begun = bench.begin()
    before = bench.found(begun)
    (bench.root / "tracked").write_text("changed\n")
    error = hinder(bench)  # type: ignore[operator]
    for _ in range(2):
        with pytest.raises(error):
            bench.transactions.abort(begun, "", b"request")
    assert bench.found(begun) == before
    assert bench.transactions.cut_off() == []
    assert (bench.root / "tracked").read_text() == "changed\n"
    assert bench.finish(bench.transactions.commit(begun))


def test_who_has_the_worktree_gives_it_back(bench: Bench) -> None:
    """Whatever becomes of an abort, the next one does not wait for it."""
    for _ in range(2):
        begun = bench.begin()
        bench.abort(begun)
        with pytest.raises(TransactionEndedError, match="already aborted"):
            bench.transactions.abort(begun, "", b"")
    begun = bench.begin()
    ready = bench.transactions.abort(begun, "", b"")
    ready.settled(False)
    assert bench.abort(begun)
    with pytest.raises(NotFoundError, match=f"transaction {UNKNOWN} not found"):
        bench.transactions.abort(UNKNOWN, "", b"")


def test_the_copies_that_nobody_needs_are_swept(bench: Bench, tmp_path: Path) -> None:
    aborted = bench.begin()
    bench.abort(aborted)
    committed = bench.begin()
    worktree = Worktree.open(bench.root)
    bench.finish(bench.transactions.commit(committed))
    # As when the worker has died before it could drop it.
    take(worktree, ref_of(committed, BEGIN), "")
    active = bench.begin()
    bench.git.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    beginning = bench.transactions.begin(tmp_path / "linked", "", "")
    (begun_now,) = set(bench.copies.transactions()) - {aborted, committed, active}
    lost_and_aborted, lost = "lost-and-aborted", "lost-and-begun"
    take(worktree, ref_of(lost, BEGIN), "")
    for name in (BEGIN, ABORTED):
        take(worktree, ref_of(lost_and_aborted, name), "")
    bench.transactions.sweep()
    left = {aborted, active, begun_now, lost_and_aborted}
    assert set(bench.copies.transactions()) == left
    assert bench.copies_of(lost_and_aborted) == (ABORTED, BEGIN)
    assert bench.finish(beginning).id == begun_now
    bench.transactions.sweep()
    assert set(bench.copies.transactions()) == left


def test_one_that_was_not_begun_after_all_is_swept_as_well(bench: Bench) -> None:
    ready = bench.transactions.begin(bench.root, "", "")
    (copied,) = bench.copies.transactions()
    ready.settled(False)
    assert bench.copies.transactions() == ()
    take(Worktree.open(bench.root), ref_of(copied, BEGIN), "")
    bench.transactions.sweep()
    assert bench.copies.transactions() == ()


def test_what_waits_is_counted_and_counts_in_the_commit(bench: Bench) -> None:
    begun = bench.begin()
    waiting = [NewOperation(timestamp_secs=NOW, verb=f"verb {number}") for number in range(3)]
    for some in (waiting[:2], waiting[2:]):
        bench.writer.submit(
            lambda connection, some=some: stored.buffer(connection, begun, some, b"")  # type: ignore[misc]
        ).result()
    assert bench.transactions.find(begun)[1] == 3
    assert bench.finish(bench.transactions.commit(begun)).op_count == 3
    assert bench.entries[:3] == tuple(waiting)
    assert bench.entries[3].detail == f"{begun}: 3 operations"
    assert bench.transactions.find(begun)[1] == 0
    with pytest.raises(NotFoundError):
        bench.transactions.find(UNKNOWN)


def test_without_a_commit_there_is_nothing_to_begin_from(bench: Bench) -> None:
    with pytest.raises(PreconditionError, match="no branch elsewhere to begin from"):
        bench.transactions.begin(bench.root, "elsewhere", "")
    bench.git.git("switch", "--quiet", "--orphan", "unborn")
    with pytest.raises(PreconditionError, match="no commit to begin from; make a first one"):
        bench.transactions.begin(bench.root, "", "")
    assert bench.copies.transactions() == ()
