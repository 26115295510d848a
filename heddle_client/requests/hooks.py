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
    events: Sequence[str] = (),
    timeout_ms: int = 0,
    *,
    operation_id: str | None = None,
    timeout: float | None = None,
) -> Call[Hook]:
    """Register a command to be run on events, in place of any that has its name.

    Args:
        name: what it is called.
        command: as the daemon is to run it.
        events: their names; empty for all.
        timeout_ms: milliseconds after which the command is killed; 0 for 5,000.
        operation_id: see the class.
        timeout: see the class.
    """
    message = hook_pb2.RegisterHookRequest(
        repo_path=repo_path,
        name=name,
        command=command,
        events=events,
        timeout_ms=timeout_ms,
        client_operation_id=client_operation_id(operation_id),
    )
    return _REGISTER.call(message, timeout)


@request
def deregister(
    repo_path: str, name: str, *, operation_id: str | None = None, timeout: float | None = None
) -> Call[DeleteResponse]:
    """Remove a registered command; the result says whether there was one."""
    message = hook_pb2.DeregisterHookRequest(
        repo_path=repo_path, name=name, client_operation_id=client_operation_id(operation_id)
    )
    return _DEREGISTER.call(message, timeout)


@request
def registered(repo_path: str, *, timeout: float | None = None) -> Call[tuple[Hook, ...]]:
    """Return the registered commands, in the order in which they are asked."""
    return _LIST.call(hook_pb2.ListHooksRequest(repo_path=repo_path), timeout)


@request
def schemas(
    _repo_path: str, event: str = "", *, timeout: float | None = None
) -> Call[tuple[HookEventSchema, ...]]:
    """Return what an event carries and what may be answered; of all events without a name."""
    message = hook_pb2.GetHookEventSchemaRequest(event_name=event)
    return _SCHEMAS.call(message, timeout)


@request
def events(
    repo_path: str, names: Sequence[str] = (), *, timeout: float | None = None
) -> Subscription[HookEvent]:
    """Return an iterator over the events that happen; `respond` answers them.

    It has no cursor: when a worker is replaced, what is told between the two is missed, and an
    event that waits for an answer is asked about anew, under another id. Each time, `resumed`
    of the iterator grows by one.

    Args:
        names: of the events; empty for all.
        timeout: seconds after which it ends with `CallTimeoutError`; None for never.
    """
    message = hook_pb2.SubscribeHookEventsRequest(repo_path=repo_path, events=names)
    return Subscription(_EVENTS, message.SerializeToString(), timeout)


@request
def respond(
    repo_path: str,
    hook_event_id: str,
    abort: str = "",
    extra_signals_json: str = "",
    *,
    operation_id: str | None = None,
    timeout: float | None = None,
) -> Call[RespondToHookResponse]:
    """Answer an event of `events`; only the first answer of a subscriber counts.

    Args:
        hook_event_id: of the event.
        abort: why it must not happen; empty agrees.
        extra_signals_json: signals to attach to the state, as a JSON array.
        operation_id: see the class.
        timeout: see the class.
    """
    message = hook_pb2.RespondToHookRequest(
        repo_path=repo_path,
        hook_event_id=hook_event_id,
        abort=abort,
        extra_signals_json=extra_signals_json,
        client_operation_id=client_operation_id(operation_id),
    )
    return _RESPOND.call(message, timeout)


@request
def emit(
    repo_path: str, event_name: str, payload_json: str = "", *, timeout: float | None = None
) -> Call[HookVerdict]:
    """Emit an event by hand and return who answers what. The commands do run.

    Args:
        event_name: such as `pre_capture`.
        payload_json: a JSON object; made up where it is empty.
        timeout: see the class; an hour by default.
    """
    message = git_hook_pb2.TestHookEventRequest(
        repo_path=repo_path, event_name=event_name, payload_json=payload_json
    )
    return _TEST.call(message, timeout)
