"""SignalService, asked by clients of a real worker."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
from discussion_client import DiscussionClient
from refusals import refusal
from signal_client import SignalClient, UpdateClient, subscribed
from waiting import wait_until
from worker_bench import Repository, Worker

from heddle_api.v1 import common_pb2, discussion_pb2
from heddle_supervisor.worker_link import Command
from heddle_worker.limits import MAX_TEXT_BYTES
from heddle_worker.serving.socket_address import grpc_address

MODULES = [
    "invariant_adjacency",
    "novelty.tree_sitter",
    "pattern_deviation.tree_sitter",
    "self_flagged_uncertainty",
    "test_reachability.tree_sitter",
]
TESTED = """
def double(number):
    return add(number, number)


def add(one, other):
    return one + other


def lonely(path):
    with open(path) as file:
        return [line.strip() for line in file if line]
"""
TESTS = """
from engine import double


def test_double():
    assert double(2) == 4


def test_double_of_nothing():
    assert double(0) == 0


def test_double_of_less():
    assert double(-1) == -2
"""


def write(repository: Repository, files: dict[str, str], message: str = "change") -> str:
    """Commit files; return the state's id."""
    for name, text in files.items():
        path = repository.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        repository.git("add", name)
    return repository.commit(message)


def _has_states(client: UpdateClient, states: set[str]) -> bool:
    return states <= set(client.states)


@pytest.fixture
def state(repository: Repository) -> str:
    """A state with functions and tests."""
    return write(repository, {"engine.py": TESTED, "test_engine.py": TESTS}, "engine")


@pytest.fixture
def worker(state: str, start_worker: Callable[..., Worker]) -> Worker:
    """A worker that serves it."""
    return start_worker().activate()


@pytest.fixture
def client(worker: Worker) -> Iterator[SignalClient]:
    """A client of that worker."""
    with grpc.insecure_channel(grpc_address(worker.path)) as channel:
        yield SignalClient(channel)


def told(signals: list[common_pb2.RiskSignal]) -> list[tuple[str, str, str, str]]:
    return [
        (signal.kind, signal.anchor.file, signal.anchor.symbol, signal.visibility)
        for signal in signals
    ]


def test_the_signals_of_a_state(client: SignalClient, repository: Repository) -> None:
    reply = client.complete()
    assert reply.tick_budget == 3
    kinds = {signal.kind for signal in reply.signals}
    assert {"novelty", "test_reachability"} <= kinds
    unreached = [each for each in reply.signals if each.kind == "test_reachability"]
    assert told(unreached) == [("test_reachability", "engine.py", "lonely", "hidden")]
    (signal,) = unreached
    assert (signal.anchor.start_line, signal.anchor.end_line) == (10, 12)
    assert signal.reason.endswith("(static reachability, not runtime coverage)")
    assert (signal.producer_module, signal.producer_version) == (MODULES[4], 1)
    assert signal.computed_at.seconds == int(repository.git("log", "-1", "--format=%at"))
    order = [(each.producer_module, each.anchor.file) for each in reply.signals]
    assert order == sorted(order)
    assert sum(each.visibility == "visible" for each in reply.signals) == 3


def test_the_state_is_compared_with_another_when_asked(
    client: SignalClient, repository: Repository, state: str
) -> None:
    write(repository, {"README": "about\n"}, "about")
    assert not client.complete().signals
    first = repository.git("rev-parse", f"{state}~1")
    compared = client.complete(prior_state_id=bytes.fromhex(first))
    assert "novelty" in {signal.kind for signal in compared.signals}
    assert client.complete(prior_state_id=b"HEAD~2") == compared
    assert not client.complete(prior_state_id=b"HEAD").signals


