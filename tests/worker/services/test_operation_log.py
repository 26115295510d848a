"""OperationLogQueryService, asked by a client of a real worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusal
from worker_bench import Repository, Worker

from heddle_api.v1 import operation_log_pb2, operation_log_pb2_grpc
from heddle_worker.limits import MAX_MESSAGE_BYTES, MAX_TEXT_BYTES, MAX_VERBS
from heddle_worker.serving.socket_address import grpc_address
from heddle_worker.store import operations
from heddle_worker.store.database import Database
from heddle_worker.store.operations import NewOperation

Query: TypeAlias = Callable[..., list[operation_log_pb2.OperationHit]]


@pytest.fixture
def query(start_worker: Callable[..., Worker]) -> Iterator[Query]:
    """Asks a worker; the arguments are the request's fields."""
    path = start_worker().activate().path
    with grpc.insecure_channel(grpc_address(path)) as channel:
        stub = operation_log_pb2_grpc.OperationLogQueryServiceStub(channel)

        def ask(**fields: Any) -> list[operation_log_pb2.OperationHit]:
            request = operation_log_pb2.QueryOperationsRequest(**fields)
            return list(stub.QueryOperations(request, timeout=30).hits)

        yield ask


def test_git_activity_comes_back_with_its_fields(query: Query, repository: Repository) -> None:
    second = repository.commit("second")
    repository.git("switch", "--quiet", "--create", "topic")
    hits = query()
    assert [hit.seq for hit in hits] == sorted({hit.seq for hit in hits})
    snapshot = next(hit for hit in hits if hit.change_id.hex() == second)
    assert snapshot.verb == "snapshot"
    assert snapshot.actor_email == "ada@example.com"
    assert snapshot.thread == "main"
    assert snapshot.timestamp_secs == int(repository.git("log", "-1", "--format=%ct", second))
    assert [hit.thread for hit in hits if hit.verb == "fork"] == ["topic"]


def test_filters_limit_and_cursor(query: Query, repository: Repository) -> None:
    commits = [repository.commit(f"commit {n}") for n in range(5)]
    everything = query(verbs=["snapshot"])
    assert [hit.change_id.hex() for hit in everything][-5:] == commits
    first = query(verbs=["snapshot"], limit=2)
    assert first == everything[:2]
    rest = query(verbs=["snapshot"], after_seq=first[-1].seq)
    assert first + rest == everything
    assert query(after_seq=query()[-1].seq) == []
    assert query(actor="nobody@example.com") == []
    assert query(thread="main", actor="ada@example.com", verbs=["snapshot"]) == everything
    last = everything[-1].timestamp_secs
    assert query(verbs=["snapshot"], since_secs=last + 3600) == []
    assert query(verbs=["snapshot"], until_secs=last) == everything


def test_a_verb_that_nobody_uses_matches_nothing(query: Query) -> None:
    assert query(verbs=["no.such.verb"]) == []


def test_paths_of_the_repository_are_accepted(
    query: Query, repository: Repository, tmp_path: Path
) -> None:
    repository.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    (tmp_path / "link").symlink_to(repository.root)
    (repository.root / "deep" / "down").mkdir(parents=True)
    everything = query()
    for path in (
        "",
        ".",
        "deep",
        str(repository.root),
        f"{repository.root}/",
        str(repository.root / "deep" / "down"),
        str(repository.root / ".git"),
        str(tmp_path / "linked"),
        str(tmp_path / "link" / "deep"),
    ):
        assert query(repo_path=path) == everything


def test_paths_elsewhere_are_not_found(
    query: Query, repository: Repository, tmp_path: Path
) -> None:
    nested = Repository(repository.root / "nested")
    beside = tmp_path / f"{repository.root.name}-2"
    beside.mkdir()
    for path in (
        "/",
        "..",
        "missing",
        str(tmp_path),
        str(beside),
        str(nested.root),
        str(nested.root / ".git"),
        "x" * 300,
    ):
        code, message, _fields = refusal(query, repo_path=path)
        assert code is grpc.StatusCode.NOT_FOUND
        assert message.startswith(f"{path} is not in the repository that this daemon serves")
        assert str(repository.root) in message


