"""Events: what subscribers get, what their replies do, and what becomes of bad requests."""

from __future__ import annotations

import contextlib
import json
import shutil
import stat
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import grpc
import jsonschema
import pytest
from hook_client import HookClient
from refusals import refusal
from waiting import wait_until
from worker_bench import Repository, Worker

from heddle_api.local.v1 import git_hook_pb2
from heddle_api.v1 import hook_pb2
from heddle_supervisor.worker_link import Command, Report
from heddle_worker.hooks.events import EVENTS
from heddle_worker.serving.socket_address import grpc_address


@pytest.fixture
def worker(start_worker: Callable[..., Worker]) -> Worker:
    return start_worker().activate()


@pytest.fixture
def client(worker: Worker) -> Iterator[HookClient]:
    with grpc.insecure_channel(grpc_address(worker.path)) as channel:
        yield HookClient(channel)


def listening(repository: Repository) -> list[str]:
    """Return the lines that are for git's hooks."""
    path = repository.heddle_dir / "hooks" / "listening"
    if not path.exists():
        return []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return [line for line in path.read_text().splitlines() if not line.startswith("#")]


# Schemas


def schemas(client: HookClient, name: str = "") -> list[hook_pb2.HookEventSchema]:
    request = hook_pb2.GetHookEventSchemaRequest(event_name=name)
    return list(client.hooks.GetHookEventSchema(request, timeout=30).schemas)


def test_every_event_is_described_by_two_valid_schemas(client: HookClient) -> None:
    found = schemas(client)
    assert [one.event_name for one in found] == list(EVENTS)
    for one in found:
        assert one.schema_version == 1
        for text in (one.payload_schema_json, one.response_schema_json):
            schema = json.loads(text)
            assert schema["type"] == "object"
            assert "required" not in schema
            jsonschema.Draft202012Validator.check_schema(schema)
        assert schemas(client, one.event_name) == [one]


@pytest.mark.parametrize(
    ("event", "payload", "response"),
    [
        ("pre_capture", {"thread", "intent"}, {"extra_signals", "abort"}),
        ("post_capture", {"state_id"}, set()),
        ("pre_merge", {"source", "target"}, {"abort"}),
        ("post_merge", {"state_id"}, set()),
        ("on_conflict", {"conflicts"}, {"veto"}),
        ("pre_thread_create", {"name"}, {"abort"}),
        ("post_thread_create", {"name"}, set()),
        ("pre_push", {"remote"}, {"abort"}),
        ("post_push", {"remote"}, set()),
        ("on_signal", {"state_id", "signal_kind"}, set()),
    ],
)
def test_the_schemas_have_the_contracts_properties(
    client: HookClient, event: str, payload: set[str], response: set[str]
) -> None:
    (found,) = schemas(client, event)
    assert payload <= set(json.loads(found.payload_schema_json)["properties"])
    assert set(json.loads(found.response_schema_json)["properties"]) == response


def test_an_unknown_event_has_no_schema(client: HookClient) -> None:
    request = hook_pb2.GetHookEventSchemaRequest(event_name="post_lunch")
    refused = refusal(client.hooks.GetHookEventSchema, request, timeout=30)
    assert refused.code is grpc.StatusCode.NOT_FOUND
    assert all(event in refused.message for event in EVENTS)


@pytest.mark.parametrize("event", EVENTS)
def test_what_is_made_up_is_valid_by_its_schema(client: HookClient, event: str) -> None:
    subscription = client.subscribe(event, react=lambda e: client.respond(e.hook_event_id))
    verdict = client.test(event)
    assert not verdict.vetoed
    assert [(one.author, one.event_name, one.outcome) for one in verdict.answers] == [
        ("subscriber", event, "passed")
    ]
    sent = subscription.next()
    assert sent.event_name == event
    assert sent.emitted_at.seconds > 0
    (schema,) = schemas(client, event)
    jsonschema.validate(json.loads(sent.payload_json), json.loads(schema.payload_schema_json))
    subscription.cancel()


# Subscribing and replying


def test_nobody_is_asked_when_nobody_listens(client: HookClient) -> None:
    verdict = client.test("pre_push")
    assert verdict == git_hook_pb2.HookVerdict()
    assert client.logged("hook.run") == []


