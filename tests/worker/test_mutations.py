"""What is asked for under one operation id happens once."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import threading
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import apsw
import pytest
from git_repository import GitRepository
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle_worker.failures import (
    InvalidRequestError,
    NotFoundError,
    ReusedOperationIdError,
    TransactionBusyError,
)
from heddle_worker.mutations import Asked, Change, Changed, Mutation, Mutations, Occasion
from heddle_worker.principal import Principals
from heddle_worker.repository.repository import Repository
from heddle_worker.services.catalogue import SERVICES
from heddle_worker.services.discussions import DiscussionService
from heddle_worker.services.hooks import HookService
from heddle_worker.services.snapshots import SnapshotService
from heddle_worker.services.transactions import TransactionService
from heddle_worker.store import hooks, operation_query, transactions
from heddle_worker.store.database import Database
from heddle_worker.store.hooks import RegisteredHook
from heddle_worker.store.idempotency import FinishedRequests
from heddle_worker.store.operation_query import OperationQuery
from heddle_worker.store.readers import Readers
from heddle_worker.store.transactions import AbortStep, Transaction, TransactionState
from heddle_worker.store.writer import Writer

T = TypeVar("T")

START = 1_790_000_000
VERB = "test.note"
WEEK = 7 * 24 * 3600


class Store:
    """A store whose mutations write one entry each, and the time that they see."""

    def __init__(self, git: GitRepository, heddle_dir: Path) -> None:
        self.now = START
        self.runs = 0
        self.checks = 0
        database = Database.open(heddle_dir)
        self._writer = Writer(database)
        self.readers = Readers(database)
        self._finished = FinishedRequests(database)
        environment = {"HEDDLE_PRINCIPAL_EMAIL": "ada@example.com"}
        principals = Principals(Repository.open(git.root), heddle_dir, environment)
        self.mutations = Mutations(self._writer, self._finished, principals, lambda: self.now)

    def close(self) -> None:
        self.readers.close()
        self._finished.close()
        self._writer.close()

    async def note(self, text: str, operation_id: str, verb: str = VERB, within: str = "") -> bytes:
        """Write `text` into the log; the reply is the text and how many runs there were."""
        asked = Asked(verb, operation_id, text.encode(), within)
        return await self.mutations.run(asked, self.noting(text))

    async def run(
        self,
        request: str,
        operation_id: str,
        make: Callable[[], Awaitable[Mutation[bytes]]],
        verb: str = VERB,
    ) -> bytes:
        return await self.mutations.run(Asked(verb, operation_id, request.encode()), make)

    def noted(self) -> list[str]:
        with self.readers.snapshot() as connection:
            found = operation_query.select(connection, OperationQuery(include_checkpoints=True))
            return [one.detail for one in found]

    def write(self, work: Callable[[apsw.Connection], object]) -> None:
        self._writer.submit(work).result()

    def remembered(self) -> int:
        with self.readers.snapshot() as connection:
            return int(connection.execute("SELECT count(*) FROM finished_requests").get)

    def noting(self, text: str) -> Callable[[], Awaitable[Mutation[bytes]]]:
        def change(_connection: apsw.Connection, occasion: Occasion) -> Changed[bytes]:
            self.runs += 1
            return Changed(f"{text} {self.runs}".encode(), (occasion.operation(detail=text),))

        async def make() -> Mutation[bytes]:
            self.checks += 1
            return Mutation(change, lambda value: value)

        return make


@contextlib.contextmanager
def opened(directory: Path) -> Iterator[Store]:
    git = GitRepository.init(directory / "repository")
    git.commit()
    (directory / ".heddle").mkdir()
    with contextlib.closing(Store(git, directory / ".heddle")) as store:
        yield store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path) as store:
        yield store


def fresh_id() -> str:
    return str(uuid.uuid4())


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


def test_a_request_that_comes_again_gets_the_same_reply(store: Store) -> None:
    first = fresh_id()
    assert run(store.note("a", first)) == b"a 1"
    assert run(store.note("a", first)) == b"a 1"
    assert run(store.note("a", first.upper())) == b"a 1"
    assert run(store.note("a", fresh_id())) == b"a 2"
    assert store.noted() == ["a", "a"]


def test_without_an_id_each_request_is_one_of_its_own(store: Store) -> None:
    assert run(store.note("a", "")) == b"a 1"
    assert run(store.note("a", "")) == b"a 2"
    assert store.remembered() == 0


def test_an_id_belongs_to_one_request(store: Store) -> None:
    first = fresh_id()
    run(store.note("a", first))
    with pytest.raises(ReusedOperationIdError):
        run(store.note("b", first))
    assert store.noted() == ["a"]


def test_two_verbs_may_use_one_id(store: Store) -> None:
    first = fresh_id()
    assert run(store.note("a", first)) == b"a 1"
    assert run(store.note("b", first, "test.other")) == b"b 2"


@pytest.mark.parametrize("text", ["x", "0" * 31, "12345678-1234-1234-1234-1234567890ag", " "])
def test_what_is_no_uuid_is_refused(store: Store, text: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"invalid client_operation_id: .*UUID"):
        run(store.note("a", text))
    assert store.runs == 0


def test_the_same_request_while_it_runs_waits_for_its_reply(store: Store) -> None:
    async def many() -> list[bytes]:
        first = fresh_id()
        return await asyncio.gather(*(store.note("a", first) for _ in range(20)))

    assert set(run(many())) == {b"a 1"}
    assert store.noted() == ["a"]
    # Getting ready may be to take a whole worktree back.
    assert store.checks == 1


def test_another_request_with_the_id_of_one_that_runs_is_refused(store: Store) -> None:
    async def both() -> tuple[bytes | BaseException, bytes | BaseException]:
        first = fresh_id()
        return await asyncio.gather(
            store.note("a", first), store.note("b", first), return_exceptions=True
        )

    reply, refused = run(both())
    assert reply == b"a 1"
    assert isinstance(refused, ReusedOperationIdError)
    assert store.checks == 1


def test_a_failure_is_not_remembered_and_leaves_nothing(store: Store) -> None:
    first = fresh_id()

    def failing(connection: apsw.Connection, _occasion: Occasion) -> Changed[bytes]:
        connection.execute("INSERT INTO meta VALUES ('left', 'behind')")
        raise LookupError("no such thing")

    async def make() -> Mutation[bytes]:
        return Mutation(failing, lambda value: value)

    async def refuse() -> Mutation[bytes]:
        raise LookupError("not even begun")

    for way in (make, refuse):
        with pytest.raises(LookupError):
            run(store.run("a", first, way))
    assert run(store.note("a", first)) == b"a 1"
    assert store.noted() == ["a"]


def test_those_who_waited_for_one_that_fails_run_themselves(store: Store) -> None:
    first = fresh_id()

    async def all_of_them() -> list[bytes | BaseException]:
        entered, gate = asyncio.Event(), asyncio.Event()

        async def refuse() -> Mutation[bytes]:
            entered.set()
            await gate.wait()
            raise LookupError("no such thing")

        failing = asyncio.ensure_future(store.run("a", first, refuse))
        await entered.wait()
        waiting = [asyncio.ensure_future(store.note("a", first)) for _ in range(3)]
        await asyncio.sleep(0)
        gate.set()
        return await asyncio.gather(failing, *waiting, return_exceptions=True)

    failed, *replies = run(all_of_them())
    assert isinstance(failed, LookupError)
    assert set(replies) == {b"a 1"}


def test_a_client_that_goes_away_does_not_undo_what_was_begun(store: Store) -> None:
    """It may have happened or not; the retry finds out, and either way it happens once."""

    async def leave_and_return() -> bytes:
        first = fresh_id()
        call = asyncio.ensure_future(store.note("a", first))
        for _ in range(3):
            await asyncio.sleep(0)
        call.cancel()
        return await store.note("a", first)

    assert run(leave_and_return()) == b"a 1"
    assert store.noted() == ["a"]


@pytest.mark.parametrize("operation_id", ["", "b5b8a8b0-5dd1-4f0e-a3ff-6b2a25b1d2c9"])
def test_what_has_begun_goes_on_without_its_client(store: Store, operation_id: str) -> None:
    async def leave() -> None:
        entered, gate, settled = asyncio.Event(), asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def note_end(_is_made: bool) -> None:
            loop.call_soon_threadsafe(settled.set)

        async def make() -> Mutation[bytes]:
            entered.set()
            await gate.wait()
            mutation = await store.noting("a")()
            return dataclasses.replace(mutation, settled=note_end)

        call = asyncio.ensure_future(store.run("a", operation_id, make))
        await entered.wait()
        call.cancel()
        await asyncio.wait({call})
        gate.set()
        async with asyncio.timeout(30):
            await settled.wait()

    run(leave())
    assert store.noted() == ["a"]


def test_one_that_fails_because_another_worker_was_faster_gets_its_reply(
    store: Store, tmp_path: Path
) -> None:
    first = fresh_id()
    other = Store(GitRepository(tmp_path / "repository"), tmp_path / ".heddle")
    with contextlib.closing(other):

        def overtaken(by: str) -> Callable[[], Awaitable[Mutation[bytes]]]:
            async def make() -> Mutation[bytes]:
                await other.note(by, first)
                raise LookupError("it is there already")

            return make

        assert run(store.run("a", first, overtaken("a"))) == b"a 1"
        assert run(store.note("a", first)) == b"a 1"
        first = fresh_id()
        with pytest.raises(ReusedOperationIdError):
            run(store.run("a", first, overtaken("b")))
    assert store.noted() == ["a", "b"]


class TestSettling:
    """What was got ready for a change learns, in a thread, whether it came to it."""

    def settle(
        self,
        store: Store,
        operation_id: str = "",
        before: Callable[[], Awaitable[bytes]] | None = None,
        change: Change[bytes] | None = None,
    ) -> tuple[bytes | BaseException, list[bool]]:
        """Return the reply or the failure, and what was told at the end."""
        told: list[bool] = []
        threads: list[int] = []

        def settled(is_made: bool) -> None:
            told.append(is_made)
            threads.append(threading.get_ident())

        async def make() -> Mutation[bytes]:
            if before is not None:
                await before()
            mutation = await store.noting("a")()
            return dataclasses.replace(mutation, change=change or mutation.change, settled=settled)

        async def outcome() -> bytes | BaseException:
            (one,) = await asyncio.gather(
                store.run("a", operation_id, make), return_exceptions=True
            )
            return one

        found = run(outcome())
        assert threading.get_ident() not in threads
        return found, told

    def test_it_did(self, store: Store) -> None:
        assert self.settle(store) == (b"a 1", [True])
        assert self.settle(store, fresh_id()) == (b"a 2", [True])

    def test_the_change_was_refused(self, store: Store) -> None:
        def refused(_connection: apsw.Connection, _occasion: Occasion) -> Changed[bytes]:
            raise LookupError("no such thing")

        failure, told = self.settle(store, change=refused)
        assert isinstance(failure, LookupError)
        assert told == [False]

    @pytest.mark.parametrize("operation_id", ["", "b5b8a8b0-5dd1-4f0e-a3ff-6b2a25b1d2c9"])
    def test_the_change_did_not_become_durable(self, store: Store, operation_id: str) -> None:
        def broken(connection: apsw.Connection, occasion: Occasion) -> Changed[bytes]:
            # What refers to nothing is noticed at the commit.
            connection.execute("PRAGMA defer_foreign_keys = ON")
            connection.execute("INSERT INTO discussion_turns VALUES (99, 0, '', '', '', 0)")
            return Changed(b"done", (occasion.operation(detail="done"),))

        failure, told = self.settle(store, operation_id, change=broken)
        assert isinstance(failure, apsw.ConstraintError)
        assert told == [False]
        assert store.noted() == []
        assert store.remembered() == 0

    def test_another_worker_was_faster(self, store: Store, tmp_path: Path) -> None:
        first = fresh_id()
        other = Store(GitRepository(tmp_path / "repository"), tmp_path / ".heddle")
        with contextlib.closing(other):
            reply, told = self.settle(store, first, lambda: other.note("a", first))
        assert (reply, told) == (b"a 1", [False])
        assert store.runs == 0


def test_the_log_says_what_was_done_by_whom_and_when(store: Store) -> None:
    def change(_connection: apsw.Connection, occasion: Occasion) -> Changed[bytes]:
        full = occasion.operation(
            verb="test.part", thread="main", change_id=b"\x01" * 20, detail="it", symbols=("a:f",)
        )
        return Changed(b"", (full, occasion.operation()))

    async def make() -> Mutation[bytes]:
        return Mutation(change, lambda value: value)

    first = fresh_id()
    run(store.run("a", first, make))
    with store.readers.snapshot() as connection:
        full, bare = operation_query.select(connection, OperationQuery(include_checkpoints=True))
    assert (full.verb, full.thread, full.change_id) == ("test.part", "main", b"\x01" * 20)
    assert (full.detail, full.symbols) == ("it", ("a:f",))
    assert (bare.verb, bare.thread, bare.change_id) == (VERB, "", b"")
    assert (bare.detail, bare.symbols) == ("", ())
    for entry in (full, bare):
        assert (entry.timestamp_secs, entry.operation_id) == (START, first)
        assert entry.actor_email == "ada@example.com"


def test_within_a_transaction_the_log_waits_and_the_reply_does_not(store: Store) -> None:
    transaction = Transaction(
        id="it",
        worktree=b".",
        state=TransactionState.ACTIVE,
        thread="",
        message="",
        base_id=b"",
        started_at=START,
    )
    store.write(lambda connection: transactions.add(connection, transaction))
    first = fresh_id()

    def register(connection: apsw.Connection, occasion: Occasion) -> Changed[bytes]:
        hooks.put(connection, RegisteredHook("within", "true", ("pre_push",), 5_000))
        return Changed(b"registered", (occasion.operation(detail="within"),))

    async def make() -> Mutation[bytes]:
        return Mutation(register, lambda value: value)

    async def ask() -> bytes:
        return await store.mutations.run(Asked(VERB, first, b"within", "it"), make)

    assert run(ask()) == run(ask()) == b"registered"
    assert store.noted() == []
    with store.readers.snapshot() as connection:
        (waiting,) = transactions.buffered(connection, "it")
        assert (waiting.detail, waiting.operation_id) == ("within", first)
        assert len(hooks.all_hooks(connection)) == 1
    store.write(lambda connection: transactions.undo_buffered(connection, "it"))
    with store.readers.snapshot() as connection:
        assert hooks.all_hooks(connection) == []
    store.write(lambda connection: transactions.note_step(connection, "it", AbortStep.ASKED, b""))
    for within, error in (("it", TransactionBusyError), ("none", NotFoundError)):
        with pytest.raises(error):
            run(store.note("a", fresh_id(), within=within))
    assert store.runs == 0


def test_a_long_id_that_is_none_is_not_repeated_in_full(store: Store) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        run(store.note("a", "x" * 1_000))
    assert str(refused.value) == f"invalid client_operation_id: '{'x' * 64}' is not a UUID"


def test_after_seven_days_an_id_is_forgotten(store: Store) -> None:
    first = fresh_id()
    run(store.note("a", first))
    store.now = START + WEEK - 1
    assert run(store.note("a", first)) == b"a 1"
    store.now += 1
    assert run(store.note("a", first)) == b"a 2"


def test_what_is_forgotten_goes_in_small_steps(store: Store) -> None:
    for _ in range(20):
        run(store.note("a", fresh_id()))
    store.now += WEEK
    left = [store.remembered()]
    for _ in range(8):
        run(store.note("b", fresh_id()))
        left.append(store.remembered())
    assert all(before - after <= 3 for before, after in itertools.pairwise(left))
    # Fewer requests make them go than there are of them.
    assert left[5:] == [5, 6, 7, 8]


def test_two_workers_do_not_both_do_it(store: Store, tmp_path: Path) -> None:
    """While one drains, its successor writes already: the store is what both look at."""
    other = Store(GitRepository(tmp_path / "repository"), tmp_path / ".heddle")
    with contextlib.closing(other):

        async def both() -> list[tuple[bytes, bytes]]:
            replies = []
            for number in range(30):
                one = fresh_id()
                text = f"n{number}"
                first, second = await asyncio.gather(store.note(text, one), other.note(text, one))
                replies.append((first, second))
            return replies

        assert all(first == second for first, second in run(both()))
        assert sorted(store.noted()) == sorted(f"n{number}" for number in range(30))


@settings(max_examples=25, deadline=None)
@given(
    requests=st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from("ab"), st.sampled_from(["v", "w"])),
        max_size=12,
    ),
    at_once=st.integers(1, 4),
)
def test_whatever_is_asked_in_whatever_order(
    tmp_path_factory: pytest.TempPathFactory,
    requests: list[tuple[int, str, str]],
    at_once: int,
) -> None:
    ids = [fresh_id() for _ in range(4)]
    expected: dict[tuple[int, str], str] = {}
    with opened(tmp_path_factory.mktemp("any")) as store:

        async def ask(number: int, text: str, verb: str) -> None:
            owner = expected.setdefault((number, verb), text)
            try:
                reply = await store.note(text, ids[number], verb)
            except ReusedOperationIdError:
                assert owner != text
            else:
                assert owner == text
                assert reply.startswith(text.encode())

        async def all_of_them() -> None:
            for begin in range(0, len(requests), at_once):
                await asyncio.gather(*(ask(*one) for one in requests[begin : begin + at_once]))

        asyncio.run(all_of_them())
        assert sorted(store.noted()) == sorted(expected.values())


def test_every_method_with_an_operation_id_that_is_served_is_run_once() -> None:
    """None can be forgotten: the id is in the request's type."""
    verbs = {}
    servicers = {
        "heddle.v1.DiscussionService": DiscussionService,
        "heddle.v1.HookService": HookService,
        "heddle.v1.TransactionService": TransactionService,
        "heddle.local.v1.SnapshotService": SnapshotService,
    }
    for service in SERVICES:
        servicer = servicers.get(service.full_name)
        for method in service.methods:
            if "client_operation_id" in method.input_type.fields_by_name:
                served = getattr(servicer, method.name, None)
                if served is not None:
                    verbs[method.name] = served.verb
    assert verbs == {
        "OpenDiscussion": "discussion.open",
        "AppendTurn": "discussion.append_turn",
        "ResolveDiscussion": "discussion.resolve",
        "RegisterHook": "hook.register_hook",
        "DeregisterHook": "hook.deregister_hook",
        "RespondToHook": "hook.respond_to_hook",
        "BeginTransaction": "TransactionService.BeginTransaction",
        "CommitTransaction": "TransactionService.CommitTransaction",
        "AbortTransaction": "TransactionService.AbortTransaction",
        "RestorePaths": "SnapshotService.RestorePaths",
        "UndoAbort": "SnapshotService.UndoAbort",
    }
