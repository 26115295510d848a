"""Up to where hooks and subscribers were told of what the operation log has."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import apsw

from heddle_worker.store import told
from heddle_worker.store.errors import StoreError
from heddle_worker.store.writer import Writer


class Progress:
    """Keeps in the store how far everybody was told of. On the event loop's thread.

    Args:
        writer: of the store.
        say: writes a line to the daemon's log.
    """

    def __init__(self, writer: Writer, say: Callable[[str], None]) -> None:
        self._writer = writer
        self._say = say
        self._open: Counter[int] = Counter()
        self._reached = 0
        self._kept = 0
        self._keeping: asyncio.Future[None] | None = None

    def begin(self, seq: int) -> None:
        """Begin after an entry, as the store has it already."""
        self._open.clear()
        self._reached = self._kept = seq

    def open(self, seq: int) -> None:
        """Note that somebody is being told of an entry."""
        self._open[seq] += 1

    def close(self, seq: int) -> None:
        """Note that everybody was."""
        self._open[seq] -= 1
        if self._open[seq] <= 0:
            del self._open[seq]
        self._keep()

    def reach(self, seq: int) -> None:
        """Note that of all entries up to this one, those that are to be told of were opened."""
        self._reached = max(self._reached, seq)
        self._keep()

    def _keep(self) -> None:
        """Write down how far it has come; while that is being done, the next time waits for it."""
        seq = min(self._open) - 1 if self._open else self._reached
        if seq <= self._kept or self._keeping is not None:
            return
        self._kept = seq

        def work(connection: apsw.Connection) -> None:
            told.note_operations(connection, seq)

        try:
            self._keeping = self._writer.submit_awaited(work)
        except StoreError as error:
            self._say(f"what hooks were told of is not kept: {error}")
        else:
            self._keeping.add_done_callback(self._note_kept)

    def _note_kept(self, keeping: asyncio.Future[None]) -> None:
        self._keeping = None
        if not keeping.cancelled() and (error := keeping.exception()) is not None:
            self._say(f"what hooks were told of is not kept: {error}")
        else:
            self._keep()
