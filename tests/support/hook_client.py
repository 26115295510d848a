"""A client of the services that have to do with hooks."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import grpc
from waiting import DEADLINE

from heddle_api.local.v1 import git_hook_pb2, git_hook_pb2_grpc
from heddle_api.v1 import hook_pb2, hook_pb2_grpc, operation_log_pb2, operation_log_pb2_grpc

_SECONDS = 60.0


class HookClient:
    """A client of the services that have to do with hooks."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.hooks = hook_pb2_grpc.HookServiceStub(channel)
        self.git = git_hook_pb2_grpc.GitHookServiceStub(channel)
        self._log = operation_log_pb2_grpc.OperationLogQueryServiceStub(channel)

    def register(self, name: str, command: str, *events: str, timeout_ms: int = 0) -> None:
        self.hooks.RegisterHook(
            hook_pb2.RegisterHookRequest(
                name=name, command=command, events=events, timeout_ms=timeout_ms
            ),
            timeout=_SECONDS,
        )

    def deregister(self, name: str) -> None:
        self.hooks.DeregisterHook(hook_pb2.DeregisterHookRequest(name=name), timeout=_SECONDS)

    def test(self, event: str, payload: object = None) -> git_hook_pb2.HookVerdict:
        request = git_hook_pb2.TestHookEventRequest(
            event_name=event, payload_json="" if payload is None else json.dumps(payload)
        )
        return self.git.TestHookEvent(request, timeout=_SECONDS)

    def run(self, hook: str, *arguments: bytes, **fields: Any) -> git_hook_pb2.HookVerdict:
        request = git_hook_pb2.RunGitHookRequest(hook=hook, arguments=arguments, **fields)
        return self.git.RunGitHook(request, timeout=_SECONDS)

    def respond(
        self, event_id: str, abort: str = "", signals: str = "", operation: str = ""
    ) -> bool:
        request = hook_pb2.RespondToHookRequest(
            hook_event_id=event_id,
            abort=abort,
            extra_signals_json=signals,
            client_operation_id=operation,
        )
        return self.hooks.RespondToHook(request, timeout=_SECONDS).accepted

    def logged(self, *verbs: str) -> list[operation_log_pb2.OperationHit]:
        request = operation_log_pb2.QueryOperationsRequest(verbs=verbs)
        return list(self._log.QueryOperations(request, timeout=_SECONDS).hits)

    def subscribe(
        self, *events: str, react: Callable[[hook_pb2.HookEvent], object] = lambda _event: None
    ) -> Subscription:
        return Subscription(self.hooks, events, react)


class Subscription:
    """A stream of events that a thread reads, calling `react` with each.

    When it was made the daemon knows of it, or has refused.
    """

    def __init__(
        self,
        stub: hook_pb2_grpc.HookServiceStub,
        events: tuple[str, ...],
        react: Callable[[hook_pb2.HookEvent], object],
    ) -> None:
        self._call: Any = stub.SubscribeHookEvents(
            hook_pb2.SubscribeHookEventsRequest(events=events)
        )
        self._react = react
        self._taken: queue.Queue[hook_pb2.HookEvent] = queue.Queue()
        self.error: Any = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self._call.initial_metadata()

    def next(self, timeout: float = DEADLINE) -> hook_pb2.HookEvent:
        """Return the next event."""
        return self._taken.get(timeout=timeout)

    def payload(self) -> tuple[str, dict[str, Any]]:
        """Return name and payload of the next event."""
        event = self.next()
        return event.event_name, json.loads(event.payload_json)

    def rest(self) -> list[str]:
        """Return the names of the events that have come up to now."""
        return list(self._names())

    def ended(self) -> Any:
        """Wait for the end of the stream; return its error."""
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive(), "the stream goes on"
        return self.error

    def cancel(self) -> None:
        """Leave."""
        self._call.cancel()
        self._thread.join(DEADLINE)

    def _names(self) -> Iterator[str]:
        while not self._taken.empty():
            yield self._taken.get_nowait().event_name

    def _read(self) -> None:
        try:
            for event in self._call:
                self._react(event)
                self._taken.put(event)
        except grpc.RpcError as error:
            self.error = error
