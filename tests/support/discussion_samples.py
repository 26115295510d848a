"""Discussions for tests that care little about what they say."""

from __future__ import annotations

import dataclasses
from typing import Final

from heddle_worker.store.discussions import NewDiscussion, Origin, Turn

STATE: Final = b"\x01" * 20

ORIGIN: Final = Origin(
    state_id=STATE,
    path=b"src/engine.py",
    symbol="Engine::start",
    start_line=3,
    end_line=9,
    language="python",
    kind="method",
    content=b"\x02" * 16,
    meaning=b"\x03" * 16,
    sketch=(1, 2_147_483_648, 4_294_967_295),
)

TURN: Final = Turn("Ada", "ada@example.com", "Why does it start twice?", 1_790_000_000)


def new_discussion(name: str, **changed: object) -> NewDiscussion:
    """Return a discussion with an id of its own; `changed` are fields of its origin."""
    origin = dataclasses.replace(ORIGIN, **changed)  # type: ignore[arg-type]
    return NewDiscussion(name, origin, TURN, thread_ref="", visibility="public")
