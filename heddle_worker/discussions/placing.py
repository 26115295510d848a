"""Where the discussions are: at the HEAD of each worktree by a table, elsewhere by the difference.

Between two states only discussions of files that differ can be somewhere else. So a HEAD that
moves costs what its change touches, and any other state what differs between it and a HEAD. Those
whose symbol is gone are looked for where there is something that was not there before.
"""

from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import apsw

from heddle_worker.discussions.heads import Head, Heads
from heddle_worker.discussions.placed import Placer, where_opened
from heddle_worker.repository.errors import RepositoryError
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.states import States
from heddle_worker.repository.touched import touched_paths
from heddle_worker.store import discussions, placements
from heddle_worker.store.discussions import Origin
from heddle_worker.store.placements import Listed, Placement, View
from heddle_worker.store.readers import Readers
from heddle_worker.store.writer import Writer

_AT_ONCE: Final = 2_000
_KEPT_STATES: Final = 16
_MOST_KEPT: Final = 10_000
"""Placements for one state that are kept in memory, some 3 MB."""


@dataclass(frozen=True, slots=True)
class Placing:
    """Where the discussions are in one state: as in a view, except for those that are elsewhere.

    Attributes:
        view: the view.
        elsewhere: the placements of those that were placed anew, by their numbers.
    """

    view: View
    elsewhere: dict[int, Placement]

    def at(self, connection: apsw.Connection, path: bytes, symbol: str) -> list[Listed]:
        """Return what is at a symbol, in the order of opening."""
        here = [
            placement
            for placement in self.elsewhere.values()
            if placement.path == path and placement.symbol == symbol
        ]
        return self._merged(
            connection, placements.listed_at(connection, self.view, path, symbol), here
        )

    def everywhere(self, connection: apsw.Connection) -> list[Listed]:
        """Return all discussions, in the order of opening."""
        rows = placements.listed(connection, self.view)
        return self._merged(connection, rows, self.elsewhere.values())

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
    ) -> list[Listed]:
        staying = [row for row in rows if row.placement.discussion not in self.elsewhere]
        moved = placements.as_listed(connection, placed_anew)
        return sorted([*staying, *moved], key=lambda listed: listed.placement.discussion)