def test_flags_of_the_message_are_read(client: SignalClient, repository: Repository) -> None:
    message = "about\n\nself-flag: [engine.py:add] may overflow\nself-flag: hasty\n"
    write(repository, {"README": "about\n"}, message)
    signals = client.complete().signals
    assert told(list(signals)) == [
        ("self_flagged_uncertainty", "*", "", "visible"),
        ("self_flagged_uncertainty", "engine.py", "add", "visible"),
    ]
    assert [signal.reason for signal in signals] == ["hasty", "may overflow"]


def test_an_invariant_that_was_written_down_is_brought_up_again(
    worker: Worker, client: SignalClient, repository: Repository
) -> None:
    with grpc.insecure_channel(grpc_address(worker.path)) as channel:
        discussions = DiscussionClient(channel)
        opened = discussions.open(
            body="Why?", anchor=common_pb2.PathSymbolRef(file="engine.py", symbol="add")
        )
        discussions.resolve(
            opened.id,
            into_annotation=discussion_pb2.ResolveDiscussionRequest.ResolveIntoAnnotation(
                kind=common_pb2.CONTEXT_ANNOTATION_KIND_INVARIANT,
                content="adds, never concatenates",
            ),
        )
    write(repository, {"engine.py": TESTED.replace("one + other", "other + one")})
    (signal,) = [each for each in client.complete().signals if each.kind == "invariant_adjacency"]
    assert (signal.anchor.file, signal.anchor.symbol) == ("engine.py", "add")
    assert "adds, never concatenates" in signal.reason
    assert signal.visibility == "visible"
    rates = {entry.module_id: entry.fire_rate for entry in client.health().entries}
    # The state that has brought the function counts as well.
    assert rates["invariant_adjacency"] == pytest.approx(2 / 3)


def test_settings_of_the_repository_count(client: SignalClient, repository: Repository) -> None:
    assert client.complete().signals
    lines = [f"[review.signals.{kind}]\nenabled = false\n" for kind in ("novelty",)]
    (repository.heddle_dir / "config.toml").write_text("".join(lines))
    assert "novelty" not in {signal.kind for signal in client.complete().signals}
    (repository.heddle_dir / "config.toml").write_text("[review.signals.novelty]\ntolerance = 2\n")

    def refused() -> grpc.RpcError | None:
        try:
            client.compute()
        except grpc.RpcError as error:
            return error
        return None

    error: Any = wait_until(refused, "the settings were read again")
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert "tolerance" in error.details()


def test_how_often_modules_fire(client: SignalClient, repository: Repository) -> None:
    write(repository, {"README": "about\n"}, "about\n\nself-flag: hasty")
    report = client.health()
    assert [entry.module_id for entry in report.entries] == MODULES
    assert report.window_states == 3
    rates = {entry.module_id: entry.fire_rate for entry in report.entries}
    assert rates["self_flagged_uncertainty"] == pytest.approx(1 / 3)
    assert rates["invariant_adjacency"] == 0
    assert not any(entry.warn for entry in report.entries)
    latest = client.health(window_states=1)
    assert latest.window_states == 1
    assert [entry.module_id for entry in latest.entries if entry.warn] == [MODULES[3]]
    assert client.health(window_states=100_000) == report


@pytest.mark.parametrize(
    ("fields", "code", "at_fault"),
    [
        ({"state_id": b""}, grpc.StatusCode.INVALID_ARGUMENT, ["state_id"]),
        ({"state_id": b"HEAD^{tree}"}, grpc.StatusCode.INVALID_ARGUMENT, ["state_id"]),
        ({"state_id": b"\0\1"}, grpc.StatusCode.INVALID_ARGUMENT, ["state_id"]),
        ({"state_id": b"\1" * 20}, grpc.StatusCode.NOT_FOUND, []),
        ({"prior_state_id": b"a..b"}, grpc.StatusCode.INVALID_ARGUMENT, ["prior_state_id"]),
        ({"prior_state_id": b"nowhere"}, grpc.StatusCode.NOT_FOUND, []),
        ({"repo_path": "a\0b"}, grpc.StatusCode.INVALID_ARGUMENT, ["repo_path"]),
        ({"repo_path": "é" * MAX_TEXT_BYTES}, grpc.StatusCode.INVALID_ARGUMENT, ["repo_path"]),
        ({"repo_path": "/"}, grpc.StatusCode.NOT_FOUND, []),
    ],
)
def test_what_cannot_be_asked_is_refused(
    client: SignalClient, fields: dict[str, bytes | str], code: grpc.StatusCode, at_fault: list[str]
) -> None:
    refused = refusal(client.compute, **fields)
    assert (refused.code, refused.fields) == (code, at_fault)


