"""What is asked for about hooks: is it as it should be, and what does it mean?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from heddle_api.local.v1 import git_hook_pb2
from heddle_api.v1 import hook_pb2
from heddle_worker.failures import FieldViolation, InvalidRequestError
from heddle_worker.hooks import schemas
from heddle_worker.hooks.answers import Response
from heddle_worker.hooks.commands import check_command
from heddle_worker.hooks.events import EVENTS
from heddle_worker.hooks.signal_parsing import BadResponseError, parse_signals
from heddle_worker.limits import (
    DEFAULT_HOOK_TIMEOUT_MS,
    MAX_COMMAND_BYTES,
    MAX_EVENTS,
    MAX_HOOK_MESSAGE_BYTES,
    MAX_HOOK_TIMEOUT_MS,
)
from heddle_worker.services.validation import FieldChecks
from heddle_worker.store.hooks import RegisteredHook

_MOST_SHOWN: Final = 64


def no_event(name: str) -> str:
    """Return what is said about a name that no event has: what the names are."""
    return f"{name[:_MOST_SHOWN]!r} is no event; the events are {', '.join(EVENTS)}"


def hook_of(request: hook_pb2.RegisterHookRequest) -> RegisteredHook:
    """Return the hook that is to be registered, not sealed yet.

    Raises:
        InvalidRequestError: a field is not what it should be, or an event is unknown.
    """
    checks = FieldChecks(request)
    checks.name("name", request.name)
    checks.name("command", request.command, MAX_COMMAND_BYTES)
    _check_command(checks, request.command)
    _check_events(checks, request.events)
    if request.timeout_ms > MAX_HOOK_TIMEOUT_MS:
        checks.fault("timeout_ms", f"{request.timeout_ms} is more than {MAX_HOOK_TIMEOUT_MS}")
    checks.done()
    return RegisteredHook(
        name=request.name,
        command=request.command,
        events=tuple(dict.fromkeys(request.events)),
        timeout_ms=request.timeout_ms or DEFAULT_HOOK_TIMEOUT_MS,
    )


def wanted_events(request: hook_pb2.SubscribeHookEventsRequest) -> frozenset[str]:
    """Return the names of the events that a subscriber wants.

    Raises:
        InvalidRequestError: a field is not what it should be, or an event is unknown.
    """
    checks = FieldChecks(request)
    _check_events(checks, request.events)
    checks.done()
    return frozenset(request.events or EVENTS)


def response_of(request: hook_pb2.RespondToHookRequest) -> Response:
    """Return what a subscriber answers.

    Raises:
        InvalidRequestError: a field is not what it should be.
    """
    checks = FieldChecks(request)
    checks.name("hook_event_id", request.hook_event_id)
    checks.text("abort", request.abort, MAX_HOOK_MESSAGE_BYTES)
    response = _response(checks, request)
    checks.done()
    return response


def check_git_hook(request: git_hook_pb2.RunGitHookRequest) -> None:
    """Check what can be checked without looking at the repository.

    Raises:
        InvalidRequestError: a field is not what it should be.
    """
    checks = FieldChecks(request)
    checks.name("hook", request.hook)
    if b"\0" in request.index_file:
        checks.fault("index_file", "contains a NUL character")
    checks.done()


def payload_of(request: git_hook_pb2.TestHookEventRequest) -> dict[str, Any]:
    """Return the payload of an event that is made up; where none is given, a sample.

    Raises:
        InvalidRequestError: a field is not what it should be, or the event is unknown.
    """
    checks = FieldChecks(request)
    if request.event_name not in EVENTS:
        checks.fault("event_name", no_event(request.event_name))
    checks.text("payload_json", request.payload_json, MAX_HOOK_MESSAGE_BYTES)
    checks.done()
    try:
        payload = json.loads(request.payload_json or schemas.sample(request.event_name))
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        raise InvalidRequestError.of_fields(FieldViolation("payload_json", "is not a JSON object"))
    return payload


def _check_command(checks: FieldChecks, command: str) -> None:
    if not command.strip():
        return
    try:
        check_command(command)
    except ValueError as error:
        checks.fault("command", f"cannot be taken apart: {error}")


def _check_events(checks: FieldChecks, events: Sequence[str]) -> None:
    checks.texts("events", events, MAX_EVENTS)
    for index, event in enumerate(events):
        if event not in EVENTS:
            checks.fault(f"events[{index}]", no_event(event))


def _response(checks: FieldChecks, request: hook_pb2.RespondToHookRequest) -> Response:
    text = request.extra_signals_json
    if not text.strip():
        return Response.of(request.abort)
    if len(text.encode()) > MAX_HOOK_MESSAGE_BYTES:
        checks.fault("extra_signals_json", f"longer than {MAX_HOOK_MESSAGE_BYTES} bytes")
        return Response.of(request.abort)
    try:
        return Response.of(request.abort, parse_signals(json.loads(text)))
    except BadResponseError as error:
        checks.fault("extra_signals_json", str(error))
    except (ValueError, RecursionError):
        checks.fault("extra_signals_json", "is not valid JSON")
    return Response.of(request.abort)