def test_an_unknown_event_cannot_be_subscribed_to_or_tested(client: HookClient) -> None:
    subscription = client.subscribe("pre_push", "post_lunch")
    error = subscription.ended()
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "events[1]" in error.details()
    request = git_hook_pb2.TestHookEventRequest(event_name="post_lunch")
    assert refusal(client.git.TestHookEvent, request, timeout=30).fields == ["event_name"]
    request = git_hook_pb2.TestHookEventRequest(event_name="pre_push", payload_json="[1]")
    assert refusal(client.git.TestHookEvent, request, timeout=30).fields == ["payload_json"]


def test_a_veto_comes_with_reason_and_author(client: HookClient) -> None:
    client.subscribe(
        react=lambda e: client.respond(e.hook_event_id, "not \x1b[31mtoday\x1b[0m\x07\nnor later"),
    )
    verdict = client.test("pre_merge")
    assert (verdict.vetoed, verdict.author) == (True, "subscriber")
    assert verdict.reason == "not today\nnor later"
    assert verdict.answers[0].outcome == "vetoed"
    assert verdict.answers[0].detail == "not today nor later"
    (entry,) = wait_until(lambda: client.logged("hook.veto"), "the veto is in the log")
    assert entry.detail == "pre_merge: vetoed by subscriber: not today nor later"


def test_the_first_reply_wins(client: HookClient) -> None:
    accepted: list[bool] = []

    def react(event: hook_pb2.HookEvent) -> None:
        for abort in ("", "no"):
            accepted.append(client.respond(event.hook_event_id, abort))

    subscription = client.subscribe("pre_push", react=react)
    assert not client.test("pre_push").vetoed
    sent = subscription.next()
    assert accepted == [True, False]
    assert client.respond(sent.hook_event_id, "late") is False
    assert client.respond(str(uuid.uuid4())) is False


def test_a_reply_asked_for_again_counts_as_before(client: HookClient) -> None:
    operation = str(uuid.uuid4())
    subscription = client.subscribe(
        react=lambda e: client.respond(e.hook_event_id, "no", operation=operation),
    )
    assert client.test("pre_push").vetoed
    sent = subscription.next()
    assert client.respond(sent.hook_event_id, "no", operation=operation) is True
    assert client.respond(sent.hook_event_id, "no", operation=str(uuid.uuid4())) is False


@pytest.mark.parametrize("text", ["{", "[1, 2]", '{"a": 1}', '"text"', "[" * 5_000])
def test_signals_have_to_be_a_json_list_of_objects(client: HookClient, text: str) -> None:
    request = hook_pb2.RespondToHookRequest(hook_event_id="a", extra_signals_json=text)
    refused = refusal(client.hooks.RespondToHook, request, timeout=30)
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.fields == ["extra_signals_json"]


def test_a_reply_has_to_name_an_event(client: HookClient) -> None:
    request = hook_pb2.RespondToHookRequest(hook_event_id=" ")
    assert refusal(client.hooks.RespondToHook, request, timeout=30).fields == ["hook_event_id"]


def test_each_of_two_subscribers_has_its_own_say(client: HookClient) -> None:
    client.subscribe("pre_push", react=lambda e: client.respond(e.hook_event_id))
    client.subscribe("pre_push", react=lambda e: client.respond(e.hook_event_id, "no"))
    assert client.test("pre_push").vetoed


def test_a_subscriber_that_leaves_is_not_waited_for(client: HookClient) -> None:
    asked = threading.Event()
    subscription = client.subscribe(react=lambda _event: asked.set())
    verdicts: list[git_hook_pb2.HookVerdict] = []
    thread = threading.Thread(target=lambda: verdicts.append(client.test("pre_push")))
    thread.start()
    assert asked.wait(30)
    subscription.cancel()
    thread.join(30)
    (verdict,) = verdicts
    assert not verdict.vetoed
    (answer,) = verdict.answers
    assert (answer.outcome, answer.detail) == ("failed", "its stream has ended")
    assert answer.duration_ms < 5_000


def configure(repository: Repository, text: str) -> None:
    (repository.heddle_dir / "config.toml").write_text(text)