def test_health_and_subscription_refuse_other_repositories(client: SignalClient) -> None:
    assert refusal(client.health, repo_path="/").code is grpc.StatusCode.NOT_FOUND
    assert refusal(client.health, repo_path="a\0").fields == ["repo_path"]
    for path, code in (
        ("/", grpc.StatusCode.NOT_FOUND),
        ("a\0", grpc.StatusCode.INVALID_ARGUMENT),
    ):
        assert refusal(lambda path=path: next(client.subscribe(repo_path=path))).code is code


def test_new_states_of_any_branch_are_told_of_once_and_in_order(
    worker: Worker, repository: Repository
) -> None:
    with subscribed(worker.path) as one, subscribed(worker.path) as other:
        repository.git("switch", "--quiet", "--create", "topic")
        topic = [write(repository, {"a.py": f"def a():\n    return {n}\n"}) for n in range(3)]
        repository.git("switch", "--quiet", "main")
        main = repository.commit("self-flag: in a hurry")
        for client in (one, other):
            told_of_all = partial(_has_states, client, {main, *topic})
            client.until(told_of_all, "all were told of")
        fresh = list(one.states)
        assert sorted(fresh) == sorted([*topic, main])
        assert [state for state in fresh if state != main] == topic
        assert other.states[-4:] == fresh
        (update,) = [each for each in one.updates if each.state_id.hex() == main]
        assert list(update.threads) == ["main"]
        assert not update.worktree
        assert [signal.reason for signal in update.signals] == ["in a hurry"]
        repository.git("branch", "another", topic[0])
        last = repository.commit("last")
        one.until(lambda: one.states[-1] == last, "the last state was told of")
        assert one.states == [*fresh, last]


def test_states_without_signals_for_now_are_told_of_as_that(
    worker: Worker, repository: Repository
) -> None:
    with subscribed(worker.path) as client:
        config = repository.heddle_dir / "config.toml"
        config.write_text("[review.signals.novelty]\ntolerance = 2\n")
        broken = write(repository, {"a.py": "def a():\n    return 1\n"}, "self-flag: hasty")
        client.until(lambda: broken in client.states, "it was told of all the same")
        (update,) = [each for each in client.updates if each.state_id.hex() == broken]
        assert update.is_incomplete
        assert not update.signals
        config.unlink()
        mended = repository.commit("self-flag: hasty")
        client.until(lambda: mended in client.states, "the next one was told of")
        (update,) = [each for each in client.updates if each.state_id.hex() == mended]
        assert [signal.reason for signal in update.signals] == ["hasty"]


def test_edits_of_the_worktree_are_told_of(worker: Worker, repository: Repository) -> None:
    with subscribed(worker.path) as client:
        path = repository.root / "engine.py"
        path.write_text(TESTED.replace("file if line", "reversed(file) if line not in '#'"))
        client.until(
            lambda: client.worktrees and client.worktrees[-1].signals, "the edit was told of"
        )
        update = client.worktrees[-1]
        assert update.worktree == str(repository.root)
        assert {signal.anchor.symbol for signal in update.signals} == {"lonely"}
        assert not any(signal.HasField("computed_at") for signal in update.signals)
        deep = repository.root / "new" / "deep"
        deep.mkdir(parents=True)
        (deep / "fresh.py").write_text("def fresh(one):\n    return one ** one ** one\n")
        client.until(
            lambda: (
                "new/deep/fresh.py"
                in {signal.anchor.file for signal in client.worktrees[-1].signals}
            ),
            "a file in a new directory was told of",
        )
        (deep / "fresh.py").unlink()
        path.write_text(TESTED)
        client.until(lambda: not client.worktrees[-1].signals, "it was told that nothing is left")


