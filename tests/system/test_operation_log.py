"""The log that a client reads from a daemon, against what git itself has written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from call_load import log_stub
from git_repository import GitRepository, ReflogLine
from heddle_daemon import HeddleDaemon
from reflection_client import ReflectionClient

from heddle_api.v1.operation_log_pb2 import OperationHit, QueryOperationsRequest

LOG = "heddle.v1.OperationLogQueryService"
SERVICES = {
    "grpc.health.v1.Health",
    "grpc.reflection.v1alpha.ServerReflection",
    "heddle.v1.DiscussionService",
    "heddle.v1.HookService",
    "heddle.v1.OperationLogQueryService",
    "heddle.v1.SignalService",
    "heddle.v1.StateReviewService",
    "heddle.v1.TransactionService",
}


@pytest.fixture
def busy_repository(room: Path) -> GitRepository:
    """A repository that people have worked in for a while, with most of what git can do."""
    repository = GitRepository.init(room / "r")
    git, clock = repository.git, iter(range(1_700_000_000, 1_800_000_000, 60))
    for number in range(5):
        repository.write("story.txt", f"chapter {number}\n")
        git("commit", "-qm", f"write chapter {number}", at=next(clock))
    git("commit", "-q", "--amend", "-m", "write chapter 4 better", at=next(clock))
    git("switch", "-qc", "topic", at=next(clock))
    for number in range(3):
        repository.write(f"topic-{number}.txt", "text\n")
        git("commit", "-qm", f"topic {number}", at=next(clock))
    git("switch", "-q", "main", at=next(clock))
    repository.write("main.txt", "text\n")
    git("commit", "-qm", "meanwhile", at=next(clock))
    git("tag", "v1", at=next(clock))
    git("tag", "-am", "the second", "v2", at=next(clock))
    git("switch", "-q", "topic", at=next(clock))
    git("rebase", "-q", "main", at=next(clock))
    git("switch", "-q", "main", at=next(clock))
    git("merge", "-q", "--no-ff", "-m", "merge topic", "topic", at=next(clock))
    git("branch", "-m", "topic", "renamed", at=next(clock))
    git("branch", "other", "HEAD~1", at=next(clock))
    git("worktree", "add", "-q", str(room / "linked"), "other", at=next(clock))
    linked = GitRepository(room / "linked")
    linked.git("commit", "-q", "--allow-empty", "-m", "from the worktree", at=next(clock))
    git("checkout", "-q", "--detach", "HEAD~1", at=next(clock))
    git("commit", "-q", "--allow-empty", "-m", "detached", at=next(clock))
    git("checkout", "-q", "main", at=next(clock))
    git("cherry-pick", "--allow-empty", "other", at=next(clock))
    git("revert", "--no-edit", "HEAD~2", at=next(clock), may_fail=True)
    git("reset", "-q", "--hard", "HEAD", at=next(clock))
    git("update-ref", "-m", "by hand", "refs/heads/other-tip", "HEAD~3", at=next(clock))
    return repository


def test_a_client_that_knows_nothing_lists_and_calls(
    daemon: HeddleDaemon, repository: GitRepository
) -> None:
    daemon.start()
    with closing(ReflectionClient(daemon.config.socket_path)) as client:
        assert client.services() >= SERVICES
        assert client.methods(LOG) == {"QueryOperations", "StreamOperations"}
        reply = client.call(LOG, "QueryOperations", repo_path=str(repository.root))
        (hit,) = reply.hits
        assert (hit.verb, hit.thread, hit.actor_email) == ("snapshot", "main", "ada@example.com")
        assert hit.change_id.hex() == repository.head()
        for service in client.services():
            checked = client.call("grpc.health.v1.Health", "Check", service=service)
            assert checked.status == 1, service


def test_the_entries_are_those_of_gits_reflogs(
    daemon: HeddleDaemon, busy_repository: GitRepository
) -> None:
    daemon.start()
    hits = all_hits(daemon)
    assert [hit.seq for hit in hits] == sorted({hit.seq for hit in hits})
    entries = stored_entries(daemon)
    assert [hit.change_id.hex() for hit in hits] == [new for _old, new in entries]
    heads = [busy_repository.reflog(), busy_repository.reflog("../worktrees/linked/logs/HEAD")]
    for head in heads:
        assert is_subsequence([(line.old, line.new) for line in head], entries)
    assert len(entries) == expected_count(busy_repository, heads)
    # What `git reflog` itself prints, the newest first.
    shown = busy_repository.git("reflog", "--format=%H").splitlines()
    assert is_subsequence(reversed(shown), [new for _old, new in entries])
    assert len(shown) == len(heads[0])


def test_what_happens_later_is_there_at_the_next_query(
    daemon: HeddleDaemon, busy_repository: GitRepository
) -> None:
    daemon.start()
    before = all_hits(daemon)
    made = [busy_repository.commit(f"later {number}") for number in range(3)]
    after = all_hits(daemon)
    assert after[: len(before)] == before
    assert [hit.change_id.hex() for hit in after[len(before) :]] == made
    daemon.stop()
    daemon.start()
    assert all_hits(daemon) == after


def test_pages_are_the_whole(daemon: HeddleDaemon, busy_repository: GitRepository) -> None:
    daemon.start()
    paged: list[OperationHit] = []
    request = QueryOperationsRequest(include_checkpoints=True, limit=7)
    with log_stub(daemon.config.socket_path) as stub:
        while page := stub.QueryOperations(request, timeout=30).hits:
            assert len(page) <= 7
            paged.extend(page)
            request.after_seq = page[-1].seq
    assert paged == all_hits(daemon)
    assert len(paged) > 21


def all_hits(daemon: HeddleDaemon) -> list[OperationHit]:
    request = QueryOperationsRequest(include_checkpoints=True)
    with log_stub(daemon.config.socket_path) as stub:
        return list(stub.QueryOperations(request, timeout=30).hits)


def stored_entries(daemon: HeddleDaemon) -> list[tuple[str, str]]:
    """Return the entries' ids before and after, of which the wire has only the latter."""
    path = daemon.config.state_dir / "heddle.db"
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    with closing(connection):
        rows = connection.execute("SELECT old_id, change_id FROM operations ORDER BY seq")
        return [(old.hex(), new.hex()) for old, new in rows]


def expected_count(repository: GitRepository, heads: list[list[ReflogLine]]) -> int:
    """Return how many acts git has written down: those that two logs tell of count once."""
    of_heads = Counter(line for head in heads for line in head)
    logs = repository.git_dir() / "logs" / "refs" / "heads"
    of_branches = Counter(
        line
        for path in logs.rglob("*")
        if path.is_file()
        for line in repository.reflog(str(Path("refs/heads") / path.relative_to(logs)))
    )
    tags = len(repository.git("tag").splitlines())
    return of_heads.total() + (of_branches - of_heads).total() + tags


def is_subsequence(part: Iterator[Any] | list[Any], whole: list[Any]) -> bool:
    """Return whether all of `part` is found in `whole`, in this order."""
    rest = iter(whole)
    return all(item in rest for item in part)
