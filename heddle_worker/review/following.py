"""Following one symbol along a way through history, from one state to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from heddle_worker.repository.diff import FileChange, FileStatus
from heddle_worker.review.change import Place
from heddle_worker.review.history import History, Lookups, forget_oldest
from heddle_worker.review.items import without_marks
from heddle_worker.review.matching import Succession
from heddle_worker.review.routes import Routes

_MOST_STEPS: Final = 2_000
_MOST_FILES: Final = 2_000
_MOST_FILES_IN_ALL: Final = 20_000
"""Files of changes that are looked through for one symbol, wherever it may have got."""
_MOST_STATES_ASIDE: Final = 2_000
_DEEPEST_ASIDE: Final = 3
_KEPT_SUCCESSIONS: Final = 32
_KEPT_IN_FILE: Final = 200


class TooFarError(Exception):
    """Following a symbol would take more steps than are taken."""


@dataclass(frozen=True, slots=True)
class Trace:
    """How far a symbol was followed.

    Attributes:
        place: where it is, or was last.
        lost_after: raw id of the last state with it; `None` if it is there at the end of the way.
    """

    place: Place
    lost_after: bytes | None = None


class Follower:
    """Follows symbols and files through the states of a history."""

    def __init__(self, history: History, lookups: Lookups) -> None:
        self._history = history
        self._lookups = lookups
        self._changes: dict[tuple[bytes, bytes], tuple[FileChange, ...]] = {}
        self._successions: dict[tuple[bytes, bytes, bytes], Succession] = {}
        self._in_file: dict[tuple[bytes, bytes, bytes, bytes], Succession] = {}
        self._steps_left = 0
        self._files_left = 0

    def follow(self, place: Place, way: Sequence[bytes]) -> Trace:
        """Follow a symbol from the first state of a way to the last.

        Stretches at whose two ends the symbol is the same, byte by byte, are not looked into.

        Raises:
            TooFarError: it changes too often for that.
            RepositoryError: a state on the way cannot be read.
        """
        self._steps_left = _MOST_STEPS
        self._files_left = _MOST_FILES_IN_ALL
        return self._along(place, way, 0)

    def origin(self, path: bytes, start: bytes, end: bytes) -> bytes | None:
        """Return the path that a file had in another state; `None` if there was none."""
        for change in self._changes_between(start, end):
            if change.new is not None and change.new.path == path:
                return change.old.path if change.old is not None else None
        return path

    def follow_file(self, path: bytes, way: Sequence[bytes]) -> tuple[bytes, bytes | None]:
        """Follow a file from the first state of a way to the last.

        Returns:
            Its path, and the last state with it if it is not there in the end.
        """
        start = 0
        while self._lookups.file_at(way[-1], path) is None:
            # The last that has it, and the first thereafter that has not.
            low, high = start, len(way) - 1
            while high - low > 1:
                middle = (low + high) // 2
                if self._lookups.file_at(way[middle], path) is None:
                    high = middle
                else:
                    low = middle
            renamed = self.renamed(path, way[low], way[high])
            if renamed is None:
                return path, way[low]
            path, start = renamed, high
        return path, None

    def renamed(self, path: bytes, start: bytes, end: bytes) -> bytes | None:
        """Return the path that a file has got from one state to another, if it was renamed."""
        for change in self._changes_between(start, end):
            is_it = change.old is not None and change.old.path == path
            if is_it and change.new is not None and change.status is FileStatus.RENAMED:
                return change.new.path
        return None

    def kept_in_file(self, place: Place, start: bytes, end: bytes) -> Place | None:
        """Return the symbol if it has kept its name in the file, or in the file's new place."""
        old = self._lookups.file_at(start, place.path)
        new = self._lookups.file_at(end, place.path)
        if old is None:
            return None
        if new is None:
            renamed = self.renamed(place.path, start, end)
            new = None if renamed is None else self._lookups.file_at(end, renamed)
        if new is None:
            return None
        key = (old.path, old.blob, new.path, new.blob)
        if key not in self._in_file:
            change = FileChange(FileStatus.MODIFIED, old, new, 0, 0, False, ())
            self._in_file[key] = Succession(self._lookups.pairs([change]))
            forget_oldest(self._in_file, _KEPT_IN_FILE)
        found = self._in_file[key].of(place.path, place.symbol.name)
        if found is None:
            return None
        same_name = without_marks(found.symbol.name) == without_marks(place.symbol.name)
        return found if same_name else None

    def _along(self, place: Place, way: Sequence[bytes], depth: int) -> Trace:
        # Stretches that are still to be gone, the next at the end.
        stretches = [(0, len(way) - 1)]
        while stretches:
            start, end = stretches.pop()
            same = self._unchanged(place, way[end])
            if same is not None:
                place = same
            elif end - start > 1:
                middle = (start + end) // 2
                stretches += [(middle, end), (start, middle)]
            elif end > start:
                next_place = self._step(place, way[start], way[end], depth)
                if next_place is None:
                    return Trace(place, way[start])
                place = next_place
        return Trace(place)

    def _unchanged(self, place: Place, state: bytes) -> Place | None:
        there = self._lookups.symbol_at(state, place.path, place.symbol.name)
        return there if there and there.symbol.content == place.symbol.content else None

    def _step(self, place: Place, start: bytes, end: bytes, depth: int) -> Place | None:
        self._steps_left -= 1
        if self._steps_left < 0:
            raise TooFarError
        return (
            self.kept_in_file(place, start, end)
            or self._aside(place, start, end, depth)
            or self._anywhere(place, start, end)
        )

    def _aside(self, place: Place, start: bytes, end: bytes, depth: int) -> Place | None:
        """Return where a merge has got the symbol from its other parents, state by state."""
        parents = self._history.parents(end)
        if depth >= _DEEPEST_ASIDE or len(parents) < 2 or start not in parents:  # noqa: PLR2004 - a merge
            return None
        for parent in parents:
            base = self._history.merge_base(start, parent) if parent != start else None
            there = self._unchanged(place, base) if base is not None else None
            if base is None or there is None:
                continue
            way = Routes(self._history, parent, _MOST_STATES_ASIDE).down_from(base)
            if way is None:
                continue
            trace = self._along(there, way, depth + 1)
            if trace.lost_after is None:
                merged = self.kept_in_file(trace.place, parent, end)
                if merged is not None:
                    return merged
        return None

    def _anywhere(self, place: Place, start: bytes, end: bytes) -> Place | None:
        """Return the symbol wherever it has got, under whatever name."""
        changes = self._changes_between(start, end)
        # What was looked at for others must not decide on what is found for this one.
        self._files_left -= min(len(changes), _MOST_FILES)
        if self._files_left < 0:
            raise TooFarError
        first = place.path if len(changes) >= _MOST_FILES else b""
        key = (start, end, first)
        if key not in self._successions:
            listed = self._with_first(changes, first, start, end) if first else changes
            self._successions[key] = Succession(self._lookups.pairs(listed))
            forget_oldest(self._successions, _KEPT_SUCCESSIONS)
        return self._successions[key].of(place.path, place.symbol.name)

    def _with_first(
        self, changes: Sequence[FileChange], path: bytes, start: bytes, end: bytes
    ) -> list[FileChange]:
        """Return as many as are looked through, the one of a file among them if it differs."""
        listed = sorted(changes, key=lambda change: _old_path(change) != path)[: _MOST_FILES - 1]
        if listed and _old_path(listed[0]) != path:
            old, new = (self._lookups.file_at(state, path) for state in (start, end))
            listed.append(FileChange(FileStatus.MODIFIED, old, new, 0, 0, False, ()))
        return listed

    def _changes_between(self, start: bytes, end: bytes) -> tuple[FileChange, ...]:
        key = (start, end)
        if key not in self._changes:
            self._changes[key] = self._history.diff(start, end).files
            forget_oldest(self._changes, _KEPT_SUCCESSIONS)
        return self._changes[key]


def _old_path(change: FileChange) -> bytes:
    return change.old.path if change.old is not None else b""