def test_a_silent_subscriber_is_given_its_time_and_no_more(
    client: HookClient, repository: Repository
) -> None:
    configure(repository, "[hooks]\nsubscriber_timeout_ms = 50\n")
    subscription = client.subscribe()
    verdict = client.test("pre_push")
    assert not verdict.vetoed
    assert verdict.answers[0].outcome == "timed_out"
    assert client.respond(subscription.next().hook_event_id) is False
    configure(repository, '[hooks]\nsubscriber_timeout_ms = 50\non_failure = "closed"\n')
    verdict = client.test("pre_push")
    assert verdict.vetoed
    assert "on_failure" in verdict.reason
    assert not client.test("post_push").vetoed


def test_a_policy_that_makes_no_sense_counts_as_closed(
    client: HookClient, repository: Repository, worker: Worker
) -> None:
    configure(repository, '[hooks]\non_failure = "perhaps"\n')
    client.register("broken", "/nonexistent", "pre_push")
    assert client.test("pre_push").vetoed
    wait_until(lambda: "on_failure is 'perhaps'" in worker.stderr(), "the log says what is wrong")


def test_one_that_falls_behind_is_ended_with_a_clear_status(
    client: HookClient, worker: Worker, repository: Repository
) -> None:
    """Its client takes nothing: what comes first fills the room that the transport has."""
    configure(repository, "[hooks]\nsubscriber_timeout_ms = 1\n")
    payload = {"remote": "x" * 60_000}
    with grpc.insecure_channel(grpc_address(worker.path)) as channel:
        lazy: Any = HookClient(channel).hooks.SubscribeHookEvents(
            hook_pb2.SubscribeHookEventsRequest(events=["post_push"])
        )
        wait_until(lambda: client.test("post_push", payload).answers, "the subscriber is known")
        wait_until(lambda: not client.test("post_push", payload).answers, "it is there no more")
        # It reads on at last.
        with pytest.raises(grpc.RpcError):
            list(lazy)
        assert lazy.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "more than 256 events" in lazy.details()
        assert "subscribe again" in lazy.details()


# Who listens


def test_gits_hooks_are_told_who_listens(client: HookClient, repository: Repository) -> None:
    assert listening(repository) == []
    client.register("a", "true", "pre_push")
    assert listening(repository) == ["pre-push"]
    subscription = client.subscribe("pre_capture", "pre_merge", "on_signal")
    assert listening(repository) == [
        "commit-msg",
        "pre-rebase",
        "reference-transaction merge",
        "pre-push",
    ]
    client.deregister("a")
    subscription.cancel()
    wait_until(lambda: listening(repository) == [], "nobody listens any more")


def test_nobody_listens_when_the_daemon_has_stopped(
    client: HookClient, repository: Repository, worker: Worker
) -> None:
    client.register("a", "true")
    subscription = client.subscribe()
    worker.tell(Command.DRAIN, seconds=5)
    error = subscription.ended()
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    worker.expect(Report.DRAINED)
    assert worker.wait() == 0
    assert not (repository.heddle_dir / "hooks" / "listening").exists()


