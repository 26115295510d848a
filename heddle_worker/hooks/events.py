"""The events that hooks can be registered for."""

from __future__ import annotations

from typing import Final

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
