"""`heddle txn`, but for `run`: a person's way through a transaction, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_bench import CommandBench
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon, Outcome
from quick_commands import run_quickly

pytestmark = pytest.mark.xdist_group("txn-commands")


@pytest.fixture
def bench(served: CommandBench) -> Iterator[CommandBench]:
    yield served
    for each in listed(served):
        if each["state"] == "active":
            txn(served, "commit", str(each["transaction_id"]))
    served.repository.git("reset", "--quiet", "--hard")
    served.repository.git("clean", "--quiet", "-d", "--force")


def txn(bench: CommandBench, *words: str, code: int = 0, cwd: Path | None = None) -> Outcome:
    return bench.heddle("txn", *words, cwd=cwd).expect(code)


def begin(bench: CommandBench, *words: str, cwd: Path | None = None) -> str:
    return txn(bench, "begin", *words, cwd=cwd).stdout.strip()


def listed(bench: CommandBench) -> list[dict[str, object]]:
    found: list[dict[str, object]] = txn(bench, "list", "--json").body()["transactions"]
    return found


def test_a_transaction_is_begun_looked_at_and_taken_back(bench: CommandBench) -> None:
    (bench.root / "b").write_text("not committed\n")
    before = bench.view()
    transaction = begin(bench, "-m", "try\x1b[31m it")
    row = txn(bench, "list").stdout.splitlines()[1]
    assert row.startswith(f"{transaction[:8]}  active")
    assert row.endswith(r"try\e[31m it")
    (bench.root / "a").write_text("edited\n")
    (bench.root / "new").write_text("new\n")
    bench.repository.git("add", "a")
    stat = txn(bench, "diff", "--stat").stdout.splitlines()
    assert [line.split() for line in stat] == [
        ["modified", "index", "a"],
        ["modified", "worktree", "a"],
        ["added", "worktree", "new"],
    ]
    assert "+edited\n" in txn(bench, "diff").stdout
    status = txn(bench, "status", "--json").body()
    assert (status["transaction_id"], status["state"]) == (transaction, "active")
    preview = txn(bench, "abort", "--dry-run").stdout.splitlines()
    assert preview == ["  write a", "  delete new", "  set the index"]
    assert (bench.root / "new").exists()
    done = txn(bench, "abort", "--reason", "no good").stdout.splitlines()
    assert done[:-1] == preview
    assert done[-1].endswith(f"bring it back with `heddle txn undo {transaction[:8]}`")
    assert bench.view() == before
    txn(bench, "undo", transaction[:8])
    assert (bench.root / "new").read_text() == "new\n"
    assert (bench.root / "a").read_text() == "edited\n"
    reasons = bench.heddle("log", "--verb", "transaction_abort", "-n", "1").stdout
    assert "no good" in reasons


def test_single_paths_are_taken_back_from_where_one_stands(bench: CommandBench) -> None:
    inner = bench.root / "inner"
    inner.mkdir()
    (inner / "file").write_text("first\n")
    begin(bench)
    (inner / "file").write_text("second\n")
    (bench.root / "a").write_text("edited\n")
    preview = txn(bench, "restore", "--dry-run", "--json", "file", cwd=inner).body()
    assert preview["restored"] == ["inner/file"]
    assert (inner / "file").read_text() == "second\n"
    restored = txn(bench, "restore", "--json", "file", cwd=inner).body()
    assert restored["restored"] == ["inner/file"]
    assert restored["kept_as"] == "replaced"
    assert (inner / "file").read_text() == "first\n"
    assert (bench.root / "a").read_text() == "edited\n"
    outside = txn(bench, "restore", "../../elsewhere", cwd=inner, code=1)
    assert "../../elsewhere does not lie in" in outside.complaint()


def test_a_commit_keeps_what_was_done(bench: CommandBench) -> None:
    transaction = begin(bench)
    (bench.root / "a").write_text("edited\n")
    body = txn(bench, "commit", "--json").body()
    assert body["transaction_id"] == transaction
    assert body["state_id"] == bench.repository.head()
    assert (bench.root / "a").read_text() == "edited\n"
    again = txn(bench, "commit", transaction, code=1)
    assert "committed" in again.complaint()


def test_which_transaction_is_meant_is_said_or_clear(bench: CommandBench) -> None:
    assert "no transaction is active" in txn(bench, "status", code=1).complaint()
    transaction = begin(bench)
    assert txn(bench, "status", transaction[:5], "--json").body()["transaction_id"] == transaction
    assert "begins with ffff-none" in txn(bench, "status", "ffff-none", code=1).complaint()
    refused = txn(bench, "begin", code=1).complaint()
    assert f"transaction {transaction} is active on this worktree" in refused
    unknown = txn(bench, "status", "00000000-0000-4000-8000-000000000000", code=1)
    assert "00000000-0000-4000-8000-000000000000" in unknown.complaint()


def test_a_linked_worktree_has_a_transaction_of_its_own(bench: CommandBench) -> None:
    linked = bench.room / "linked"
    bench.repository.git("worktree", "add", "--quiet", "--detach", str(linked))
    here, there = begin(bench), begin(bench, cwd=linked)
    (linked / "a").write_text("edited\n")
    (bench.root / "a").write_text("edited too\n")
    assert txn(bench, "status", "--json", cwd=linked).body()["transaction_id"] == there
    assert txn(bench, "status", "--json").body()["transaction_id"] == here
    txn(bench, "abort", cwd=linked)
    assert (linked / "a").read_text() == "one\n"
    assert (bench.root / "a").read_text() == "edited too\n"
    bench.repository.git("worktree", "remove", "--force", str(linked))


def test_where_nothing_can_begin_it_says_why(bench: CommandBench, tmp_path: Path) -> None:
    root = bench.room / "other"
    GitRepository.init(root)
    other = HeddleDaemon(root, bench.daemon.environment)
    try:
        refused = other.heddle("txn", "run", "true").expect(1).complaint()
        assert "no commit to begin from" in refused
    finally:
        other.finish()
    nowhere = bench.heddle("txn", "begin", "--json", "--repo", str(tmp_path)).expect(1)
    assert "is not in a git repository" in nowhere.body()["error"]


def test_no_daemon_is_started_against_ones_will(bench: CommandBench) -> None:
    root = bench.room / "unserved"
    GitRepository.init(root).commit()
    for command in (["txn", "list"], ["log"], ["txn", "run", "true"]):
        words = (*command[:2], "--no-start", *command[2:])
        refused = run_quickly(words, root, bench.daemon.environment)
        assert "no daemon runs" in refused.expect(3).complaint()
    assert not (root / ".heddle").exists()


def test_what_programs_read_is_one_object(bench: CommandBench) -> None:
    begun = json.loads(txn(bench, "begin", "--json").stdout)
    assert set(begun) == {"transaction_id", "started_at"}
    (bench.root / "new").write_text("new\n")
    changes = txn(bench, "diff", "--json").body()
    assert changes["changes"] == [{"path": "new", "kind": "added", "side": "worktree"}]
    assert "+new" in changes["diff"]
    aborted = txn(bench, "abort", "--json").body()
    assert aborted["steps"] == [{"action": "delete", "target": "new"}]
    assert aborted["aborted"] is True
    ref = str(aborted["kept_ref"])
    assert bench.repository.git("cat-file", "blob", f"{ref}:worktree/new") == "new"
