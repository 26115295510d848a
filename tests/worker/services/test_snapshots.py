"""SnapshotService, asked by a client of a real worker, in a real repository."""

from __future__ import annotations

import uuid
from typing import Any

import grpc
import pytest
from refusals import refusal
from transaction_client import TransactionClient
from worker_bench import Repository

from heddle_api.local.v1 import snapshot_pb2


def test_transactions_are_listed_the_active_ones_first(
    client: TransactionClient, repository: Repository
) -> None:
    first = client.begin(message="one")
    client.commit(first)
    second = client.begin(message="two", thread="main")
    reply = client.snapshots.ListTransactions(snapshot_pb2.ListTransactionsRequest(), timeout=30)
    assert [(t.transaction_id, t.state, t.message, t.thread) for t in reply.transactions] == [
        (second, "active", "two", "main"),
        (first, "committed", "one", ""),
    ]
    assert {t.worktree for t in reply.transactions} == {"."}
    assert {t.base_state_id.hex() for t in reply.transactions} == {
        repository.git("rev-parse", "HEAD")
    }
    limited = snapshot_pb2.ListTransactionsRequest(limit=1)
    assert len(client.snapshots.ListTransactions(limited, timeout=30).transactions) == 1


def names(client: TransactionClient, transaction: str) -> list[str]:
    request = snapshot_pb2.ListSnapshotsRequest(transaction_id=transaction)
    return [each.name for each in client.snapshots.ListSnapshots(request, timeout=30).snapshots]


def test_snapshots_are_listed_with_what_they_were_taken_of(
    client: TransactionClient, repository: Repository
) -> None:
    head = repository.git("rev-parse", "HEAD")
    transaction = client.begin()
    client.abort(transaction)
    request = snapshot_pb2.ListSnapshotsRequest(transaction_id=transaction)
    found = client.snapshots.ListSnapshots(request, timeout=30).snapshots
    assert sorted(each.name for each in found) == ["aborted", "begin"]
    for each in found:
        assert each.ref == f"refs/heddle/transactions/{transaction}/{each.name}"
        assert each.commit_id.hex() == repository.git("rev-parse", each.ref)
        assert each.branch == "refs/heads/main"
        assert each.head_id.hex() == head
        assert each.taken_at.seconds > 0


def test_what_has_changed_is_told_by_name_and_as_a_patch(
    client: TransactionClient, repository: Repository
) -> None:
    transaction = client.begin()
    (repository.root / "tracked").write_text("second\n")
    repository.git("add", "tracked")
    (repository.root / "späte Datei").write_text("new\n")
    request = snapshot_pb2.CompareSnapshotRequest(transaction_id=transaction)
    reply = client.snapshots.CompareSnapshot(request, timeout=30)
    assert [(c.path, c.kind, c.side) for c in reply.changes] == [
        ("späte Datei", "added", "worktree"),
        ("tracked", "modified", "index"),
        ("tracked", "modified", "worktree"),
    ]
    assert reply.diff == b""
    request.include_diff = True
    reply = client.snapshots.CompareSnapshot(request, timeout=30)
    assert b"-first\n+second\n" in reply.diff
    assert not reply.diff_truncated


def test_a_diff_that_is_too_long_is_cut_off(
    client: TransactionClient, repository: Repository
) -> None:
    transaction = client.begin()
    (repository.root / "long").write_text("a long line of text\n" * 300_000)
    request = snapshot_pb2.CompareSnapshotRequest(transaction_id=transaction, include_diff=True)
    reply = client.snapshots.CompareSnapshot(request, timeout=60)
    assert reply.diff_truncated
    assert reply.diff.startswith(b"diff --git a/long b/long\n")


def test_a_dry_run_tells_what_an_abort_would_do_and_does_nothing(
    client: TransactionClient, repository: Repository
) -> None:
    transaction = client.begin()
    (repository.root / "tracked").unlink()
    (repository.root / "new").write_text("new\n")
    repository.commit("made within")
    repository.git("switch", "--quiet", "--create", "elsewhere")
    before = repository.git("status", "--porcelain=v2", "--branch")
    request = snapshot_pb2.PlanRestoreRequest(transaction_id=transaction)
    steps = client.snapshots.PlanRestore(request, timeout=30).steps
    assert [(step.action, step.target) for step in steps][:3] == [
        ("write", "tracked"),
        ("delete", "new"),
        ("move-branch", "refs/heads/main"),
    ]
    assert steps[3].action == "set-head"
    assert steps[3].target.startswith("on refs/heads/main at ")
    assert repository.git("status", "--porcelain=v2", "--branch") == before
    client.abort(transaction)
    assert list(client.snapshots.PlanRestore(request, timeout=30).steps) == []