def test_files_that_git_ignores_are_not_told_of(worker: Worker, repository: Repository) -> None:
    write(repository, {".gitignore": "ignored/\n"})
    with subscribed(worker.path) as client:
        (repository.root / "ignored").mkdir()
        (repository.root / "ignored" / "a.py").write_text("def a():\n    pass\n")
        (repository.root / "seen.txt").write_text("seen\n")
        client.until(lambda: client.worktrees, "a file was told of")
        last = repository.commit("last")
        client.until(lambda: client.states == [last], "the state was told of")
        assert len(client.worktrees) == 1


def test_a_linked_worktree_is_told_of_to_those_who_ask_for_it(
    worker: Worker, repository: Repository, tmp_path: Path
) -> None:
    linked = tmp_path / "linked"
    repository.git("worktree", "add", "--quiet", str(linked))
    with subscribed(worker.path, repo_path=str(linked)) as one, subscribed(worker.path) as other:
        (linked / "fresh.py").write_text("def fresh(one):\n    return one ** one ** one\n")
        one.until(lambda: one.worktrees and one.worktrees[-1].signals, "the edit was told of")
        assert one.worktrees[-1].worktree == str(linked)
        assert not [update for update in other.worktrees if update.signals]


def test_a_bare_repository_has_states_alone(
    repository: Repository, state: str, start_worker: Callable[..., Worker], tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    repository.git("clone", "--quiet", "--bare", ".", str(bare))
    (bare / ".heddle" / "state").mkdir(parents=True)
    worker = start_worker(repository=bare, heddle_dir=bare / ".heddle").activate()
    with subscribed(worker.path) as client:
        pushed = repository.commit("pushed")
        repository.git("push", "--quiet", str(bare), "main")
        client.until(lambda: client.states == [pushed], "the state was told of")
        assert not client.worktrees
    with grpc.insecure_channel(grpc_address(worker.path)) as channel:
        asking = SignalClient(channel)
        assert asking.complete(state_id=bytes.fromhex(state)).signals
        assert asking.health().window_states >= 3


def test_before_the_first_commit_there_are_edits_alone(
    worker: Worker, client: SignalClient, repository: Repository
) -> None:
    repository.git("switch", "--quiet", "--orphan", "empty")
    assert client.health().window_states == 0
    assert refusal(client.compute).code is grpc.StatusCode.NOT_FOUND
    with subscribed(worker.path) as subscription:
        (repository.root / "fresh.py").write_text("def fresh(one):\n    return one ** one\n")
        subscription.until(lambda: subscription.worktrees, "the worktree was told of")
        first = repository.commit("unlike any other")
        subscription.until(lambda: first in subscription.states, "the first state was told of")
        (update,) = [each for each in subscription.updates if each.state_id.hex() == first]
        assert list(update.threads) == ["empty"]


def test_a_subscription_ends_with_its_worker(worker: Worker, repository: Repository) -> None:
    with subscribed(worker.path) as client:
        worker.tell(Command.RETIRE)
        error = client.ended()
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert "resume on a new connection" in error.details()


def test_nothing_is_watched_when_nobody_subscribes(worker: Worker, repository: Repository) -> None:
    def watches() -> int:
        count = 0
        for link in Path(f"/proc/{worker.pid}/fd").iterdir():
            # Others come and go meanwhile.
            with contextlib.suppress(FileNotFoundError):
                count += "inotify" in str(link.readlink())
        return count

    wait_until(lambda: watches() == 1, "the refs are watched")
    with subscribed(worker.path):
        wait_until(lambda: watches() == 2, "the worktree is watched")
    wait_until(lambda: watches() == 1, "the worktree is watched no more")