class Placings:
    """Finds where the discussions are in a state. Its methods block.

    Args:
        repository: whose states they are.
        states: its states.
        heads: of its worktrees.
        placer: finds symbols again.
        writer, readers: of the store.
    """

    def __init__(
        self,
        repository: Repository,
        states: States,
        heads: Heads,
        placer: Placer,
        writer: Writer,
        readers: Readers,
    ) -> None:
        self._repository = repository
        self._states = states
        self._heads = heads
        self._placer = placer
        self._writer = writer
        self._readers = readers
        self._advancing = threading.Lock()
        self._kept: OrderedDict[tuple[bytes, View], Placing] = OrderedDict()
        self._keeping = threading.Lock()

    def at_head(self, head: Head) -> View:
        """Return the view of a worktree, brought to what is checked out there.

        Raises:
            StoreError: the table cannot be read, or has to be changed and cannot be.
        """
        view = self._current(head)
        if view is not None:
            return view
        with self._advancing:
            while (view := self._current(head)) is None:
                self._advance(head)
            return view

    def in_state(self, state_id: bytes, head: Head) -> Placing:
        """Return where the discussions are in a state that exists, seen from a worktree.

        Raises:
            StoreError: as for `at_head`.
        """
        view = self.at_head(head)
        if state_id == view.state_id:
            return Placing(view, {})
        key = (state_id, view)
        with self._keeping:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
        _newest, placed = self._placed_anew(view, state_id)
        placing = Placing(view, {placement.discussion: placement for placement in placed})
        if len(placed) <= _MOST_KEPT:
            with self._keeping:
                self._kept[key] = placing
                if len(self._kept) > _KEPT_STATES:
                    self._kept.popitem(last=False)
        return placing

    def _current(self, head: Head) -> View | None:
        """Return a worktree's view if there is nothing to be done to it."""
        with self._readers.snapshot() as connection:
            view = placements.view_of(connection, head.worktree)
            if view is None or view.state_id != head.state_id:
                return None
            return view if view.newest >= discussions.newest(connection) else None

    def _advance(self, head: Head) -> None:
        """Take a view to what is checked out, unless somebody else changes it meanwhile."""
        with self._readers.snapshot() as connection:
            view = placements.view_of(connection, head.worktree)
        if view is None:
            present = self._heads.worktrees()

            def make(connection: apsw.Connection) -> View:
                placements.forget_views(connection, present)
                return placements.open_view(connection, head.worktree)

            view = self._writer.submit(make).result()
        newest, placed = self._placed_anew(view, head.state_id)

        def work(connection: apsw.Connection) -> None:
            placements.move_on(connection, view, head.state_id, newest, placed)

        self._writer.submit(work).result()

    def _placed_anew(self, view: View, state_id: bytes) -> tuple[int, list[Placement]]:
        """Return what differs from a view in a state, and the newest number that is placed."""
        if not state_id:
            return self._all_orphaned(view)
        touched = touched_paths(self._repository, view.state_id, state_id)
        with self._readers.snapshot() as connection:
            work = _work(connection, view, touched)
        fresh, moving = set(work.fresh), work.moving
        if work.orphaned and touched:
            may_be_there = self._placer.arrivals(touched, view.state_id, state_id)
            fresh.update(
                number
                for number, origin in self._origins(work.orphaned)
                if may_be_there(origin, work.orphaned[number])
            )
        if moving and not self._leads_to(view.state_id, state_id):
            fresh.update(moving)
            moving = {}
        placed: list[Placement] = []
        for some in self._batches(fresh):
            placed += self._placer.place(some, state_id)
        for some in self._batches(moving):
            before = {number: moving[number] for number in some}
            placed += self._placer.advance(some, before, view.state_id, state_id)
        return work.newest, placed

    def _origins(self, numbers: Collection[int]) -> Iterator[tuple[int, Origin]]:
        for some in self._batches(numbers):
            yield from some.items()

    def _batches(self, numbers: Collection[int]) -> Iterator[dict[int, Origin]]:
        """Yield what discussions are about, of so many at a time that memory does not matter."""
        ordered = sorted(numbers)
        for start in range(0, len(ordered), _AT_ONCE):
            with self._readers.snapshot() as connection:
                origins = discussions.origins(connection, ordered[start : start + _AT_ONCE])
            yield origins

    def _leads_to(self, older: bytes, newer: bytes) -> bool:
        try:
            return self._states.is_ancestor(older, newer)
        except RepositoryError:
            return False

    def _all_orphaned(self, view: View) -> tuple[int, list[Placement]]:
        """Return the same for a branch without commits, in which nothing is."""
        with self._readers.snapshot() as connection:
            newest = discussions.newest(connection)
            before = [listed.placement for listed in placements.listed(connection, view)]
            fresh = placements.unplaced(connection, view.newest)
        before += [where_opened(number, origin) for number, origin in self._origins(fresh)]
        return newest, [_orphaned(placement) for placement in before]


def _orphaned(placement: Placement) -> Placement:
    return dataclasses.replace(
        placement, start_line=0, end_line=0, is_changed=True, is_orphaned=True
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """What has to be looked at to get from a view to a state.

    Attributes:
        newest: number of the newest discussion.
        fresh: numbers of those that have no place that could be gone out from.
        moving: those in files that differ, or opened there, with their places in the view.
        orphaned: those that are gone in the view, with their last places.
    """

    newest: int
    fresh: Collection[int]
    moving: dict[int, Placement]
    orphaned: dict[int, Placement]


def _work(connection: apsw.Connection, view: View, touched: frozenset[bytes] | None) -> _Work:
    """Find out what has to be looked at; `touched` are the paths that differ, if it is known."""
    fresh = placements.unplaced(connection, view.newest)
    moving: dict[int, Placement] = {}
    orphaned: dict[int, Placement] = {}
    if touched is None:
        fresh += placements.numbers(connection, view)
    elif touched:
        orphaned = placements.orphaned(connection, view)
        there = placements.numbers_in(connection, view, touched).difference(orphaned)
        moving = placements.of(connection, view, sorted(there))
    return _Work(discussions.newest(connection), fresh, moving, orphaned)
