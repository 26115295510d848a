"""Tells of the signals of each new state, while anybody wants to know."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from heddle_worker.failures import ConfigurationError
from heddle_worker.hooks.events import Event
from heddle_worker.hooks.hub import HookHub
from heddle_worker.hooks.resuming import follow_on
from heddle_worker.repository.errors import RepositoryError
from heddle_worker.store import told
from heddle_worker.store.readers import Readers
from heddle_worker.store.writer import Writer
from heddle_worker.watching.branch_moves import BranchMoves

NAMES: Final = frozenset({"on_signal"})

_INCOMPLETE_SECONDS: Final = 2.0
_MOST_LOOKS: Final = 6
"""How often a state is looked at whose signals need more of the repository than was read yet."""


class SignalTeller:
    """Finds the kinds of signals that each new state has. On the event loop's thread.

    Args:
        moves: finds the new states.
        kinds_of: returns the kinds of the signals of a state's raw id, each once, and whether
            there may be more when it is asked again; may block.
        hub: is told of the events.
        writer, readers: of the store.
        say: writes a line to the daemon's log.

    Attributes:
        names: of the events that it tells of.
        follows: set while it misses nothing.
    """

    def __init__(
        self,
        moves: BranchMoves,
        kinds_of: Callable[[bytes], tuple[Sequence[str], bool]],
        hub: HookHub,
        writer: Writer,
        readers: Readers,
        say: Callable[[str], None],
    ) -> None:
        self.names = NAMES
        self.follows = asyncio.Event()
        self._moves = moves
        self._kinds_of = kinds_of
        self._hub = hub
        self._writer = writer
        self._readers = readers
        self._say = say
        # States whose signals are not all known, and how often they were looked at.
        self._incomplete: Counter[bytes] = Counter()

    async def run(self) -> None:
        """Tell of signals, until cancelled."""
        await follow_on(
            self, self._hub, lambda error: self._say(f"cannot tell hooks of signals: {error}")
        )

    async def follow(self) -> None:
        """Tell while anybody listens."""
        with self._moves.heard():
            tips = await asyncio.to_thread(self._begin)
            unwanted = asyncio.ensure_future(self._hub.until_heard(NAMES, wanted=False))
            self.follows.set()
            try:
                while not unwanted.done():
                    tips = await self._tell(tips)
                    await self._wait(unwanted)
            finally:
                self.follows.clear()
                unwanted.cancel()
        self._incomplete.clear()
        await self.forget()

    async def forget(self) -> None:
        """Begin anew, the next time, with what happens from then on."""
        await self._writer.submit_awaited(told.end_tips)

    def _begin(self) -> Mapping[str, bytes]:
        """Return where the branches were up to which everybody was told."""
        with self._readers.snapshot() as connection:
            before = told.tips(connection)
        if before is not None:
            return before
        now = self._moves.tips()
        self._writer.submit(partial(told.begin_tips, branches=now)).result()
        return now

    async def _wait(self, unwanted: asyncio.Task[None]) -> None:
        """Wait until there may be something to tell of, or nobody wants it any longer."""
        moved = asyncio.ensure_future(self._moves.wait())
        waiting: set[asyncio.Future[Any]] = {moved, unwanted}
        seconds = _INCOMPLETE_SECONDS if self._incomplete else None
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            moved.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await moved

    async def _tell(self, before: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """Tell of what is new since the branches were where they were before."""
        moves = await self._moves.since(before)
        new = [state for state, _branches in moves.states]
        for state in dict.fromkeys([*self._incomplete, *new]):
            try:
                await self._tell_of(state)
            except (RepositoryError, ConfigurationError, MemoryError) as error:
                self._incomplete.pop(state, None)
                self._say(f"cannot tell hooks of the signals of {state.hex()}: {error}")
        if moves.tips != before:
            await self._writer.submit_awaited(
                partial(told.move_tips, before=before, now=moves.tips)
            )
        return moves.tips

    async def _tell_of(self, state: bytes) -> None:
        kinds, may_get_more = await asyncio.to_thread(self._fresh_kinds, state)
        payloads = ({"state_id": state.hex(), "signal_kind": kind} for kind in kinds)
        events = [Event("on_signal", payload) for payload in payloads]
        await asyncio.gather(*(self._hub.tell(event) for event in events))
        if kinds:
            await self._writer.submit_awaited(partial(told.note_signals, state=state, kinds=kinds))
        self._incomplete[state] += 1
        if not may_get_more or self._incomplete[state] >= _MOST_LOOKS:
            del self._incomplete[state]

    def _fresh_kinds(self, state: bytes) -> tuple[list[str], bool]:
        """Return the kinds of a state's signals of which nobody was told; see `kinds_of`."""
        kinds, may_get_more = self._kinds_of(state)
        with self._readers.snapshot() as connection:
            known = told.signals(connection, state)
        return [kind for kind in kinds if kind not in known], may_get_more
