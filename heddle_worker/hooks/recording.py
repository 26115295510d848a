"""What became of events, as the operation log tells it."""

from __future__ import annotations

import asyncio
import enum
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

import apsw

from heddle_worker.hooks.answers import Decision, Outcome
from heddle_worker.hooks.events import Event
from heddle_worker.hooks.plain_text import one_line
from heddle_worker.hooks.signal_parsing import Signals
from heddle_worker.principal import Principals
from heddle_worker.store import operations
from heddle_worker.store.errors import StoreError
from heddle_worker.store.operations import NewOperation
from heddle_worker.store.writer import Writer

_DELAY_SECONDS: Final = 0.05
_MOST_KINDS: Final = 64


class HookVerb(enum.StrEnum):
    """What the operation log calls what became of an event."""

    RUN = "hook.run"
    """Everybody agreed."""
    VETO = "hook.veto"
    FAILURE = "hook.failure"
    """Somebody failed or was late, and it went on all the same."""
    EXTRA_SIGNALS = "hook.extra_signals"
    """Hooks have attached signals to a state."""


class Recorder:
    """Writes to the operation log, after a moment: whoever waits for a decision comes first.

    On the event loop's thread, unless said otherwise.

    Args:
        writer: of the store.
        principals: tell who acts.
        say: writes a line to the daemon's log.
    """

    def __init__(self, writer: Writer, principals: Principals, say: Callable[[str], None]) -> None:
        self._writer = writer
        self._principals = principals
        self._say = say
        self._waiting: list[NewOperation] = []

    def decision(self, event: Event, decision: Decision) -> None:
        """Note what became of an event."""
        verb, told = _told(decision)
        state = event.payload.get("state_id", "")
        self._append(
            verb=verb,
            thread=_thread(event.payload),
            change_id=bytes.fromhex(state) if isinstance(state, str) and _is_hex(state) else b"",
            detail=f"{event.name}: {told}",
        )

    def attachment(self, state_id: bytes, thread: str, signals: Signals) -> NewOperation:
        """Return the entry that tells of the signals which hooks have attached to a state.

        On any thread. Its place in the log is that of the signals themselves.
        """
        kinds = tuple(dict.fromkeys(one.kind for one in signals))[:_MOST_KINDS]
        authors = ", ".join(dict.fromkeys(one.module for one in signals))
        return self._operation(
            verb=HookVerb.EXTRA_SIGNALS,
            thread=thread,
            change_id=state_id,
            detail=one_line(f"{len(signals)} from {authors}"),
            signal_kinds=kinds,
        )

    def flush(self) -> None:
        """Write what is waiting to be written."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []

        def work(connection: apsw.Connection) -> None:
            operations.append(connection, waiting)

        try:
            self._writer.submit(work).add_done_callback(self._check)
        except StoreError as error:
            self._say(f"what became of an event is not in the log: {error}")

    def _append(self, **fields: Any) -> None:  # noqa: ANN401 - those of `NewOperation`
        if not self._waiting:
            asyncio.get_running_loop().call_later(_DELAY_SECONDS, self.flush)
        self._waiting.append(self._operation(**fields))

    def _operation(self, **fields: Any) -> NewOperation:  # noqa: ANN401 - likewise
        return NewOperation(
            timestamp_secs=int(time.time()),
            actor_email=self._principals.current().email,
            **fields,
        )

    def _check(self, written: Future[None]) -> None:
        if not written.cancelled() and (error := written.exception()) is not None:
            self._say(f"what became of an event is not in the log: {error}")


def _told(decision: Decision) -> tuple[HookVerb, str]:
    """Return the verb, and the text for people."""
    if decision.vetoed:
        return HookVerb.VETO, one_line(f"vetoed by {decision.author}: {decision.reason}")
    failed = [
        answer
        for answer in decision.answers
        if answer.outcome in (Outcome.FAILED, Outcome.TIMED_OUT)
    ]
    if failed:
        texts = (f"{one.author} {one.outcome.replace('_', ' ')}: {one.detail}" for one in failed)
        return HookVerb.FAILURE, one_line("; ".join(texts))
    objections = [one for one in decision.answers if one.outcome is Outcome.VETOED]
    if objections:
        texts = (f"{one.author} objects: {one.detail}" for one in objections)
        return HookVerb.RUN, one_line("; ".join(texts))
    names = dict.fromkeys(answer.author for answer in decision.answers)
    return HookVerb.RUN, one_line(f"passed by {', '.join(names)}")


def _thread(payload: dict[str, Any]) -> str:
    for key in ("thread", "name", "target"):
        value = payload.get(key)
        if isinstance(value, str):
            return value
    return ""


def _is_hex(text: str) -> bool:
    return len(text) in (40, 64) and all(one in "0123456789abcdef" for one in text)
