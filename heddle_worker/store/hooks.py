"""Registered hooks: one for each name, in the order of their first registration."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import apsw

_PUT: Final = """
INSERT INTO hooks (name, command, events, timeout_ms, seal) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (name) DO UPDATE SET command = ?2, events = ?3, timeout_ms = ?4, seal = ?5
"""


@dataclass(frozen=True, slots=True)
class RegisteredHook:
    """A command that is run when something happens.

    Attributes:
        name: the name under which it was registered.
        command: what to run.
        events: names of the events that it is for; empty for all.
        timeout_ms: how long it may take, in milliseconds.
        seal: what shows that this user has registered it; the store does not look at it.
    """

    name: str
    command: str
    events: tuple[str, ...]
    timeout_ms: int
    seal: bytes = b""


def put(connection: apsw.Connection, hook: RegisteredHook) -> None:
    """Register a hook in place of the one with its name, if there is one."""
    events = json.dumps(hook.events)
    connection.execute(_PUT, (hook.name, hook.command, events, hook.timeout_ms, hook.seal))


def remove(connection: apsw.Connection, name: str) -> bool:
    """Remove a hook; return whether there was one with that name."""
    connection.execute("DELETE FROM hooks WHERE name = ?", (name,))
    return connection.changes() > 0


def count(connection: apsw.Connection) -> int:
    """Return how many hooks there are."""
    return int(connection.execute("SELECT count(*) FROM hooks").get)


def all_hooks(connection: apsw.Connection) -> list[RegisteredHook]:
    """Return the hooks in the order of their registration."""
    rows = connection.execute(
        "SELECT name, command, events, timeout_ms, seal FROM hooks ORDER BY position"
    )
    return [
        RegisteredHook(name, command, tuple(json.loads(events)), timeout_ms, seal)
        for name, command, events, timeout_ms, seal in rows
    ]
