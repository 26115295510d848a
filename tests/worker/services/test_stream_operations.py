"""StreamOperations, asked by clients of a real worker."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import grpc
import pytest
from call_load import log_stub
from follow_client import FollowClient, following
from refusals import refusal
from worker_bench import Repository, Worker

from heddle_api.v1.operation_log_pb2 import (
    OperationHit,
    QueryOperationsRequest,
    StreamOperationsRequest,
)
from heddle_api.v1.operation_log_pb2_grpc import OperationLogQueryServiceStub
from heddle_supervisor.worker_link import Command
from heddle_worker.limits import MAX_BACKLOG
from heddle_worker.store import operations
from heddle_worker.store.database import Database, database_path
from heddle_worker.store.operations import NewOperation

SECONDS = 60.0


@pytest.fixture
def worker(start_worker: Callable[..., Worker]) -> Worker:
    """A worker whose log has one entry, that of the first commit."""
    worker = start_worker().activate()
    with log_stub(worker.path) as stub:
        assert [hit.seq for hit in everything(stub)] == [1]
    return worker


@pytest.fixture
def stub(worker: Worker) -> Iterator[OperationLogQueryServiceStub]:
    with log_stub(worker.path) as stub:
        yield stub


@pytest.fixture
def foreign(worker: Worker, repository: Repository) -> Iterator[Callable[..., int]]:
    """Appends to the log from this process, as a worker does that drains: and rings."""
    database = Database.open(repository.heddle_dir)

    def append(count: int = 1, **fields: Any) -> int:
        new = NewOperation(**{"timestamp_secs": 1, "verb": "goto", **fields})
        database.connection.execute("BEGIN IMMEDIATE")
        seqs = operations.append(database.connection, [new] * count)
        database.connection.execute("COMMIT")
        database_path(repository.heddle_dir).touch()
        return seqs[-1]

    yield append
    database.close()


def stream(
    stub: OperationLogQueryServiceStub, *, follow: bool = False, **query: Any
) -> list[OperationHit]:
    request = StreamOperationsRequest(query=QueryOperationsRequest(**query), follow=follow)
    return list(stub.StreamOperations(request, timeout=SECONDS))


def read_on(hits: Iterable[OperationHit], into: list[int]) -> None:
    for hit in hits:
        into.append(hit.seq)


def everything(stub: OperationLogQueryServiceStub, **query: Any) -> list[OperationHit]:
    request = QueryOperationsRequest(**{"include_checkpoints": True, **query})
    return list(stub.QueryOperations(request, timeout=SECONDS).hits)


def test_without_follow_it_sends_what_a_query_returns_and_ends(
    stub: OperationLogQueryServiceStub, repository: Repository, foreign: Callable[..., int]
) -> None:
    repository.commit("second")
    foreign(1_000, verb="checkpoint")
    repository.git("switch", "--quiet", "--create", "topic")
    hits = everything(stub)
    assert len(hits) > 1_000
    assert stream(stub, include_checkpoints=True) == hits
    assert stream(stub) == [hit for hit in hits if hit.verb != "checkpoint"]
    assert stream(stub, verbs=["fork"]) == [hit for hit in hits if hit.verb == "fork"]
    for limit in (1, 256, 300):
        assert stream(stub, include_checkpoints=True, limit=limit) == hits[:limit]
        assert stream(stub, include_checkpoints=True, after_seq=limit) == hits[limit:]
    assert stream(stub, after_seq=hits[-1].seq) == []


def test_a_follower_gets_what_is_there_and_what_comes(
    worker: Worker, stub: OperationLogQueryServiceStub, repository: Repository
) -> None:
    with following(worker.path) as client:
        client.until_seq(1)
        second = repository.commit("second")
        client.until(lambda hits: hits[-1].change_id.hex() == second, "the commit has come")
        repository.git("tag", "v1")
        client.until(lambda hits: hits[-1].verb == "marker_create", "the tag has come")
        assert client.hits == everything(stub)


@pytest.mark.parametrize("after", [0, 1, 300, 600])
def test_a_follower_begins_at_any_cursor(
    worker: Worker, foreign: Callable[..., int], after: int
) -> None:
    newest = foreign(599)
    with following(worker.path, after_seq=after) as client:
        if after < newest:
            client.until_seq(newest)
        newest = foreign(2)
        client.until_seq(newest)
        assert client.seqs == list(range(after + 1, newest + 1))


def test_a_limit_ends_a_follower(worker: Worker, foreign: Callable[..., int]) -> None:
    foreign(2)
    with following(worker.path, limit=2) as at_once, following(worker.path, limit=7) as later:
        assert at_once.ended() is None
        assert at_once.seqs == [1, 2]
        later.until_seq(3)
        foreign(3)
        foreign(10)
        assert later.ended() is None
        assert later.seqs == list(range(1, 8))


def test_the_filters_hold_for_what_comes(worker: Worker, foreign: Callable[..., int]) -> None:
    wanted = {
        "actor": "ada@example.com",
        "thread": "main",
        "symbol": "a.py:f",
        "signal_kind": "risk",
        "verbs": ["checkpoint", "snapshot"],
        "since_secs": 10,
        "until_secs": 20,
    }
    fits: dict[str, Any] = {
        "actor_email": "ada@example.com",
        "thread": "main",
        "symbols": ("b.py:g", "a.py:f"),
        "signal_kinds": ("risk",),
        "verb": "checkpoint",
        "timestamp_secs": 15,
    }
    first = foreign(**fits)
    with following(worker.path, **wanted) as client:
        client.until_seq(first)
        for misfit in (
            {"actor_email": "bo@example.com"},
            {"thread": "topic"},
            {"symbols": ("a.py",)},
            {"signal_kinds": ()},
            {"verb": "goto"},
            {"timestamp_secs": 9},
            {"timestamp_secs": 21},
        ):
            foreign(**{**fits, **misfit})
        last = foreign(**{**fits, "verb": "snapshot"})
        client.until_seq(last)
        assert client.seqs == [first, last]


def test_without_verbs_checkpoints_do_not_come(worker: Worker, foreign: Callable[..., int]) -> None:
    with following(worker.path, include_checkpoints=False) as client:
        client.until_seq(1)
        foreign(verb="checkpoint")
        last = foreign(verb="goto")
        client.until_seq(last)
        assert client.seqs == [1, last]


@pytest.mark.parametrize("follow", [False, True])
def test_a_cursor_beyond_the_end_is_refused(
    stub: OperationLogQueryServiceStub, *, follow: bool
) -> None:
    newest = everything(stub)[-1].seq
    refused = refusal(stream, stub, follow=follow, after_seq=newest + 1)
    assert refused.code is grpc.StatusCode.OUT_OF_RANGE
    assert f"beyond the newest entry, {newest}" in refused.message


@pytest.mark.parametrize("follow", [False, True])
def test_fields_that_cannot_be_right_are_named(
    stub: OperationLogQueryServiceStub, *, follow: bool
) -> None:
    request = StreamOperationsRequest(
        repo_path="a\0",
        query=QueryOperationsRequest(actor="b\0", since_secs=-1),
        follow=follow,
    )
    refused = refusal(lambda: list(stub.StreamOperations(request, timeout=SECONDS)))
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.fields == ["repo_path", "query.actor", "query.since_secs"]


def test_paths_elsewhere_are_not_found(stub: OperationLogQueryServiceStub) -> None:
    for request in (
        StreamOperationsRequest(repo_path="/"),
        StreamOperationsRequest(query=QueryOperationsRequest(repo_path="/")),
    ):
        refused = refusal(lambda request=request: list(stub.StreamOperations(request)))
        assert refused.code is grpc.StatusCode.NOT_FOUND


def test_a_hundred_followers_see_the_same(worker: Worker, repository: Repository) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(following(worker.path)) for _ in range(100)]
        for number in range(5):
            repository.git("tag", f"v{number}")
        for client in clients:
            client.until(lambda hits: len(hits) == 6, "all tags have come")
        assert all(client.hits == clients[0].hits for client in clients)


def test_one_that_does_not_read_is_ended_and_others_go_on(
    worker: Worker, foreign: Callable[..., int]
) -> None:
    # Large entries fill what the transport holds by itself.
    detail = {"thread": "t" * 4_000}
    request = StreamOperationsRequest(query=QueryOperationsRequest(), follow=True)
    with log_stub(worker.path) as stub, following(worker.path) as other:
        stuck = stub.StreamOperations(request)
        assert next(stuck).seq == 1
        newest = 1
        # What may wait, twice as much of which nothing is taken, and what the transport takes.
        for _ in range(7):
            newest = foreign(MAX_BACKLOG // 2, **detail)
            other.until_seq(newest)
        taken = [1]
        with pytest.raises(grpc.RpcError) as caught:
            read_on(stuck, taken)
        error: Any = caught.value
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert f"resume with after_seq {taken[-1]}, " in error.details()
        assert taken == list(range(1, taken[-1] + 1))
        resumed = stream(stub, after_seq=taken[-1])
        assert [hit.seq for hit in resumed] == list(range(taken[-1] + 1, newest + 1))
        assert other.seqs == list(range(1, newest + 1))


def test_appends_from_all_sides_come_once_and_in_order(
    worker: Worker, repository: Repository, foreign: Callable[..., int]
) -> None:
    done = threading.Event()

    def commit() -> None:
        for number in range(10):
            repository.commit(f"more {number}")
        done.set()

    committing = threading.Thread(target=commit)
    with contextlib.ExitStack() as stack:
        clients: list[FollowClient] = []
        committing.start()
        while not done.is_set():
            foreign(3)
            if len(clients) < 20:
                clients.append(stack.enter_context(following(worker.path)))
        committing.join()
        for client in clients:
            client.until(
                lambda hits: sum(hit.verb == "snapshot" for hit in hits) == 11, "all commits came"
            )
            newest = client.seqs[-1]
            assert client.seqs == list(range(1, newest + 1))


def test_what_a_replaced_worker_still_appends_comes(
    start_worker: Callable[..., Worker], repository: Repository
) -> None:
    old = start_worker().activate()
    with log_stub(old.path) as kept:
        everything(kept)
        new = start_worker().activate()
        old.tell(Command.RETIRE)
        with following(new.path) as client:
            client.until_seq(1)
            repository.git("tag", "v1")
            # The old worker reads the tag in on this call, before the new one hears of it.
            everything(kept)
            client.until(lambda hits: hits[-1].verb == "marker_create", "the tag has come")
            assert client.seqs == [1, 2]


@pytest.mark.parametrize("command", [Command.RETIRE, Command.DRAIN])
def test_a_follower_that_does_not_read_holds_nobody_up(
    worker: Worker, foreign: Callable[..., int], command: Command
) -> None:
    with log_stub(worker.path) as stub, following(worker.path) as other:
        request = StreamOperationsRequest(query=QueryOperationsRequest(), follow=True)
        stuck = stub.StreamOperations(request)
        assert next(stuck).seq == 1
        other.until_seq(foreign(MAX_BACKLOG, thread="t" * 4_000))
        worker.tell(command, seconds=3_600.0)
        if command is Command.DRAIN:
            assert worker.wait() == 0
        with pytest.raises(grpc.RpcError) as caught:
            list(stuck)
        error: Any = caught.value
        assert error.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (Command.RETIRE, "this worker has been replaced; resume on a new connection"),
        (Command.DRAIN, "daemon is stopping"),
    ],
)
def test_a_follower_of_a_worker_that_goes_is_told_to_resume(
    worker: Worker, command: Command, reason: str
) -> None:
    with following(worker.path) as client:
        client.until_seq(1)
        worker.tell(command, seconds=10.0)
        error = client.ended()
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        # A connection that comes of age at this very moment is closed with the transport's words.
        assert error.details() == reason or "max_age" in error.details()