_LONG = "é" * (MAX_TEXT_BYTES // 2 + 1)


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"repo_path": _LONG}, ["repo_path"]),
        ({"repo_path": "a\0b"}, ["repo_path"]),
        ({"actor": _LONG, "symbol": _LONG}, ["actor", "symbol"]),
        ({"signal_kind": _LONG}, ["signal_kind"]),
        ({"thread": "a\0"}, ["thread"]),
        ({"verbs": ["goto", _LONG]}, ["verbs[1]"]),
        ({"verbs": ["goto"] * (MAX_VERBS + 1)}, ["verbs"]),
        ({"since_secs": -1}, ["since_secs"]),
        ({"until_secs": 2**63 - 1}, ["until_secs"]),
        ({"since_secs": 253_402_300_800}, ["since_secs"]),
    ],
)
def test_fields_that_cannot_be_right_are_named(
    query: Query, fields: dict[str, object], at_fault: list[str]
) -> None:
    code, message, named = refusal(query, **fields)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert named == at_fault
    assert message.startswith(f"invalid {at_fault[0]}: ")


def test_no_request_is_our_mistake(query: Query) -> None:
    text = st.text(max_size=5) | st.just(_LONG)
    seconds = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 10)

    @settings(max_examples=50, deadline=None)
    @given(
        st.fixed_dictionaries(
            {},
            optional={
                "repo_path": text,
                "actor": text,
                "symbol": text,
                "signal_kind": text,
                "thread": text,
                "verbs": st.lists(text, max_size=3),
                "since_secs": seconds,
                "until_secs": seconds,
                "limit": st.integers(0, 2**32 - 1),
                "include_checkpoints": st.booleans(),
                "after_seq": st.integers(0, 2**64 - 1) | st.integers(0, 3),
            },
        )
    )
    def ask(fields: dict[str, Any]) -> None:
        try:
            query(**fields)
        except grpc.RpcError as error:
            code: Any = error
            assert code.code() in {
                grpc.StatusCode.INVALID_ARGUMENT,
                grpc.StatusCode.NOT_FOUND,
                grpc.StatusCode.OUT_OF_RANGE,
            }

    ask()


def test_the_limits_themselves_are_accepted(query: Query) -> None:
    assert query(actor="é" * (MAX_TEXT_BYTES // 2), verbs=["goto"] * MAX_VERBS) == []
    assert query(since_secs=253_402_300_799, limit=2**32 - 1) == []


@pytest.mark.parametrize("beyond", [1, 2**63, 2**64 - 1])
def test_a_cursor_beyond_the_newest_entry(query: Query, beyond: int) -> None:
    newest = query(include_checkpoints=True)[-1].seq
    cursor = newest + 1 if beyond == 1 else beyond
    code, message, _fields = refusal(query, after_seq=cursor)
    assert code is grpc.StatusCode.OUT_OF_RANGE
    assert message.startswith(f"after_seq {cursor} is beyond the newest entry, {newest}:")


def test_more_than_one_reply_holds_is_paged(query: Query, repository: Repository) -> None:
    query()
    entry = NewOperation(timestamp_secs=1, verb="goto", thread="t" * 1_000)
    rows = MAX_MESSAGE_BYTES // len(entry.thread) + 1
    database = Database.open(repository.heddle_dir)
    with database.connection:
        operations.append(database.connection, [entry] * rows)
    database.close()
    code, message, _fields = refusal(query, thread=entry.thread)
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "after_seq" in message
    seqs: list[int] = []
    while page := query(thread=entry.thread, limit=3_000, after_seq=seqs[-1] if seqs else 0):
        seqs += [hit.seq for hit in page]
    assert len(set(seqs)) == len(seqs) == rows
