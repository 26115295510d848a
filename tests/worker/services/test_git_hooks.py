"""GitHookService before a real git: each act is asked about once, and told of once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import jsonschema
import pytest
from git_repository import GitRepository
from git_shims import GitShims, ShimRun
from hook_client import HookClient, Subscription
from waiting import wait_until
from worker_bench import Repository, Worker

from heddle_api.local.v1 import git_hook_pb2
from heddle_api.v1 import hook_pb2
from heddle_worker.serving.socket_address import grpc_address

Told = tuple[str, dict[str, Any]]


class Bench:
    """A repository whose hooks ask a worker, and a subscriber that hears of everything."""

    def __init__(self, git: GitRepository, client: HookClient, runs: Path) -> None:
        self.git = git
        self.client = client
        self.veto: str = ""
        self._settled = 0
        self.verdicts: list[git_hook_pb2.HookVerdict] = []
        self._schemas = {
            one.event_name: json.loads(one.payload_schema_json)
            for one in client.hooks.GetHookEventSchema(
                hook_pb2.GetHookEventSchemaRequest(), timeout=30
            ).schemas
        }
        self.subscription: Subscription = client.subscribe(react=self._reply)
        self._settle()
        self.shims = GitShims(git.git_dir(), runs, self._judge)

    def did(self, *words: str, may_fail: bool = False) -> list[Told]:
        """Run git; return what the subscriber was asked and told."""
        self.git.git(*words, may_fail=may_fail)
        return self._settle()

    def _settle(self) -> list[Told]:
        """Return what has been told up to now.

        Branches are made at the end: the event of the second one comes after all that was done
        before the first one's came.
        """
        told: list[Told] = []
        for _ in range(2):
            self._settled += 1
            marker = f"settled-{self._settled}"
            self.git.git("-c", "core.hooksPath=/dev/null", "branch", marker)
            while (event := self.subscription.payload())[1].get("name") != marker:
                told.append(event)
                jsonschema.validate(event[1], self._schemas[event[0]])
        return told

    def _reply(self, event: hook_pb2.HookEvent) -> None:
        is_vetoed = event.event_name == self.veto
        self.client.respond(event.hook_event_id, "not now" if is_vetoed else "")

    def _judge(self, run: ShimRun) -> bool:
        index = run.environment.get(b"GIT_INDEX_FILE", b"")
        verdict = self.client.run(
            run.hook,
            *run.arguments,
            environment=run.told(),
            repo_path=str(self.git.root),
            input=run.input,
            message=run.message,
            index_file=index,
        )
        self.verdicts.append(verdict)
        return not verdict.vetoed


def named(told: list[Told]) -> list[str]:
    return [name for name, _payload in told]


@pytest.fixture
def bench(
    start_worker: Callable[..., Worker], repository: Repository, tmp_path: Path
) -> Iterator[Bench]:
    git = GitRepository(repository.root)
    git.write(".gitignore", ".heddle\n")
    git.write("file", "one\n")
    git.commit("one")
    with grpc.insecure_channel(grpc_address(start_worker().activate().path)) as channel:
        bench = Bench(git, HookClient(channel), tmp_path / "runs")
        yield bench
        bench.shims.close()
        bench.subscription.cancel()


def test_a_commit(bench: Bench) -> None:
    told = bench.did("commit", "--allow-empty", "-m", "why\n\nmore")
    head = bench.git.head()
    assert told == [
        (
            "pre_capture",
            {"thread": "main", "intent": "why\n\nmore", "worktree": str(bench.git.root)},
        ),
        ("post_capture", {"state_id": head, "thread": "main"}),
    ]
    assert named(bench.did("commit", "--amend", "--allow-empty", "-m", "again")) == [
        "pre_capture",
        "post_capture",
    ]


def test_a_commit_that_is_not_to_be_verified_is_told_of(bench: Bench) -> None:
    assert named(bench.did("commit", "--no-verify", "--allow-empty", "-m", "x")) == ["post_capture"]


def test_a_commit_is_vetoed(bench: Bench) -> None:
    bench.veto = "pre_capture"
    bench.git.write("file", "two\n")
    head, status = bench.git.head(), bench.git.git("status", "--porcelain")
    assert named(bench.did("commit", "-m", "x", may_fail=True)) == ["pre_capture"]
    assert (bench.git.head(), bench.git.git("status", "--porcelain")) == (head, status)
    (verdict,) = [one for one in bench.verdicts if one.vetoed]
    assert (verdict.reason, verdict.author) == ("not now", "subscriber")


def diverge(bench: Bench, *, conflict: bool = False) -> None:
    """Make a branch `feature` with a commit beside one on `main`."""
    veto, bench.veto = bench.veto, ""
    bench.did("switch", "-c", "feature")
    bench.git.write("file" if conflict else "other", "theirs\n")
    bench.did("commit", "-m", "theirs")
    bench.did("switch", "main")
    bench.git.write("file" if conflict else "third", "ours\n")
    bench.did("commit", "-m", "ours")
    bench.veto = veto


def test_a_fast_forward(bench: Bench) -> None:
    bench.did("switch", "-c", "feature")
    bench.did("commit", "--allow-empty", "-m", "theirs")
    bench.did("switch", "main")
    theirs = bench.git.git("rev-parse", "feature")
    told = bench.did("merge", "feature")
    assert told == [
        (
            "pre_merge",
            {
                "source": "feature",
                "target": "main",
                "source_ids": [theirs],
                "worktree": str(bench.git.root),
            },
        ),
        ("post_merge", {"state_id": theirs, "thread": "main"}),
    ]
    assert bench.did("merge", "feature") == []


def test_a_merge(bench: Bench) -> None:
    diverge(bench)
    told = bench.did("merge", "--no-edit", "feature")
    assert named(told) == ["pre_merge", "post_merge"]
    assert told[1][1]["state_id"] == bench.git.head()


@pytest.mark.parametrize("fast_forward", [True, False])
def test_a_merge_is_vetoed(bench: Bench, fast_forward: bool) -> None:
    diverge(bench)
    if fast_forward:
        bench.did("reset", "--hard", "feature~1")
    bench.veto = "pre_merge"
    before = bench.git.head()
    assert named(bench.did("merge", "--no-edit", "feature", may_fail=True)) == ["pre_merge"]
    assert bench.git.head() == before
    assert bench.git.git("status", "--porcelain") == ""
    assert not (bench.git.root / "other").exists()
    assert not (bench.git.git_dir() / "MERGE_HEAD").exists()


def test_a_merge_with_a_conflict(bench: Bench) -> None:
    diverge(bench, conflict=True)
    told = bench.did("merge", "feature", may_fail=True)
    assert named(told) == ["pre_merge", "on_conflict"]
    assert told[1][1] == {
        "conflicts": [{"path": "file"}],
        "thread": "main",
        "worktree": str(bench.git.root),
    }
    bench.git.write("file", "both\n")
    told = bench.did("commit", "--no-edit")
    assert named(told) == ["pre_capture", "post_capture", "post_merge"]


def test_a_rebase(bench: Bench) -> None:
    diverge(bench)
    bench.did("switch", "feature")
    bench.git.write("fourth", "x\n")
    bench.did("commit", "-m", "second")
    told = bench.did("rebase", "main")
    assert named(told) == ["pre_capture", "post_capture"]
    assert told[0][1]["intent"] == "rebase onto main"
    assert told[1][1] == {"state_id": bench.git.head(), "thread": "feature"}


def test_a_rebase_without_a_branch(bench: Bench) -> None:
    diverge(bench)
    # One commit is made anew; none is.
    for place in ("feature", "main~1"):
        bench.did("checkout", "--detach", place)
        told = bench.did("rebase", "main")
        assert named(told) == ["pre_capture", "post_capture"], place
        assert told[0][1]["thread"] == ""
        assert told[1][1] == {"state_id": bench.git.head(), "thread": ""}
    assert bench.did("switch", "main") == []


def test_a_rebase_without_a_branch_that_stops_is_told_of_at_its_end(bench: Bench) -> None:
    diverge(bench, conflict=True)
    bench.did("checkout", "--detach", "feature")
    told = bench.did("rebase", "main", may_fail=True)
    assert named(told) == ["pre_capture", "on_conflict"]
    bench.git.write("file", "both\n")
    told = bench.did("-c", "core.editor=true", "rebase", "--continue")
    assert told == [("post_capture", {"state_id": bench.git.head(), "thread": ""})]
    bench.did("checkout", "--detach", "feature")
    assert named(bench.did("rebase", "main", may_fail=True)) == ["pre_capture", "on_conflict"]
    assert bench.did("rebase", "--abort") == []


def test_a_rebase_with_words_is_one_as_well(bench: Bench) -> None:
    diverge(bench)
    bench.did("switch", "feature")
    words = ("-c", "sequence.editor=sed -i s/pick/reword/", "-c", "core.editor=true")
    assert named(bench.did(*words, "rebase", "-i", "main")) == ["pre_capture", "post_capture"]


def test_a_rebase_is_vetoed(bench: Bench) -> None:
    diverge(bench)
    bench.did("switch", "feature")
    bench.veto = "pre_capture"
    before = bench.git.head()
    assert named(bench.did("rebase", "main", may_fail=True)) == ["pre_capture"]
    assert bench.git.head() == before
    assert bench.git.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    "words",
    [("checkout", "-b", "new"), ("switch", "-c", "new"), ("branch", "new")],
    ids=lambda words: words[0],
)
def test_a_branch(bench: Bench, words: tuple[str, ...]) -> None:
    head = bench.git.head()
    payload = {"name": "new", "state_id": head}
    told = bench.did(*words)
    assert told == [("pre_thread_create", payload), ("post_thread_create", payload)]
    bench.veto = "pre_thread_create"
    assert named(bench.did("branch", "other", may_fail=True)) == ["pre_thread_create"]
    assert bench.git.git("branch", "--list", "other") == ""


def test_a_branch_that_is_moved_is_not_new(bench: Bench) -> None:
    bench.did("branch", "new")
    bench.did("commit", "--allow-empty", "-m", "x")
    assert bench.did("branch", "--force", "new", "main") == []
    assert bench.did("update-ref", "refs/heads/new", "HEAD~1") == []


def test_a_push(bench: Bench, tmp_path: Path) -> None:
    GitRepository.init(tmp_path / "bare", "--bare")
    bench.did("remote", "add", "team/one", str(tmp_path / "bare"))
    bench.did("branch", "new")
    head = bench.git.head()
    told = bench.did("push", "team/one", "main", "new")
    # When no more branches move, the push is over.
    told.append(bench.subscription.payload())
    assert named(told) == ["pre_push", "post_push"]
    assert told[0][1]["remote"] == "team/one"
    assert [one["local_id"] for one in told[0][1]["refs"]] == [head, head]
    assert told[1][1]["remote"] == "team/one"
    assert sorted(told[1][1]["refs"]) == ["main", "new"]
    assert bench.did("push", "team/one", "main") == []
    assert bench.did("fetch", "team/one") == []
    bench.did("commit", "--allow-empty", "-m", "x")
    bench.veto = "pre_push"
    assert named(bench.did("push", "team/one", "main", may_fail=True)) == ["pre_push"]
    assert GitRepository(tmp_path / "bare").git("rev-parse", "main") == head


def test_a_push_to_a_url(bench: Bench, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    GitRepository.init(bare, "--bare")
    bench.did("branch", "old")
    for url, refs, branches in (
        (str(bare), ("main", "old"), ["main", "old"]),
        (f"file://{bare}", (":old",), ["old"]),
        ("../bare", ("main:refs/heads/next",), ["next"]),
    ):
        told = bench.did("push", url, *refs)
        told += [] if len(told) > 1 else [bench.subscription.payload()]
        assert named(told) == ["pre_push", "post_push"]
        assert (told[1][1]["remote"], sorted(told[1][1]["refs"])) == (url, branches)
    bench.veto = "pre_push"
    assert named(bench.did("push", str(bare), "main:x", may_fail=True)) == ["pre_push"]
    bench.veto = ""
    # The other side refuses it.
    GitRepository(bare).git("config", "receive.denyNonFastForwards", "true")
    bench.did("commit", "--amend", "--allow-empty", "-m", "another")
    refused = bench.did("push", "--force", str(bare), "main", may_fail=True)
    assert named(refused) == ["pre_push"]


def test_signals_of_new_states_are_told_of(bench: Bench) -> None:
    """Once for each kind of a state, however many there are and wherever it goes."""
    message = "x\n\nself-flag: in a hurry\nself-flag: [a] unsure\n"
    told = bench.did("commit", "--allow-empty", "-m", message)
    head = bench.git.head()
    expected = ("on_signal", {"state_id": head, "signal_kind": "self_flagged_uncertainty"})
    if expected not in told:
        told.append(bench.subscription.payload())
    assert sorted(named(told)) == ["on_signal", "post_capture", "pre_capture"]
    assert expected in told
    bench.did("branch", "same")
    bench.did("reset", "--hard", "HEAD~1")
    assert named(bench.did("merge", "same")) == ["pre_merge", "post_merge"]
    told = bench.did("commit", "--allow-empty", "-m", "self-flag: again")
    told += [] if len(told) > 2 else [bench.subscription.payload()]
    assert [one["state_id"] for name, one in told if name == "on_signal"] == [bench.git.head()]


def test_a_cherry_pick_and_a_revert_are_told_of(bench: Bench) -> None:
    diverge(bench)
    assert named(bench.did("cherry-pick", "feature")) == ["post_capture"]
    assert named(bench.did("revert", "--no-edit", "HEAD")) == ["post_capture"]


def test_what_stands_for_nothing_is_not_asked_about(bench: Bench) -> None:
    diverge(bench)
    for words in (
        ("checkout", "--detach"),
        ("switch", "main"),
        ("reset", "--hard", "HEAD~1"),
        ("tag", "v1"),
        ("stash", "list"),
        ("branch", "-D", "feature"),
        ("pack-refs", "--all"),
        ("gc", "--quiet"),
    ):
        assert bench.did(*words) == [], words


def test_signals_that_hooks_attach_come_to_the_commit(bench: Bench) -> None:
    bench.client.register(
        "risk", """echo '{"extra_signals": [{"kind": "risky", "file": "a"}]}'""", "pre_capture"
    )
    bench.did("commit", "--allow-empty", "-m", "x")
    (entry,) = wait_until(lambda: bench.client.logged("hook.extra_signals"), "they are there")
    assert entry.change_id.hex() == bench.git.head()
    assert list(entry.signal_kinds) == ["risky"]
    assert entry.detail == "1 from hook:risk"
    bench.client.deregister("risk")
    bench.did("commit", "--allow-empty", "-m", "x")
    assert len(bench.client.logged("hook.extra_signals")) == 1


def test_a_command_sees_the_staged_files_of_a_commit(bench: Bench) -> None:
    bench.client.register(
        "staged", "index+shell: cat $HEDDLE_INDEX_TREE/file >&2; exit 1", "pre_capture"
    )
    bench.git.write("file", "staged\n")
    (bench.git.root / "file").write_text("not staged\n")
    bench.did("commit", "-m", "x", may_fail=True)
    (verdict,) = [one for one in bench.verdicts if one.vetoed]
    assert (verdict.reason, verdict.author) == ("staged", "staged")


def test_a_first_commit_makes_no_branch(bench: Bench) -> None:
    bench.git.git("switch", "--orphan", "fresh")
    told = bench.did("commit", "--allow-empty", "-m", "x")
    assert named(told) == ["pre_capture", "post_capture"]
