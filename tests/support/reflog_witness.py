"""A witness who reads what git wrote down, as the operation log does, without a store."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from pathlib import Path

from heddle_worker.repository.entries import Activity, Entry
from heddle_worker.repository.pairing import Unpaired
from heddle_worker.repository.reflog_lines import pair_key
from heddle_worker.repository.reflogs import LogCursor, Memory, ReflogReader, Step
from heddle_worker.repository.repository import Repository

NOW = 2_000_000_000


class Witness:
    """Reads again and again, and remembers in between what readers are told to remember."""

    def __init__(self, root: Path) -> None:
        self.reader = ReflogReader(Repository.open(root), lambda: NOW)
        self.told: list[Activity] = []
        self._is_empty = True
        self._cursors: dict[bytes, LogCursor] = {}
        self._refs: dict[bytes, bytes] = {}
        self._lines: set[bytes] = set()
        self._heads: dict[bytes, deque[int]] = {}
        self._branches: dict[bytes, deque[int]] = {}

    def news(self, steps: int | None = None, size: int = 1_000) -> list[Activity]:
        """Return what happened since the last time; stop after so many steps of a size."""
        told_before = len(self.told)
        batch = self.reader.read(
            Memory(
                is_empty=self._is_empty,
                positions=self._cursors,
                refs=self._refs,
                unpaired=Unpaired(self._heads, self._branches),
                known=lambda ids: self._lines & set(ids),
            )
        )
        for step in list(batch.steps(size))[:steps]:
            self._remember(step)
        if steps is None:
            self.reader.done(batch)
        return self.told[told_before:]

    def _remember(self, step: Step) -> None:
        self._is_empty = False
        for entry in step.entries:
            self._remember_entry(entry)
        self._cursors.update((cursor.key, cursor) for cursor in step.cursors)
        for key in step.gone_logs:
            del self._cursors[key]
        self._refs.update(step.unnoticed_refs)

    def _remember_entry(self, entry: Entry) -> None:
        self.told.extend(entry.activities)
        self._lines.update(place.line_id for place in entry.places)
        for name, target in entry.refs:
            if target is None:
                self._refs.pop(name, None)
            else:
                self._refs[name] = target
        if entry.pairing and entry.activities:
            waiting = self._heads if entry.of_head else self._branches
            waiting.setdefault(pair_key(entry.pairing), deque()).append(len(self.told))


def verbs(activities: Iterable[Activity]) -> list[tuple[str, str]]:
    """Return verb and thread of each."""
    return [(one.verb.value, one.thread) for one in activities]
