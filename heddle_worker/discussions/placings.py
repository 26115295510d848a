"""Where the discussions are: at the HEAD of each worktree by a table, elsewhere by the difference.

Between two states only discussions of files that differ can be somewhere else. So a HEAD that
moves costs what its change touches, and any other state what differs between it and a HEAD. Those
whose symbol is gone are looked for where there is something that was not there before.
"""

from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import apsw

from heddle_worker.discussions.heads import Head, Heads
from heddle_worker.discussions.placed import Placer, where_opened
from heddle_worker.discussions.placing import NO_VIEW, Placing
from heddle_worker.repository.errors import RepositoryError
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.states import States
from heddle_worker.repository.touched import touched_paths
from heddle_worker.store import discussions, placements
from heddle_worker.store.discussions import Origin
from heddle_worker.store.errors import StoreBusyError, StoreFullError, StoreReadOnlyError
from heddle_worker.store.placements import Placement, View
from heddle_worker.store.readers import Readers
from heddle_worker.store.writer import Writer

_UNWRITABLE: Final = (StoreFullError, StoreReadOnlyError, StoreBusyError)
_AT_ONCE: Final = 2_000
_KEPT_STATES: Final = 16
_MOST_KEPT: Final = 50_000
"""Placements that are kept in memory for all these states together, some 15 MB."""


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

        A store that cannot be written is no obstacle: the table is only there for speed.

        Raises:
            StoreError: the table cannot be read.
        """
        try:
            view = self.at_head(head)
        except _UNWRITABLE:
            return self._worked_out(state_id, head)
        if state_id == view.state_id or view.id == NO_VIEW:
            return Placing.made(view)
        key = (state_id, view)
        with self._keeping:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
        _newest, placed = self._placed_anew(view, state_id)
        placing = Placing.made(view, placed)
        with self._keeping:
            self._keep(key, placing)
        return placing

    def _worked_out(self, state_id: bytes, head: Head) -> Placing:
        """Return where the discussions are, from what the table has, and leave the table alone."""
        with self._readers.snapshot() as connection:
            view = placements.view_of(connection, head.worktree)
        if view is not None:
            return Placing.made(view, self._placed_anew(view, state_id)[1])
        none = View(NO_VIEW, head.worktree, self._placer.version, b"", 0, 0)
        newest, placed = self._placed_anew(none, state_id)
        return Placing.made(dataclasses.replace(none, newest=newest), placed)

    def _keep(self, key: tuple[bytes, View], placing: Placing) -> None:
        self._kept[key] = placing
        while (
            len(self._kept) > _KEPT_STATES
            or sum(len(kept.elsewhere) for kept in self._kept.values()) > _MOST_KEPT
        ):
            self._kept.popitem(last=False)

    def _current(self, head: Head) -> View | None:
        """Return a worktree's view if there is nothing to be done to it."""
        with self._readers.snapshot() as connection:
            newest = discussions.newest(connection)
            if not newest:
                # Nothing needs to be written for those who have no discussions.
                return View(NO_VIEW, head.worktree, self._placer.version, head.state_id, 0, 0)
            view = placements.view_of(connection, head.worktree)
            if view is None or not self._is_known(view) or view.state_id != head.state_id:
                return None
            return view if view.newest >= newest else None

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
        after = dataclasses.replace(
            view, version=self._placer.version, state_id=head.state_id, newest=newest
        )
        self._writer.submit(
            lambda connection: placements.move_on(connection, view, after, placed)
        ).result()

    def _is_known(self, view: View) -> bool:
        """Return whether the places of a view are what would be found out today."""
        return view.version == self._placer.version

    def _placed_anew(self, view: View, state_id: bytes) -> tuple[int, list[Placement]]:
        """Return what differs from a view in a state, and the newest number that is placed."""
        if not state_id:
            return self._all_orphaned(view)
        known = view.state_id if self._is_known(view) else b""
        touched = touched_paths(self._repository, known, state_id)
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
            places = {number: moving[number] for number in some}
            placed += self._placer.advance(some, places, view.state_id, state_id)
        before = work.moving | work.orphaned
        return work.newest, [one for one in placed if one != before.get(one.discussion)]

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
