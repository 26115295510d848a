"""Following the log of a real daemon while git works, and across the deaths of its workers."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from call_load import log_stub
from follow_client import FollowClient, following
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from waiting import wait_until

from heddle_api.v1.operation_log_pb2 import OperationHit, QueryOperationsRequest

SECONDS = 60.0


def test_every_act_of_git_comes_once_as_it_happens(
    daemon: HeddleDaemon, repository: GitRepository, room: Path
) -> None:
    daemon.start()
    git = repository.git
    expected: list[tuple[str, str]] = [("snapshot", "main")]
    with following(daemon.config.socket_path) as client:

        def comes(*entries: tuple[str, str]) -> None:
            expected.extend(entries)
            client.until(lambda hits: len(hits) >= len(expected), f"{entries} have come")
            assert verbs(client.hits) == expected

        comes()
        repository.commit("second")
        comes(("snapshot", "main"))
        git("switch", "-qc", "topic")
        comes(("fork", "topic"), ("goto", "topic"))
        git("checkout", "-q", "main")
        comes(("goto", "main"))
        git("branch", "deep/er/one")
        comes(("thread_create", "deep/er/one"))
        git("tag", "v1")
        comes(("marker_create", ""))
        git("branch", "-d", "deep/er/one")
        comes(("thread_delete", "deep/er/one"))
        git("branch", "deep/er")
        comes(("thread_create", "deep/er"))
        git("pack-refs", "--all", "--prune")
        git("branch", "deep-too")
        comes(("thread_create", "deep-too"))
        git("branch", "-D", "deep/er")
        comes(("thread_delete", "deep/er"))
        git("branch", "-D", "deep-too")
        comes(("thread_delete", "deep-too"))
        git("tag", "-d", "v1")
        comes(("marker_delete", ""))
        git("worktree", "add", "-q", "-b", "linked", str(room / "linked"))
        comes(("fork", "linked"), ("goto", "linked"), ("goto", "linked"))
        linked = GitRepository(room / "linked")
        linked.commit("in the worktree")
        comes(("snapshot", "linked"))
        git("gc", "-q", "--prune=now")
        git("commit", "-q", "--amend", "--allow-empty", "-m", "better")
        comes(("snapshot", "main"))
        git("worktree", "remove", str(room / "linked"))
        git("update-ref", "refs/heads/by-hand", "HEAD")
        comes(("thread_create", "by-hand"))
        assert_all_of_git(repository, client.hits)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_git_does_a_follower_sees_what_the_reflogs_and_refs_tell(
    daemon: HeddleDaemon, repository: GitRepository, seed: int
) -> None:
    daemon.start()
    dice = random.Random(seed)
    with following(daemon.config.socket_path) as client:
        walk(repository, dice, steps=60)
        client.until(lambda hits: hits == all_hits(daemon), "everything has come")
        assert client.seqs == sorted(set(client.seqs))
        assert_all_of_git(repository, client.hits)


def test_a_follower_resumes_by_its_cursor_whatever_dies(
    daemon: HeddleDaemon, repository: GitRepository
) -> None:
    daemon.start()
    subjects = [f"work {number}" for number in range(30)]

    def work() -> None:
        for subject in subjects:
            repository.commit(subject)

    working = threading.Thread(target=work)
    hits: list[OperationHit] = []
    working.start()
    for _ in range(3):
        collect(daemon, hits, lambda: len(hits) > 0)
        os.kill(daemon.worker(), signal.SIGKILL)
    daemon.settled()
    daemon.agent("reload").expect(0)
    collect(daemon, hits, lambda: len(hits) > len(subjects))
    working.join()
    assert [hit.seq for hit in hits] == list(range(1, len(hits) + 1))
    assert hits == all_hits(daemon)
    made = repository.git("log", "--reverse", "--format=%H").splitlines()
    assert [hit.change_id.hex() for hit in hits] == made


def test_an_idle_follower_is_told_when_the_daemon_stops(
    daemon: HeddleDaemon, repository: GitRepository
) -> None:
    daemon.start()
    with following(daemon.config.socket_path) as client:
        client.until_seq(1)
        daemon.stop()
        error = client.ended()
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert error.details() == "daemon is stopping"
    daemon.start()
    repository.commit("meanwhile")
    with following(daemon.config.socket_path, after_seq=client.seqs[-1]) as client:
        client.until_seq(2)
        assert verbs(client.hits) == [("snapshot", "main")]


def test_a_repository_that_is_moved_away_and_back_is_followed_on(
    daemon: HeddleDaemon, repository: GitRepository
) -> None:
    daemon.start()
    common_dir = repository.git_dir()
    with following(daemon.config.socket_path) as client:
        client.until_seq(1)
        repository.git("tag", "v1")
        client.until_seq(2)
        common_dir.rename(common_dir.with_name("aside"))
        wait_until(lambda: "moved away; will try again" in daemon.log(), "the loss is noticed")
        common_dir.with_name("aside").rename(common_dir)
        repository.git("tag", "v2")
        client.until_seq(3)
        assert verbs(client.hits)[1:] == [("marker_create", "")] * 2


def collect(daemon: HeddleDaemon, hits: list[OperationHit], enough: Callable[[], bool]) -> None:
    """Follow on from the last hit until there is enough, over as many streams as that takes."""
    while True:
        cursor = hits[-1].seq if hits else 0
        with contextlib.closing(
            FollowClient(daemon.config.socket_path, after_seq=cursor)
        ) as client:
            wait_until(lambda: client.has_news() or client.has_ended(), "more has come")
            hits += client.take()
            if enough():
                return


def walk(repository: GitRepository, dice: random.Random, steps: int) -> None:
    """Do this and that with commits, branches and tags."""
    names = ["a", "b/c", "b/d", "e"]
    for step in range(steps):
        name = dice.choice(names)
        branches = repository.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()
        act = dice.choice(
            [
                ["commit", "-q", "--allow-empty", "-m", f"step {step}"],
                ["branch", "-f", name],
                ["switch", "-q", dice.choice(branches)],
                ["switch", "-qc", f"new-{step}"],
                ["switch", "-q", "--detach"],
                ["tag", f"v{step}"],
                ["branch", "-D", name],
                ["pack-refs", "--all"],
                ["update-ref", f"refs/remotes/origin/{name}", "HEAD"],
            ]
        )
        repository.git(*act, may_fail=True)


def verbs(hits: list[OperationHit]) -> list[tuple[str, str]]:
    return [(hit.verb, hit.thread) for hit in hits]


def all_hits(daemon: HeddleDaemon) -> list[OperationHit]:
    request = QueryOperationsRequest(include_checkpoints=True)
    with log_stub(daemon.config.socket_path) as stub:
        return list(stub.QueryOperations(request, timeout=SECONDS).hits)


def assert_all_of_git(repository: GitRepository, hits: list[OperationHit]) -> None:
    """Compare with what git itself shows: the moves of HEAD, and the refs that are left."""
    shown = repository.git("reflog", "--format=%H").splitlines()[::-1]
    ids = iter([hit.change_id.hex() for hit in hits])
    assert all(each in ids for each in shown), "HEAD's reflog is not among the hits, in order"
    refs = repository.git("for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines()
    left: Counter[str] = Counter()
    for hit in hits:
        left[hit.thread] += (hit.verb in ("thread_create", "fork")) - (hit.verb == "thread_delete")
    assert {thread for thread, count in left.items() if count} == set(refs) - {"main"}
    assert set(left.values()) <= {0, 1}