def test_single_paths_are_taken_back_and_what_they_were_is_kept(
    client: TransactionClient, repository: Repository
) -> None:
    transaction = client.begin()
    (repository.root / "tracked").write_text("wrong\n")
    (repository.root / "new").write_text("new\n")
    request = snapshot_pb2.RestorePathsRequest(transaction_id=transaction, paths=["tracked"])
    reply = client.snapshots.RestorePaths(request, timeout=30)
    assert list(reply.restored) == ["tracked"]
    assert (repository.root / "tracked").read_text() == "first\n"
    assert (repository.root / "new").exists()
    ref = f"refs/heddle/transactions/{transaction}/{reply.kept_as}"
    assert repository.git("cat-file", "-p", f"{ref}:worktree/tracked") == "wrong"
    (told,) = client.logged("SnapshotService.RestorePaths")
    assert ref in told.detail
    # And that is taken back in the same way.
    request.snapshot = reply.kept_as
    client.snapshots.RestorePaths(request, timeout=30)
    assert (repository.root / "tracked").read_text() == "wrong\n"
    assert client.status(transaction) == ("active", 0)


def test_an_abort_is_undone(client: TransactionClient, repository: Repository) -> None:
    transaction = client.begin()
    (repository.root / "new").write_text("new\n")
    repository.git("switch", "--quiet", "--create", "topic")
    made = repository.commit("made within")
    client.abort(transaction)
    (repository.root / "tracked").write_text("made since\n")
    again = str(uuid.uuid4())
    request = snapshot_pb2.UndoAbortRequest(transaction_id=transaction, client_operation_id=again)
    kept_as = client.snapshots.UndoAbort(request, timeout=30).kept_as
    assert repository.git("branch", "--show-current") == "topic"
    assert repository.git("rev-parse", "HEAD") == made
    assert (repository.root / "new").read_text() == "new\n"
    assert (repository.root / "tracked").read_text() == "first\n"
    ref = f"refs/heddle/transactions/{transaction}/{kept_as}"
    assert repository.git("cat-file", "-p", f"{ref}:worktree/tracked") == "made since"
    assert client.snapshots.UndoAbort(request, timeout=30).kept_as == kept_as
    assert names(client, transaction).count(kept_as) == 1
    assert client.status(transaction) == ("aborted", 0)


def test_only_an_abort_can_be_undone(client: TransactionClient) -> None:
    transaction = client.begin()
    request = snapshot_pb2.UndoAbortRequest(transaction_id=transaction)
    for _ in range(2):
        refused = refusal(client.snapshots.UndoAbort, request, timeout=30)
        assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
        if client.status(transaction)[0] == "active":
            client.commit(transaction)


@pytest.mark.parametrize(
    ("method", "fields", "code", "at_fault"),
    [
        ("ListSnapshots", {"transaction_id": ""}, "INVALID_ARGUMENT", ["transaction_id"]),
        ("ListSnapshots", {"transaction_id": "unknown"}, "NOT_FOUND", []),
        ("ListTransactions", {"limit": 5_000}, "INVALID_ARGUMENT", ["limit"]),
        ("ListTransactions", {"repo_path": "/"}, "NOT_FOUND", []),
        ("CompareSnapshot", {"snapshot": "no-such"}, "NOT_FOUND", []),
        ("CompareSnapshot", {"snapshot": "../x"}, "INVALID_ARGUMENT", []),
        ("PlanRestore", {"snapshot": "no-such"}, "NOT_FOUND", []),
        ("RestorePaths", {}, "INVALID_ARGUMENT", ["paths"]),
        ("RestorePaths", {"paths": ["a\0b"]}, "INVALID_ARGUMENT", ["paths[0]"]),
        ("RestorePaths", {"paths": ["no/such/path"]}, "NOT_FOUND", []),
        ("RestorePaths", {"paths": ["../outside"]}, "NOT_FOUND", []),
    ],
)
def test_what_is_at_fault_is_named(
    client: TransactionClient,
    method: str,
    fields: dict[str, Any],
    code: str,
    at_fault: list[str],
) -> None:
    request = getattr(snapshot_pb2, f"{method}Request")(**fields)
    if method != "ListTransactions" and "transaction_id" not in fields:
        request.transaction_id = client.begin()
    refused = refusal(getattr(client.snapshots, method), request, timeout=30)
    assert (refused.code.name, refused.fields) == (code, at_fault)
