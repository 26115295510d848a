"""Calls of `HookService`, and what of `heddle.local.v1.GitHookService` is not for git alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from heddle_api.local.v1 import git_hook_pb2
from heddle_api.v1 import common_pb2, hook_pb2
from heddle_client.calls import (
    Call,
    Method,
    StreamMethod,
    Subscription,
    client_operation_id,
    request,
)
from heddle_client.values.common import DeleteResponse
from heddle_client.values.git_hook import HookVerdict
from heddle_client.values.hook import Hook, HookEvent, HookEventSchema, RespondToHookResponse

_HOOKS: Final = "/heddle.v1.HookService/"
_GIT_HOOKS: Final = "/heddle.local.v1.GitHookService/"
# Longer than all hooks together may take; a daemon that dies meanwhile is noticed at once.
_ASKING_SECONDS: Final = 3_600.0


def _listed(reply: hook_pb2.ListHooksResponse) -> tuple[Hook, ...]:
    return tuple(map(Hook.of, reply.hooks))


def _described(reply: hook_pb2.GetHookEventSchemaResponse) -> tuple[HookEventSchema, ...]:
    return tuple(map(HookEventSchema.of, reply.schemas))


_REGISTER: Final = Method(f"{_HOOKS}RegisterHook", hook_pb2.Hook.FromString, Hook.of)
_DEREGISTER: Final = Method(
    f"{_HOOKS}DeregisterHook", common_pb2.DeleteResponse.FromString, DeleteResponse.of
)
_LIST: Final = Method(f"{_HOOKS}ListHooks", hook_pb2.ListHooksResponse.FromString, _listed)
_SCHEMAS: Final = Method(
    f"{_HOOKS}GetHookEventSchema", hook_pb2.GetHookEventSchemaResponse.FromString, _described
)
_RESPOND: Final = Method(
    f"{_HOOKS}RespondToHook", hook_pb2.RespondToHookResponse.FromString, RespondToHookResponse.of
)
_EVENTS: Final = StreamMethod(
    f"{_HOOKS}SubscribeHookEvents", hook_pb2.HookEvent.FromString, HookEvent.of
)
_TEST: Final = Method(
    f"{_GIT_HOOKS}TestHookEvent",
    git_hook_pb2.HookVerdict.FromString,
    HookVerdict.of,
    _ASKING_SECONDS,
)


@request
def register(
    repo_path: str,
    name: str,
    command: str,
    *,
    events: Sequence[str],
    timeout_ms: int,
    operation_id: str | None,
) -> Call[Hook]:
    """Return the call that registers a command."""
    message = hook_pb2.RegisterHookRequest(
        repo_path=repo_path,
        name=name,
        command=command,
        events=events,
        timeout_ms=timeout_ms,
        client_operation_id=client_operation_id(operation_id),
    )
    return Call(_REGISTER, message.SerializeToString())


@request
def deregister(repo_path: str, name: str, *, operation_id: str | None) -> Call[DeleteResponse]:
    """Return the call that removes a command."""
    message = hook_pb2.DeregisterHookRequest(
        repo_path=repo_path, name=name, client_operation_id=client_operation_id(operation_id)
    )
    return Call(_DEREGISTER, message.SerializeToString())


@request
def registered(repo_path: str) -> Call[tuple[Hook, ...]]:
    """Return the call that lists the commands."""
    return Call(_LIST, hook_pb2.ListHooksRequest(repo_path=repo_path).SerializeToString())


@request
def schemas(event: str) -> Call[tuple[HookEventSchema, ...]]:
    """Return the call that describes one event, or all."""
    message = hook_pb2.GetHookEventSchemaRequest(event_name=event)
    return Call(_SCHEMAS, message.SerializeToString())


@request
def events(repo_path: str, names: Sequence[str]) -> Subscription[HookEvent]:
    """Return the cursor of the events that happen."""
    message = hook_pb2.SubscribeHookEventsRequest(repo_path=repo_path, events=names)
    return Subscription(_EVENTS, message.SerializeToString())


@request
def respond(
    repo_path: str,
    hook_event_id: str,
    *,
    abort: str,
    extra_signals_json: str,
    operation_id: str | None,
) -> Call[RespondToHookResponse]:
    """Return the call that answers an event."""
    message = hook_pb2.RespondToHookRequest(
        repo_path=repo_path,
        hook_event_id=hook_event_id,
        abort=abort,
        extra_signals_json=extra_signals_json,
        client_operation_id=client_operation_id(operation_id),
    )
    return Call(_RESPOND, message.SerializeToString())


@request
def test(repo_path: str, event_name: str, *, payload_json: str) -> Call[HookVerdict]:
    """Return the call that emits an event by hand."""
    message = git_hook_pb2.TestHookEventRequest(
        repo_path=repo_path, event_name=event_name, payload_json=payload_json
    )
    return Call(_TEST, message.SerializeToString())
