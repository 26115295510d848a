"""A subscriber to hook events that keeps what it was told and answers as a test says."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import jsonschema
from hook_client import HookClient
from waiting import wait_until

from heddle_api.v1 import hook_pb2


class HookSubscriber:
    """Listens to every event of one daemon.

    Attributes:
        objections: by event, the reason with which it is vetoed.
    """

    def __init__(self, client: HookClient) -> None:
        self.objections: dict[str, str] = {}
        self._client = client
        self._events: list[tuple[str, dict[str, Any]]] = []
        schemas = client.hooks.GetHookEventSchema(hook_pb2.GetHookEventSchemaRequest()).schemas
        self._schemas = {one.event_name: json.loads(one.payload_schema_json) for one in schemas}
        self._subscription = client.subscribe(react=self._answer)

    def close(self) -> None:
        """Listen no more."""
        self._subscription.cancel()

    def names(self) -> list[str]:
        """Return the names of the events so far."""
        return [name for name, _payload in self._events]

    def heard(self, *names: str) -> list[dict[str, Any]]:
        """Wait for as many events as there are names, and require that these are they.

        Returns:
            Their payloads, each valid by the published schema of its event; they are forgotten.
        """
        wait_until(lambda: len(self._events) >= len(names), f"{names} came; {self._events} did")
        assert self.names() == list(names), self._events
        for name, payload in self._events:
            jsonschema.Draft202012Validator(self._schemas[name]).validate(payload)
        payloads = [payload for _name, payload in self._events]
        self._events.clear()
        return payloads

    def _answer(self, event: hook_pb2.HookEvent) -> None:
        self._events.append((event.event_name, json.loads(event.payload_json)))
        self._client.respond(event.hook_event_id, self.objections.get(event.event_name, ""))


@contextlib.contextmanager
def subscribed(socket_path: Path) -> Iterator[HookSubscriber]:
    """Subscribe to the daemon at a socket while the block runs."""
    with grpc.insecure_channel(f"unix:{socket_path}") as channel:
        subscriber = HookSubscriber(HookClient(channel))
        try:
            yield subscriber
        finally:
            subscriber.close()
