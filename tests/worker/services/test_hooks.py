"""HookService, asked by a client of a real worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from refusals import refusal
from waiting import wait_until
from worker_bench import Repository, Worker

from heddle_api.v1 import hook_pb2, hook_pb2_grpc, operation_log_pb2, operation_log_pb2_grpc
from heddle_worker.configuration_file import FRESH_SECONDS
from heddle_worker.hooks.events import EVENTS
from heddle_worker.limits import MAX_HOOK_TIMEOUT_MS, MAX_HOOKS
from heddle_worker.serving.socket_address import grpc_address


class Hooks:
    """A client of the service."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = hook_pb2_grpc.HookServiceStub(channel)
        self._log = operation_log_pb2_grpc.OperationLogQueryServiceStub(channel)

    def register(self, name: str, command: str = "true", **fields: Any) -> hook_pb2.Hook:
        request = hook_pb2.RegisterHookRequest(name=name, command=command, **fields)
        return self._stub.RegisterHook(request, timeout=30)

    def deregister(self, name: str, **fields: Any) -> bool:
        request = hook_pb2.DeregisterHookRequest(name=name, **fields)
        return self._stub.DeregisterHook(request, timeout=30).deleted

    def listed(self, repo_path: str = "") -> list[hook_pb2.Hook]:
        request = hook_pb2.ListHooksRequest(repo_path=repo_path)
        return list(self._stub.ListHooks(request, timeout=30).hooks)

    def logged(self) -> list[operation_log_pb2.OperationHit]:
        verbs = ["hook.register_hook", "hook.deregister_hook"]
        request = operation_log_pb2.QueryOperationsRequest(verbs=verbs)
        return list(self._log.QueryOperations(request, timeout=30).hits)


@pytest.fixture
def hooks(start_worker: Callable[..., Worker]) -> Iterator[Hooks]:
    """A client of a worker."""
    with grpc.insecure_channel(grpc_address(start_worker().activate().path)) as channel:
        yield Hooks(channel)


def test_hooks_are_listed_in_the_order_of_their_registration(hooks: Hooks) -> None:
    assert hooks.listed() == []
    for name in ("second", "first", "third"):
        registered = hooks.register(name, f"run {name}", events=["pre_push", "pre_push"])
        assert registered == hook_pb2.Hook(
            name=name, command=f"run {name}", events=["pre_push"], timeout_ms=5_000
        )
    assert [hook.name for hook in hooks.listed()] == ["second", "first", "third"]


def test_a_name_registered_again_replaces_what_it_had(hooks: Hooks) -> None:
    hooks.register("a", events=["pre_push"])
    hooks.register("b")
    replaced = hooks.register("a", "false", timeout_ms=7)
    assert list(replaced.events) == []
    assert hooks.listed() == [replaced, hooks.listed()[1]]


def test_deregistered_it_is_gone(hooks: Hooks) -> None:
    hooks.register("a")
    assert hooks.deregister("a") is True
    assert hooks.deregister("a") is False
    assert hooks.listed() == []


def pass_freshness() -> None:
    """Wait until a change of the configuration has to be noticed."""
    end = time.monotonic() + FRESH_SECONDS
    wait_until(lambda: time.monotonic() > end, "it is looked at again")


def test_the_log_tells_of_what_has_changed_and_who_did_it(
    hooks: Hooks, repository: Repository
) -> None:
    repository.git("config", "user.email", "grace@example.com")
    hooks.register("a")
    repository.git("config", "user.email", "edsger@example.com")
    pass_freshness()
    hooks.deregister("a")
    hooks.deregister("a")
    told = [(hit.verb, hit.actor_email) for hit in hooks.logged()]
    assert told == [
        ("hook.register_hook", "grace@example.com"),
        ("hook.deregister_hook", "edsger@example.com"),
    ]


def test_heddles_own_configuration_comes_before_that_of_git(
    hooks: Hooks, repository: Repository
) -> None:
    repository.git("config", "user.email", "grace@example.com")
    config = repository.heddle_dir / "config.toml"
    config.write_text('[principal]\nemail = "barbara@example.com"\n')
    hooks.register("a")
    config.write_text("[principal")
    pass_freshness()
    hooks.register("b")
    assert [hit.actor_email for hit in hooks.logged()] == [
        "barbara@example.com",
        "grace@example.com",
    ]


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"name": ""}, ["name"]),
        ({"name": " \n", "command": "\t"}, ["name", "command"]),
        ({"name": "a\0b"}, ["name"]),
        ({"name": "a", "events": ["pre_push", "post_lunch"]}, ["events[1]"]),
        ({"name": "a", "events": [*EVENTS] * 9}, ["events"]),
        ({"name": "a", "timeout_ms": MAX_HOOK_TIMEOUT_MS + 1}, ["timeout_ms"]),
        ({"name": "a", "command": "x" * 70_000}, ["command"]),
    ],
)
def test_a_registration_at_fault_is_refused(
    hooks: Hooks, fields: dict[str, Any], at_fault: list[str]
) -> None:
    refused = refusal(hooks.register, **fields)
    assert (refused.code, refused.fields) == (grpc.StatusCode.INVALID_ARGUMENT, at_fault)
    assert hooks.listed() == []


def test_an_unknown_event_is_named_with_the_known_ones(hooks: Hooks) -> None:
    refused = refusal(hooks.register, "a", events=["post_lunch"])
    assert "'post_lunch'" in refused.message
    assert all(event in refused.message for event in EVENTS)


def test_another_repository_is_not_found(hooks: Hooks) -> None:
    for call, arguments in ((hooks.register, ["a"]), (hooks.deregister, ["a"]), (hooks.listed, [])):
        assert refusal(call, *arguments, repo_path="/").code is grpc.StatusCode.NOT_FOUND


def test_there_may_be_so_many_and_no_more(hooks: Hooks) -> None:
    for number in range(MAX_HOOKS):
        hooks.register(str(number))
    assert refusal(hooks.register, "more").code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert hooks.register("0", "false").command == "false"
    assert len(hooks.listed()) == MAX_HOOKS
