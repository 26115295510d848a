"""What those who are asked say, and what becomes of it."""

from __future__ import annotations

import enum
import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

SUBSCRIBER: Final = "subscriber"
"""The author of what a subscriber says."""

MOST_REASON: Final = 4_096
"""Characters of a reason; what is beyond is cut off."""

_MOST_LINE: Final = 500
_MOST_SIGNALS: Final = 256
_ESCAPES: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])"
)


Signals: TypeAlias = tuple[dict[str, Any], ...]
"""Signals as hooks give them: objects, of which only the kind is looked at."""


class Outcome(enum.StrEnum):
    """What came of asking one hook or subscriber."""

    PASSED = "passed"
    VETOED = "vetoed"
    FAILED = "failed"
    TIMED_OUT = "timed_out"


class BadResponseError(ValueError):
    """A response is not what the schema says; the text is one line for people."""


@dataclass(frozen=True, slots=True)
class Response:
    """What was answered.

    Attributes:
        abort: why it must not happen; empty agrees.
        extra_signals: to be attached to the state.
    """

    abort: str = ""
    extra_signals: Signals = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What one of those who were asked has said.

    Attributes:
        author: a registered hook's name, or `SUBSCRIBER`.
        event: that it was asked about.
        outcome: see `Outcome`.
        detail: why it vetoed or failed, for people.
        seconds: how long it took.
        extra_signals: to be attached to the state.
    """

    author: str
    event: str
    outcome: Outcome
    detail: str = ""
    seconds: float = 0.0
    extra_signals: Signals = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of an event.

    Attributes:
        vetoed: it must not happen.
        reason, author: of the first veto.
        answers: those that came up to then: of the hooks in their order, then of the subscribers.
        extra_signals: of all answers; empty when it was vetoed.
    """

    vetoed: bool = False
    reason: str = ""
    author: str = ""
    answers: tuple[Answer, ...] = ()
    extra_signals: Signals = ()


def parse_response(text: str | bytes) -> Response:
    """Return what a response says; nothing but blanks agrees.

    Raises:
        BadResponseError: it is no JSON, or not of the right shape.
    """
    if not text.strip():
        return Response()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise BadResponseError("the response is not valid JSON") from None
    if not isinstance(value, dict):
        raise BadResponseError("the response is not a JSON object")
    return Response(_abort(value), parse_signals(value.get("extra_signals", [])))


def parse_signals(value: object) -> Signals:
    """Return extra signals, checked.

    Raises:
        BadResponseError: they are not a list of objects of a sensible length.
    """
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise BadResponseError("extra_signals is not a list of objects")
    if len(value) > _MOST_SIGNALS:
        raise BadResponseError(f"extra_signals has more than {_MOST_SIGNALS} entries")
    return tuple(value)


def cleaned(text: str) -> str:
    """Return a text for people as lines without any other control character.

    Whole escape sequences go, and so does what changes the direction of writing.
    """
    lines = (_clean_line(line) for line in _ESCAPES.sub("", text).splitlines())
    result = "\n".join(lines).strip()
    return result if len(result) <= MOST_REASON else result[:MOST_REASON] + "…"


def one_line(text: str) -> str:
    """Return a text for people as one line of a sensible length."""
    line = " ".join(cleaned(text).split())
    return line if len(line) <= _MOST_LINE else line[:_MOST_LINE] + "…"


def _abort(value: dict[str, Any]) -> str:
    abort, veto = value.get("abort", ""), value.get("veto", {})
    if abort is None:
        abort = ""
    if not isinstance(abort, str):
        raise BadResponseError("abort is not a text")
    if veto is None:
        veto = {}
    if not isinstance(veto, dict) or not isinstance(veto.get("reason", ""), str):
        raise BadResponseError("veto is not an object with a reason")
    return abort or str(veto.get("reason", ""))


def _clean_line(line: str) -> str:
    # Cc: control characters; Cf: among others what reverses the direction of writing.
    kept = (" " if one == "\t" else one for one in line)
    return "".join(one for one in kept if unicodedata.category(one) not in ("Cc", "Cf", "Cs"))
