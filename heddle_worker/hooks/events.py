"""The events that hooks can be registered for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

EVENTS: Final = (
    "pre_capture",
    "post_capture",
    "pre_merge",
    "post_merge",
    "on_conflict",
    "pre_thread_create",
    "post_thread_create",
    "pre_push",
    "post_push",
    "on_signal",
)
"""All of them, in the order in which the API documents them."""


def waits(name: str) -> bool:
    """Return whether what an event announces waits for the answers, and a veto stops it."""
    return name.startswith("pre_")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens, or is about to.

    Attributes:
        name: one of `EVENTS`.
        payload: what it tells, as the schema describes it.
        directory: where commands run; `None` for the root of the repository that is served.
        index: the index that git will commit; `None` for the one that it has anyway, or none.
        seq: of the entry of the operation log that it tells of; 0 for none.
    """

    name: str
    payload: dict[str, Any]
    directory: Path | None = None
    index: Path | None = None
    seq: int = 0