def test_a_directory_that_leads_elsewhere_is_not_written_to(
    client: HookClient, repository: Repository, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    place = repository.heddle_dir / "hooks"
    if place.exists():
        shutil.rmtree(place)
    place.symlink_to(elsewhere)
    client.register("a", "true")
    assert list(elsewhere.iterdir()) == []


# Replacing a worker


def test_a_retired_worker_sends_those_who_ask_to_its_successor(
    start_worker: Callable[..., Worker],
) -> None:
    old = start_worker().activate()
    with grpc.insecure_channel(grpc_address(old.path)) as channel:
        client = HookClient(channel)
        asked = threading.Event()
        subscription = client.subscribe(react=lambda _event: asked.set())
        refused: list[Any] = []

        def ask() -> None:
            request = git_hook_pb2.TestHookEventRequest(event_name="pre_push")
            refused.append(refusal(client.git.TestHookEvent, request, timeout=30))

        thread = threading.Thread(target=ask)
        thread.start()
        assert asked.wait(30)
        new = start_worker().activate()
        old.tell(Command.RETIRE)
        thread.join(30)
        assert refused[0].code is grpc.StatusCode.UNAVAILABLE
        assert subscription.ended().code() is grpc.StatusCode.UNAVAILABLE
        with grpc.insecure_channel(grpc_address(new.path)) as second:
            again = HookClient(second)
            verdicts: list[git_hook_pb2.HookVerdict] = []
            # It asks before the subscriber is back, and is made to wait for it.
            asking = threading.Thread(target=lambda: verdicts.append(again.test("pre_push")))
            asking.start()
            again.subscribe("pre_push", react=lambda e: again.respond(e.hook_event_id, "no"))
            asking.join(30)
            assert verdicts[0].vetoed


def test_what_git_does_while_a_worker_is_replaced_is_told_of(
    start_worker: Callable[..., Worker], repository: Repository, tmp_path: Path
) -> None:
    before = repository.commit("before anybody listens")
    told = tmp_path / "told"
    old = start_worker().activate()
    with grpc.insecure_channel(grpc_address(old.path)) as channel:
        client = HookClient(channel)
        client.register("told", f"shell: cat >> {told}; echo >> {told}", "post_capture")
        # The log has it by now.
        assert client.logged("snapshot")[-1].change_id.hex() == before
        old.end()
    meanwhile = repository.commit("meanwhile")
    start_worker().activate()
    wait_until(lambda: told.exists() and meanwhile in told.read_text(), "it is told of")
    after = repository.commit("after")
    wait_until(lambda: after in told.read_text(), "it is told of")
    states = [json.loads(line)["state_id"] for line in told.read_text().splitlines()]
    assert [state for state in states if state != before] == [meanwhile, after]


def is_noted(repository: Repository) -> bool:
    """Return whether the store has that everything was told of."""
    path = repository.heddle_dir / "state" / "heddle.db"
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    with contextlib.closing(connection):
        is_told = connection.execute(
            "SELECT (SELECT seq FROM told_operations) >= max(seq) FROM operations "
            "WHERE verb IN ('snapshot', 'goto')"
        ).get
        tips = dict(connection.execute("SELECT name, tip FROM told_tips WHERE name <> ''"))
        has_conflict = connection.execute("SELECT count(*) FROM told_conflicts").get
    branches = repository.git("branch", "--format=%(refname:short) %(objectname)").splitlines()
    is_stopped = (repository.root / ".git" / "MERGE_HEAD").exists()
    return (
        bool(is_told)
        and {f"{name} {tip.hex()}" for name, tip in tips.items()} == set(branches)
        and has_conflict == is_stopped
    )


def test_a_next_worker_goes_on_where_the_last_one_was_cut_off(
    start_worker: Callable[..., Worker], repository: Repository, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    events = ("post_capture", "post_merge", "on_signal", "on_conflict")
    expected: list[str] = []
    worker = start_worker().activate()

    def lines() -> list[str]:
        """Return what was told of, in order, each as the event and what it is about."""
        found = told.read_text().splitlines() if told.exists() else []
        payloads = (line.split(" ", 1) for line in found)
        loaded = ((name, json.loads(text)) for name, text in payloads)
        return sorted(
            f"{name} {value['conflicts'] if 'conflicts' in value else value['state_id']}"
            for name, value in loaded
        )

    def until_told(*names: str) -> None:
        """Wait until all that was expected, and this, is told of; nothing else must be."""
        expected.extend(names)
        wait_until(lambda: len(lines()) >= len(expected), f"{expected} are told of")
        assert lines() == sorted(expected)
        # A worker that is killed in between tells once more.
        wait_until(lambda: is_noted(repository), "that is noted")

    with grpc.insecure_channel(grpc_address(worker.path)) as channel:
        command = f'shell: echo "$HEDDLE_HOOK_EVENT $(cat)" >> {told}'
        HookClient(channel).register("told", command, *events)
    for number in range(3):
        flagged = repository.commit(f"{number}\n\nself-flag: in a hurry")
        until_told(f"post_capture {flagged}", f"on_signal {flagged}")
        worker.end()
        # Nobody is there to see it.
        flagged = repository.commit(f"{number} more\n\nself-flag: in a hurry")
        worker = start_worker().activate()
        until_told(f"post_capture {flagged}", f"on_signal {flagged}")
    for branch in ("one", "other"):
        repository.git("checkout", "--quiet", "-B", branch, "main")
        (repository.root / "file").write_text(branch)
        repository.git("add", "file")
        until_told(f"post_capture {repository.commit(branch)}")
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("merge", "one")
    until_told("on_conflict [{'path': 'file'}]")
    worker.end()
    worker = start_worker().activate()
    repository.git("reset", "--quiet", "--hard")
    until_told(f"post_capture {repository.commit('fence')}")
