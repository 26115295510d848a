"""Finding in one state what is not there as it was: by history, else by name, else by content."""

from __future__ import annotations

from collections.abc import Sequence

from heddle_worker.repository.errors import RepositoryError
from heddle_worker.review.anchor import Anchor, Placement, orphan, placed, placed_file
from heddle_worker.review.change import Place
from heddle_worker.review.following import Follower, TooFarError
from heddle_worker.review.history import History, Lookups
from heddle_worker.review.routes import Routes, route
from heddle_worker.review.strangers import Strangers


class Search:
    """Finds anchors in one state.

    Args:
        history: of the repository.
        lookups: its answers so far.
        target: raw id of the state.
    """

    def __init__(self, history: History, lookups: Lookups, target: bytes) -> None:
        self._history = history
        self._lookups = lookups
        self._target = target
        self._follower = Follower(history, lookups)
        self._routes = Routes(history, target)
        self._ways: dict[bytes, Sequence[bytes] | None] = {}
        self._strangers = Strangers(history, lookups, target)

    def find(self, anchor: Anchor, is_present: bool) -> tuple[Placement, bool]:
        """Return where an anchor is, and whether all of history was there to say so.

        Args:
            anchor: what is sought.
            is_present: whether the state that it is from is still there.

        Raises:
            RepositoryError: the target cannot be read.
        """
        find = self._file if anchor.is_file else self._symbol
        try:
            return find(anchor, is_present), True
        except RepositoryError:
            # A part of history is missing: what the target has must do.
            return find(anchor, False), False

    def _symbol(self, anchor: Anchor, is_present: bool) -> Placement:
        start = None
        if is_present:
            start = self._lookups.symbol_at(anchor.state, anchor.path, anchor.symbol)
        if start is None:
            found = self._by_name(anchor.path, anchor.symbol) or self._strangers.symbol(
                anchor.path, anchor.as_symbol()
            )
            last = anchor.path, anchor.symbol
        else:
            found, seen = self._follow(start, anchor.state)
            last = seen.path, seen.symbol.name
        found = found or self._by_name(anchor.path, anchor.symbol)
        return placed(anchor, found) if found is not None else orphan(anchor, *last)

    def _follow(self, start: Place, state: bytes) -> tuple[Place | None, Place]:
        """Return where a symbol of a state is, if it is, and where it was last."""
        way = self._way(state)
        try:
            trace = None if way is None else self._follower.follow(start, way)
        except TooFarError:
            trace = None
        if trace is None:
            place, last_state = start, state
            found = self._follower.kept_in_file(start, state, self._target)
        elif trace.lost_after is None:
            return trace.place, trace.place
        else:
            place, last_state = trace.place, trace.lost_after
            found = self._by_name(place.path, place.symbol.name)
        return found or self._as_stranger(place, last_state), place

    def _as_stranger(self, place: Place, state: bytes) -> Place | None:
        """Return what is like a symbol of a state, and was not there itself in that state."""

        def is_new(found: Place) -> bool:
            name = found.symbol.name
            if self._lookups.file_at(state, found.path) is None:
                path = self._follower.origin(found.path, state, self._target)
            else:
                path = found.path
            return not path or self._lookups.symbol_at(state, path, name) is None

        return self._strangers.symbol(place.path, place.symbol, is_new)

    def _file(self, anchor: Anchor, is_present: bool) -> Placement:
        path = anchor.path
        if is_present:
            way = self._way(anchor.state) or (anchor.state, self._target)
            path, lost_after = self._follower.follow_file(path, way)
            if lost_after is not None:
                path = self._follower.renamed(path, lost_after, self._target) or path
        for known in (path, anchor.path):
            version = self._lookups.file_at(self._target, known)
            if version is not None:
                return placed_file(anchor, known, version.blob)
        same = self._strangers.file(anchor.content)
        if same is not None:
            return placed_file(anchor, same, anchor.content)
        return orphan(anchor, path, anchor.symbol)

    def _by_name(self, path: bytes, name: str) -> Place | None:
        return self._lookups.symbol_at(self._target, path, name)

    def _way(self, state: bytes) -> Sequence[bytes] | None:
        if state not in self._ways:
            self._ways[state] = route(self._history, self._routes, state, self._target)
        return self._ways[state]
