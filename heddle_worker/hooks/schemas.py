"""What each event carries and what may be answered, as JSON Schemas (draft 2020-12)."""

from __future__ import annotations

import json
from typing import Any, Final

from heddle_worker.hooks.events import EVENTS
from heddle_worker.limits import MAX_EXTRA_SIGNALS

VERSION: Final = 1
"""Of all schemas; raised when what a property means changes."""

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_STATE: Final = {
    "type": "string",
    "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$",
    "description": "The id of a commit, in hexadecimal digits.",
}
_THREAD: Final = {"type": "string", "description": "The branch; empty when HEAD is detached."}
_WORKTREE: Final = {"type": "string", "description": "The worktree's root."}
_ABORT: Final = {"type": "string", "description": "Why it must not happen; empty agrees."}
_LINE: Final = {"type": "integer", "minimum": 0}
_SIGNAL: Final = {
    "type": "object",
    "required": ["kind"],
    "properties": {
        "kind": {
            "type": "string",
            "pattern": "^[A-Za-z][A-Za-z0-9_.:/-]{0,63}$",
            "description": "A name of the hook's own; none of those that heddle itself raises.",
        },
        "file": {"type": "string", "description": "Without it, the whole change is meant."},
        "symbol": {"type": "string"},
        "start_line": _LINE,
        "end_line": _LINE,
        "reason": {"type": "string", "description": "One line; 200 characters are kept."},
    },
}
_PUSHED: Final = {
    "type": "object",
    "properties": {
        "local_ref": {"type": "string"},
        "local_id": _STATE,
        "remote_ref": {"type": "string"},
        "remote_id": _STATE,
    },
}

_PAYLOADS: Final[dict[str, dict[str, Any]]] = {
    "pre_capture": {
        "thread": _THREAD,
        "intent": {"type": "string", "description": "The message that the commit will have."},
        "worktree": _WORKTREE,
    },
    "post_capture": {"state_id": _STATE, "thread": _THREAD},
    "pre_merge": {
        "source": {"type": "string", "description": "What is merged, as it was named."},
        "target": {"type": "string", "description": "The branch that it is merged into."},
        "source_ids": {"type": "array", "items": _STATE},
        "worktree": _WORKTREE,
    },
    "post_merge": {"state_id": _STATE, "thread": _THREAD},
    "on_conflict": {
        "conflicts": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"path": {"type": "string", "description": "As git quotes it."}},
            },
        },
        "thread": _THREAD,
        "worktree": _WORKTREE,
    },
    "pre_thread_create": {
        "name": {"type": "string", "description": "The branch, without refs/heads/."},
        "state_id": _STATE,
    },
    "post_thread_create": {"name": {"type": "string"}, "state_id": _STATE},
    "pre_push": {
        "remote": {"type": "string", "description": "Its name, or its URL when it has none."},
        "url": {"type": "string"},
        "refs": {"type": "array", "items": _PUSHED},
    },
    "post_push": {
        "remote": {"type": "string"},
        "refs": {"type": "array", "items": {"type": "string"}},
    },
    "on_signal": {"state_id": _STATE, "signal_kind": {"type": "string", "minLength": 1}},
}

_RESPONSES: Final[dict[str, dict[str, Any]]] = {
    "pre_capture": {
        "extra_signals": {
            "type": "array",
            "description": "Signals to attach to the commit.",
            "maxItems": MAX_EXTRA_SIGNALS,
            "items": _SIGNAL,
        },
        "abort": _ABORT,
    },
    "pre_merge": {"abort": _ABORT},
    "pre_thread_create": {"abort": _ABORT},
    "pre_push": {"abort": _ABORT},
    "on_conflict": {
        "veto": {
            "type": "object",
            "properties": {
                "reason": {"type": "string", "description": "Empty for no veto."},
                "discussion_id": {"type": "string"},
            },
        }
    },
}

_ZERO: Final = "0" * 40
_SAMPLES: Final[dict[str, dict[str, Any]]] = {
    "pre_capture": {"thread": "main", "intent": "a test event"},
    "post_capture": {"state_id": _ZERO, "thread": "main"},
    "pre_merge": {"source": "feature", "target": "main", "source_ids": [_ZERO]},
    "post_merge": {"state_id": _ZERO, "thread": "main"},
    "on_conflict": {"conflicts": [{"path": "a/file"}], "thread": "main"},
    "pre_thread_create": {"name": "feature", "state_id": _ZERO},
    "post_thread_create": {"name": "feature", "state_id": _ZERO},
    "pre_push": {"remote": "origin", "url": "", "refs": []},
    "post_push": {"remote": "origin", "refs": ["main"]},
    "on_signal": {"state_id": _ZERO, "signal_kind": "novelty"},
}


def payload_schema(event: str) -> str:
    """Return the schema of an event's payload, as JSON."""
    return _schema(f"What {event} tells.", _PAYLOADS[event])


def response_schema(event: str) -> str:
    """Return the schema of what may be answered to an event, as JSON."""
    return _schema(f"What may be answered to {event}.", _RESPONSES.get(event, {}))


def sample(event: str) -> str:
    """Return a payload that is made up, as JSON."""
    return json.dumps(_SAMPLES[event])


def _schema(description: str, properties: dict[str, Any]) -> str:
    return json.dumps(
        {
            "$schema": _DIALECT,
            "description": description,
            "type": "object",
            "properties": properties,
        }
    )


assert set(_PAYLOADS) == set(_SAMPLES) == set(EVENTS)  # noqa: S101 - no event is half described
