"""TransactionService, asked by a client of a real worker, in a real repository."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import grpc
import pytest
from refusals import refusal
from transaction_client import TransactionClient
from worker_bench import Repository

HOOK = "hook.register_hook"


def edit(repository: Repository) -> None:
    """Do to the worktree what an agent may do to it."""
    (repository.root / "tracked").write_text("changed\n")
    (repository.root / "new").write_text("new\n")
    repository.git("add", "tracked")


def test_what_is_done_within_is_seen_at_the_commit_in_one_step(
    client: TransactionClient, repository: Repository
) -> None:
    transaction = client.begin(message="try it")
    assert client.status(transaction) == ("active", 0)
    client.register("within", transaction)
    client.register("without")
    client.register("within too", transaction)
    assert [hit.detail for hit in client.logged(HOOK)] == ["without"]
    assert client.status(transaction) == ("active", 2)
    assert client.commit(transaction) == (repository.git("rev-parse", "HEAD"), 2)
    assert [hit.detail for hit in client.logged(HOOK)] == ["without", "within", "within too"]
    assert client.status(transaction) == ("committed", 0)
    (committed,) = client.logged("transaction_commit")
    assert committed.detail == f"{transaction}: 2 operations"
    assert client.hooks() == ["within", "without", "within too"]


def test_a_commit_answers_with_what_is_checked_out_then(
    client: TransactionClient, repository: Repository
) -> None:
    transaction = client.begin()
    made = repository.commit("made within")
    assert client.commit(transaction) == (made, 0)


def test_a_thread_is_what_a_transaction_begins_and_ends_with(
    client: TransactionClient, repository: Repository
) -> None:
    repository.git("branch", "topic")
    transaction = client.begin(thread="topic")
    repository.commit("on main")
    assert client.commit(transaction) == (repository.git("rev-parse", "topic"), 0)


def test_an_abort_takes_everything_back_and_keeps_it(
    client: TransactionClient, repository: Repository
) -> None:
    (repository.root / "tracked").write_text("staged\n")
    repository.git("add", "tracked")
    (repository.root / "tracked").write_text("not staged\n")
    before = repository.git("status", "--porcelain=v2"), repository.git("rev-parse", "HEAD")
    transaction = client.begin()
    client.register("within", transaction)
    edit(repository)
    repository.git("switch", "--quiet", "--create", "elsewhere")
    repository.commit("made within")
    kept = client.abort(transaction, reason="it went wrong")
    after = repository.git("status", "--porcelain=v2"), repository.git("rev-parse", "HEAD")
    assert after == before
    assert repository.git("branch", "--show-current") == "main"
    assert (repository.root / "tracked").read_text() == "not staged\n"
    assert not (repository.root / "new").exists()
    assert kept == f"refs/heddle/transactions/{transaction}/aborted"
    assert repository.git("cat-file", "-p", f"{kept}:worktree/new") == "new"
    assert client.status(transaction) == ("aborted", 0)
    assert client.hooks() == []
    assert client.logged(HOOK) == []
    (aborted,) = client.logged("transaction_abort")
    assert aborted.detail == f"{transaction}: it went wrong; what was there is kept as {kept}"
    assert aborted in client.logged()


def test_an_abort_of_nothing_touches_nothing(
    client: TransactionClient, repository: Repository
) -> None:
    index = repository.root / ".git" / "index"
    before = index.stat()
    transaction = client.begin()
    kept = client.abort(transaction)
    after = index.stat()
    assert (after.st_ino, after.st_ctime_ns) == (before.st_ino, before.st_ctime_ns)
    assert repository.git("cat-file", "-t", kept) == "commit"
    assert client.status(transaction) == ("aborted", 0)


def test_an_index_that_was_only_refreshed_is_brought_back_too(
    client: TransactionClient, repository: Repository
) -> None:
    index = repository.root / ".git" / "index"
    before = index.read_bytes()
    transaction = client.begin()
    os.utime(repository.root / "tracked", (1_000_000_000, 1_000_000_000))
    repository.git("update-index", "--refresh")
    assert index.read_bytes() != before
    client.abort(transaction)
    assert index.read_bytes() == before


@pytest.mark.parametrize(("end", "state"), [("commit", "committed"), ("abort", "aborted")])
def test_what_is_over_is_over(client: TransactionClient, end: str, state: str) -> None:
    transaction = client.begin()
    getattr(client, end)(transaction)
    for call in (
        lambda: client.commit(transaction),
        lambda: client.abort(transaction),
        lambda: client.register("late", transaction),
    ):
        refused = refusal(call)
        assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
        assert refused.message == f"transaction already {state}"
    assert client.hooks() == []


def test_a_transaction_that_nobody_began_is_not_found(client: TransactionClient) -> None:
    unknown = str(uuid.uuid4())
    for call in (client.commit, client.abort, client.status, lambda id_: client.register("a", id_)):
        refused = refusal(call, unknown)
        assert refused.code is grpc.StatusCode.NOT_FOUND
        assert unknown in refused.message


def test_a_worktree_has_one_and_others_are_independent(
    client: TransactionClient, repository: Repository, tmp_path: Path
) -> None:
    repository.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    first = client.begin()
    refused = refusal(client.begin)
    assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
    assert first in refused.message
    second = client.begin(repo_path=str(tmp_path / "linked"))
    (tmp_path / "linked" / "new").write_text("new\n")
    (repository.root / "new").write_text("new\n")
    client.abort(second)
    assert not (tmp_path / "linked" / "new").exists()
    assert (repository.root / "new").exists()
    client.commit(first)
    assert client.begin()


def test_one_that_was_not_begun_leaves_no_copy(
    client: TransactionClient, repository: Repository
) -> None:
    client.begin()
    refusal(client.begin)
    assert len(repository.git("for-each-ref", "refs/heddle").splitlines()) == 1


def test_a_commit_removes_the_copy(client: TransactionClient, repository: Repository) -> None:
    client.commit(client.begin())
    assert repository.git("for-each-ref", "refs/heddle") == ""


def test_of_a_worktree_that_was_removed_only_the_operations_are_dropped(
    client: TransactionClient, repository: Repository, tmp_path: Path
) -> None:
    repository.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    transaction = client.begin(repo_path=str(tmp_path / "linked"))
    client.register("within", transaction)
    repository.git("worktree", "remove", "--force", str(tmp_path / "linked"))
    assert client.abort(transaction) == ""
    assert client.hooks() == []


def test_before_the_first_commit_there_is_nothing_to_begin_from(
    client: TransactionClient, repository: Repository
) -> None:
    repository.git("switch", "--quiet", "--orphan", "unborn")
    refused = refusal(client.begin)
    assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
    refused = refusal(client.begin, thread="no/such/branch")
    assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
    assert "no/such/branch" in refused.message


@pytest.mark.parametrize(
    ("call", "fields", "at_fault"),
    [
        ("begin", {"message": "x" * 5_000}, "message"),
        ("begin", {"thread": "a\0b"}, "thread"),
        ("commit", {"transaction_id": ""}, "transaction_id"),
        ("abort", {"transaction_id": " ", "reason": "x"}, "transaction_id"),
        ("abort", {"transaction_id": "x", "reason": "\0"}, "reason"),
        ("status", {"transaction_id": ""}, "transaction_id"),
    ],
)
def test_a_field_at_fault_is_named(
    client: TransactionClient, call: str, fields: dict[str, str], at_fault: str
) -> None:
    refused = refusal(getattr(client, call), **fields)
    assert (refused.code, refused.fields) == (grpc.StatusCode.INVALID_ARGUMENT, [at_fault])


def test_sent_again_each_gets_the_reply_that_it_got(
    client: TransactionClient, repository: Repository
) -> None:
    first, second, third = (str(uuid.uuid4()) for _ in range(3))
    transaction = client.begin(client_operation_id=first)
    assert client.begin(client_operation_id=first) == transaction
    client.register("within", transaction, second)
    client.register("within", transaction, second)
    assert client.status(transaction) == ("active", 1)
    kept = client.abort(transaction, client_operation_id=third)
    (repository.root / "new").write_text("made since\n")
    assert client.abort(transaction, client_operation_id=third) == kept
    assert (repository.root / "new").exists()
    # What an abort undid is not done, and its memory is of a reply that was true then.
    assert client.hooks() == []
