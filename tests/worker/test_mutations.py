"""What is asked for under one operation id happens once."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import apsw
import pytest
from git_repository import GitRepository
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle_worker.failures import InvalidRequestError, ReusedOperationIdError
from heddle_worker.mutations import Asked, Changed, Mutation, Mutations, Occasion
from heddle_worker.principal import Principals
from heddle_worker.repository.repository import Repository
from heddle_worker.services.catalogue import SERVICES
from heddle_worker.services.discussions import DiscussionService
from heddle_worker.services.hooks import HookService
from heddle_worker.services.snapshots import SnapshotService
from heddle_worker.services.transactions import TransactionService
from heddle_worker.store import operation_query
from heddle_worker.store.database import Database
from heddle_worker.store.idempotency import RETENTION_SECONDS, FinishedRequests
from heddle_worker.store.operation_query import OperationQuery
from heddle_worker.store.readers import Readers
from heddle_worker.store.writer import Writer

T = TypeVar("T")

START = 1_790_000_000
VERB = "test.note"


class Store:
    """A store whose mutations write one entry each, and the time that they see."""

    def __init__(self, git: GitRepository, heddle_dir: Path) -> None:
        self.now = START
        self.runs = 0
        database = Database.open(heddle_dir)
        self._writer = Writer(database)
        self._readers = Readers(database)
        self._finished = FinishedRequests(database)
        principals = Principals(Repository.open(git.root), heddle_dir, {})
        self.mutations = Mutations(self._writer, self._finished, principals, lambda: self.now)

    def close(self) -> None:
        self._readers.close()
        self._finished.close()
        self._writer.close()

    async def note(self, text: str, operation_id: str, verb: str = VERB) -> bytes:
        """Write `text` into the log; the reply is the text and how many runs there were."""
        return await self.run(text, operation_id, self._noting(text), verb)

    async def run(
        self,
        request: str,
        operation_id: str,
        make: Callable[[], Awaitable[Mutation[bytes]]],
        verb: str = VERB,
    ) -> bytes:
        return await self.mutations.run(Asked(verb, operation_id, request.encode()), make)

    def noted(self) -> list[str]:
        with self._readers.snapshot() as connection:
            found = operation_query.select(connection, OperationQuery(include_checkpoints=True))
            return [one.detail for one in found]

    def remembered(self) -> int:
        with self._readers.snapshot() as connection:
            return int(connection.execute("SELECT count(*) FROM finished_requests").get)

    def _noting(self, text: str) -> Callable[[], Awaitable[Mutation[bytes]]]:
        def change(_connection: apsw.Connection, occasion: Occasion) -> Changed[bytes]:
            self.runs += 1
            return Changed(f"{text} {self.runs}".encode(), (occasion.operation(detail=text),))

        async def make() -> Mutation[bytes]:
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


def test_another_request_with_the_id_of_one_that_runs_is_refused(store: Store) -> None:
    async def both() -> tuple[bytes | BaseException, bytes | BaseException]:
        first = fresh_id()
        return await asyncio.gather(
            store.note("a", first), store.note("b", first), return_exceptions=True
        )

    reply, refused = run(both())
    assert reply == b"a 1"
    assert isinstance(refused, ReusedOperationIdError)


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


def test_after_seven_days_an_id_is_forgotten(store: Store) -> None:
    first = fresh_id()
    run(store.note("a", first))
    store.now = START + RETENTION_SECONDS - 1
    assert run(store.note("a", first)) == b"a 1"
    store.now += 1
    assert run(store.note("a", first)) == b"a 2"


def test_what_is_forgotten_goes_in_small_steps(store: Store) -> None:
    for _ in range(20):
        run(store.note("a", fresh_id()))
    store.now += RETENTION_SECONDS
    left = [store.remembered()]
    for _ in range(8):
        run(store.note("b", fresh_id()))
        left.append(store.remembered())
    assert all(before - after <= 3 for before, after in itertools.pairwise(left))
    assert left[-1] == 8


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
