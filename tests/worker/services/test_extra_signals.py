"""Signals that hooks attach: they belong to the commit that was asked about, and to no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
from git_repository import GitRepository
from git_shims import GitShims, ShimRun
from hook_client import HookClient
from refusals import refusal
from signal_client import SignalClient, subscribed
from waiting import wait_until
from worker_bench import Repository, Worker

from heddle_api.v1 import common_pb2, hook_pb2, state_review_pb2, state_review_pb2_grpc
from heddle_worker.serving.socket_address import grpc_address

RISKY: list[dict[str, Any]] = [
    {"kind": "risky", "file": "a", "start_line": 1, "end_line": 2, "reason": "mind the \x07gap"},
    {"kind": "licence"},
]


@dataclass(slots=True)
class Bench:
    """A repository whose hooks ask a worker; nobody listens to what git has done.

    Attributes:
        after: is called between the hooks' agreement to a commit and the commit itself; returns
            whether that is to come about.
    """

    git: GitRepository
    worker: Worker
    channel: grpc.Channel
    hooks: HookClient
    signals: SignalClient
    reviews: state_review_pb2_grpc.StateReviewServiceStub
    after: Callable[[], bool] = lambda: True

    @classmethod
    def of(cls, git: GitRepository, worker: Worker) -> Bench:
        channel = grpc.insecure_channel(grpc_address(worker.path))
        reviews = state_review_pb2_grpc.StateReviewServiceStub(channel)
        return cls(git, worker, channel, HookClient(channel), SignalClient(channel), reviews)

    def judge(self, run: ShimRun) -> bool:
        if run.hook != "commit-msg":
            return True
        verdict = self.hooks.run(
            run.hook,
            *run.arguments,
            repo_path=str(self.git.root),
            message=run.message,
            index_file=run.environment[b"GIT_INDEX_FILE"],
        )
        return not verdict.vetoed and self.after()

    def attach(self, name: str, signals: list[dict[str, Any]]) -> None:
        """Have a hook attach signals to what is committed."""
        place = self.git.root / ".heddle" / name
        place.write_text(json.dumps({"extra_signals": signals}))
        self.hooks.register(name, f"cat {place}", "pre_capture")

    def review(self) -> state_review_pb2.ReviewPayload:
        """Return the review of `HEAD`, with all signals."""
        request = state_review_pb2.GetReviewPayloadRequest(
            state_id=b"HEAD", include_all_signals=True
        )
        return self.reviews.GetReviewPayload(request, timeout=60)

    def attached(self, state: str = "HEAD") -> list[common_pb2.RiskSignal]:
        """Return what hooks have attached to a state."""
        reply = self.signals.compute(state.encode())
        return [one for one in reply.signals if one.producer_module.startswith("hook:")]

    def has(self, state: str, kind: str) -> bool:
        """Return whether just a signal of a kind is attached to a state."""
        return [one.kind for one in self.attached(state)] == [kind]

    def until_attached(self, count: int) -> list[common_pb2.RiskSignal]:
        """Wait until so many signals are attached to `HEAD`; return them."""
        return wait_until(
            lambda: found if len(found := self.attached()) == count else None,
            f"{count} are attached; {self.worker.stderr()}",
        )


@pytest.fixture
def bench(
    start_worker: Callable[..., Worker], repository: Repository, tmp_path: Path
) -> Iterator[Bench]:
    git = GitRepository(repository.root)
    git.write(".gitignore", ".heddle\n")
    git.commit("one")
    bench = Bench.of(git, start_worker().activate())
    shims = GitShims(git.git_dir(), tmp_path / "runs", bench.judge)
    yield bench
    shims.close()
    bench.channel.close()


def test_they_are_told_of_wherever_signals_are(bench: Bench) -> None:
    bench.attach("risk", RISKY)
    with subscribed(bench.worker.path) as updates:
        bench.git.write("a", "1\n2\n")
        assert not bench.review().in_budget_signals[0].kind.startswith("r")
        bench.git.commit("two")
        # What was made of a state before they came is not given again.
        bench.review()
        licence, risky = bench.until_attached(2)
        updates.until(lambda: bench.git.head() in updates.states, "the state is told of")
        (update,) = [one for one in updates.updates if one.state_id.hex() == bench.git.head()]
        assert [one.kind for one in update.signals] == ["licence", "risky"]
    assert (risky.kind, risky.reason, risky.visibility) == ("risky", "mind the gap", "visible")
    assert (risky.producer_module, risky.producer_version) == ("hook:risk", 1)
    assert risky.anchor == common_pb2.SignalAnchor(file="a", start_line=1, end_line=2)
    assert licence.anchor.file == "*"
    review = bench.review()
    assert {risky.kind, licence.kind} <= {one.kind for one in review.in_budget_signals}
    assert [one for one in review.all_signals if one.kind == "risky"] == [risky]
    health = bench.signals.health(window_states=4)
    rates = {one.module_id: one.fire_rate for one in health.entries}
    assert rates["hook:risk"] == pytest.approx(1 / health.window_states)
    (entry,) = bench.hooks.logged("hook.extra_signals")
    assert (entry.change_id.hex(), entry.thread) == (bench.git.head(), "main")
    assert (list(entry.signal_kinds), entry.detail) == (["risky", "licence"], "2 from hook:risk")


def test_a_subscriber_attaches_them_too_and_the_same_one_counts_once(bench: Bench) -> None:
    bench.attach("risk", RISKY)
    bench.attach("also", RISKY[:1])
    text = json.dumps([RISKY[1], RISKY[1]])
    subscription = bench.hooks.subscribe(
        "pre_capture", react=lambda event: bench.hooks.respond(event.hook_event_id, "", text)
    )
    bench.git.commit("two")
    found = [(one.producer_module, one.kind) for one in bench.until_attached(4)]
    assert found == [
        ("hook:also", "risky"),
        ("hook:risk", "licence"),
        ("hook:risk", "risky"),
        ("hook:subscriber", "licence"),
    ]
    subscription.cancel()


def test_they_stay_away_from_other_commits(bench: Bench) -> None:
    bench.attach("risk", RISKY)
    # Another hook of git's refuses what heddle has let pass.
    bench.after = lambda: False
    bench.git.write("a", "1")
    bench.git.git("commit", "-m", "refused", may_fail=True)
    bench.after = lambda: True
    bench.hooks.deregister("risk")
    bench.git.write("b", "1")
    bench.git.commit("another")
    bench.attach("mark", [{"kind": "mark"}])
    bench.git.write("c", "1")
    bench.git.commit("a third one")
    bench.until_attached(1)
    assert bench.attached("HEAD~1") == []


def test_each_of_several_commits_has_its_own(bench: Bench) -> None:
    for number in range(3):
        bench.attach("count", [{"kind": f"number-{number}"}])
        bench.git.write("a", str(number))
        bench.git.commit(str(number))
    bench.git.git("commit", "--amend", "-m", "in its place")
    for state, kind in (("HEAD", "number-2"), ("HEAD~1", "number-1"), ("HEAD~2", "number-0")):
        wait_until(partial(bench.has, state, kind), f"{state} has its own")


def test_what_is_committed_of_a_part_and_without_a_branch(bench: Bench) -> None:
    bench.attach("risk", RISKY)
    bench.git.git("switch", "--detach")
    bench.git.write("a", "1")
    bench.git.write("b", "1")
    bench.git.git("commit", "-m", "a alone", "a")
    bench.until_attached(2)


def test_a_worker_that_dies_leaves_them_to_the_next(
    bench: Bench, start_worker: Callable[..., Worker]
) -> None:
    bench.attach("risk", RISKY)

    def die() -> bool:
        bench.worker.end()
        return True

    bench.after = die
    bench.git.write("a", "1")
    bench.git.git("commit", "-m", "two")
    successor = Bench.of(bench.git, start_worker().activate())
    successor.until_attached(2)
    assert len(successor.hooks.logged("hook.extra_signals")) == 1
    successor.channel.close()


def test_what_makes_no_sense_is_refused(bench: Bench) -> None:
    request = hook_pb2.RespondToHookRequest(
        hook_event_id="x", extra_signals_json='[{"kind": "novelty"}]'
    )
    refused = refusal(partial(bench.hooks.hooks.RespondToHook, timeout=30), request)
    assert refused.fields == ["extra_signals_json"]
    bench.attach("bad", [{"kind": "a b"}])
    bench.git.commit("two")
    (entry,) = wait_until(lambda: bench.hooks.logged("hook.failure"), "it has failed")
    assert "extra_signals[0].kind has to be a name" in entry.detail
    assert bench.attached() == []
