"""Where the discussions are in one state: as in a view, except for those that are elsewhere."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import apsw

from heddle_worker.store import discussions, placements
from heddle_worker.store.placements import Listed, Placement, View

NO_VIEW: Final = 0
"""Id of a view that is not in the store, since there is nothing to be in it."""

_LOOKED_UP: Final = 8
"""Symbols of one file that are looked up one by one; of more, all of the file is read."""


@dataclass(frozen=True, slots=True)
class Placing:
    """Where the discussions are in one state: as in a view, except for those that are elsewhere.

    Attributes:
        view: the view.
        elsewhere: the placements of those that were placed anew, by their numbers.
        by_place: the same by file and symbol.
    """

    view: View
    elsewhere: dict[int, Placement]
    by_place: dict[tuple[bytes, str], list[Placement]]

    @classmethod
    def made(cls, view: View, placed_anew: Iterable[Placement] = ()) -> Placing:
        """Return where discussions are that a view has, and some that were placed anew."""
        elsewhere = {placement.discussion: placement for placement in placed_anew}
        by_place: dict[tuple[bytes, str], list[Placement]] = {}
        for placement in elsewhere.values():
            by_place.setdefault((placement.path, placement.symbol), []).append(placement)
        return cls(view, elsewhere, by_place)

    def is_true(self, connection: apsw.Connection) -> bool:
        """Return whether nothing has happened to the view since."""
        if self.view.id == NO_VIEW:
            return discussions.newest(connection) == self.view.newest
        return placements.view_of(connection, self.view.worktree) == self.view

    def at(
        self, connection: apsw.Connection, path: bytes, symbol: str, after: int = 0
    ) -> Iterator[Listed]:
        """Yield what is at a symbol, in the order of opening, from a number on."""
        rows = placements.listed_at(connection, self.view, path, symbol, after)
        return self._merged(connection, rows, self.by_place.get((path, symbol), ()), after)

    def at_any(
        self, connection: apsw.Connection, places: Collection[tuple[bytes, str]]
    ) -> list[Listed]:
        """Return what is at any of some symbols, in the order of opening."""
        if self.view.id == NO_VIEW and not self.elsewhere:
            return []
        wanted: dict[bytes, set[str]] = {}
        for path, symbol in places:
            wanted.setdefault(path, set()).add(symbol)
        found: list[Listed] = []
        for path, symbols in wanted.items():
            if len(symbols) > _LOOKED_UP:
                rows = placements.listed_in(connection, self.view, path)
                found += (row for row in rows if row.placement.symbol in symbols)
            else:
                for symbol in symbols:
                    found += placements.listed_at(connection, self.view, path, symbol)
        moved = [one for place in {*places} for one in self.by_place.get(place, ())]
        found.sort(key=_number)
        return list(self._merged(connection, found, moved, 0))

    def everywhere(self, connection: apsw.Connection, after: int = 0) -> Iterator[Listed]:
        """Yield all discussions, in the order of opening, from a number on."""
        rows = placements.listed(connection, self.view, after)
        return self._merged(connection, rows, self.elsewhere.values(), after)

    def of(self, connection: apsw.Connection, numbers: Iterable[int]) -> dict[int, Placement]:
        """Return where some discussions are, by their numbers."""
        wanted = list(numbers)
        moved = {number: self.elsewhere[number] for number in wanted if number in self.elsewhere}
        return placements.of(connection, self.view, wanted) | moved

    def _merged(
        self,
        connection: apsw.Connection,
        rows: Iterable[Listed],
        placed_anew: Iterable[Placement],
        after: int,
    ) -> Iterator[Listed]:
        staying = (row for row in rows if row.placement.discussion not in self.elsewhere)
        later = [placement for placement in placed_anew if placement.discussion > after]
        moved = placements.as_listed(connection, later)
        return heapq.merge(staying, moved, key=_number)


def _number(listed: Listed) -> int:
    return listed.placement.discussion
