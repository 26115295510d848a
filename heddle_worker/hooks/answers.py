"""What those who are asked say, and what becomes of it."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from typing import Any, Final

from heddle_worker.hooks.plain_text import cleaned
from heddle_worker.hooks.signal_parsing import BadResponseError, Signals, parse_signals

SUBSCRIBER: Final = "subscriber"
"""The author of what a subscriber says."""


class Outcome(enum.StrEnum):
    """What came of asking one hook or subscriber."""

    PASSED = "passed"
    VETOED = "vetoed"
    FAILED = "failed"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True)
class Response:
    """What a command or a subscriber answers.

    Attributes:
        reason: why it must not happen, as it can be shown to people; empty agrees.
        extra_signals: to be attached to the state.
    """

    reason: str = ""
    extra_signals: Signals = ()

    @classmethod
    def of(cls, abort: str, extra_signals: Signals = ()) -> Response:
        """Return the response with an `abort` as it was sent."""
        return cls(cleaned(abort), extra_signals)

    @property
    def outcome(self) -> Outcome:
        """What came of asking for it."""
        return Outcome.VETOED if self.reason else Outcome.PASSED


@dataclass(frozen=True, slots=True)
class Answer:
    """What one of those who were asked has said.

    Attributes:
        author: a registered hook's name, or `SUBSCRIBER`.
        event: that it was asked about.
        outcome: see `Outcome`.
        detail: the reason of a veto, or why it failed, for people.
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
    """

    vetoed: bool = False
    reason: str = ""
    author: str = ""
    answers: tuple[Answer, ...] = ()


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
    return Response.of(_abort(value), parse_signals(value.get("extra_signals", [])))


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
