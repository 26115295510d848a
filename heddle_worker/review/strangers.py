"""Finding in one state what no history leads to: by its content alone."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from functools import cached_property
from typing import Final

from heddle_worker.repository.diff import FileVersion
from heddle_worker.review.alike import SketchIndex, score
from heddle_worker.review.change import Place
from heddle_worker.review.history import History, Lookups
from heddle_worker.review.items import Item, items_of
from heddle_worker.symbols.outline import Symbol

_MOST_FILES: Final = 2_000
_SEARCHES: Final = 200
"""As many as an index is made for; it bounds the work of each."""
_HASHES: Final = 16


class Strangers:
    """All files of one state, and what they define.

    Args:
        history: of the repository.
        lookups: its answers so far.
        target: raw id of the state.
    """

    def __init__(self, history: History, lookups: Lookups, target: bytes) -> None:
        self._history = history
        self._lookups = lookups
        self._target = target
        self._symbols: dict[bytes, _Symbols] = {}

    def file(self, blob: bytes) -> bytes | None:
        """Return the path of the first file with these contents."""
        return next((each.path for each in self._files if each.blob == blob), None)

    def symbol(
        self, path: bytes, symbol: Symbol, may_be: Callable[[Place], bool] | None = None
    ) -> Place | None:
        """Return the symbol that has the meaning of another, or is most like it.

        Only files whose names end as that of the other's file are looked into, at most 2,000.

        Args:
            path: of the other's file.
            symbol: the other.
            may_be: whether one that is found comes into question; `None` if each does.
        """
        suffix = _suffix(path)
        if suffix not in self._symbols:
            files = [each for each in self._files if _suffix(each.path) == suffix]
            self._symbols[suffix] = _Symbols(files[:_MOST_FILES], self._lookups)
        likely = self._symbols[suffix].like(path, symbol)
        return next((place for place in likely if may_be is None or may_be(place)), None)

    @cached_property
    def _files(self) -> list[FileVersion]:
        return [each for each in self._history.files(self._target) if each.is_regular]


class _Symbols:
    """The symbols of some files."""

    def __init__(self, files: list[FileVersion], lookups: Lookups) -> None:
        self._numbers = {version.path: number for number, version in enumerate(files)}
        self._items = [
            item
            for number, outline in enumerate(lookups.outlines(files))
            for item in items_of(number, files[number].path, outline.symbols)
        ]
        self._index = SketchIndex(self._items, _SEARCHES, _HASHES)

    def like(self, path: bytes, symbol: Symbol) -> list[Place]:
        """Return those that are like one of another state, the most alike first."""
        sought = items_of(self._numbers.get(path, -1), path, [symbol])[0]
        likely = [self._items[number] for number in self._index.candidates(sought)]
        ranked = [(_rank(sought, item), item) for item in likely]
        ranked.sort(key=lambda each: (-each[0], each[1].path, each[1].symbol.start_byte))
        return [Place(item.path, item.symbol) for rank, item in ranked if rank > 0.0]


def _rank(sought: Item, item: Item) -> float:
    """Return how much speaks for an item."""
    is_same = sought.symbol.meaning == item.symbol.meaning and sought.simple == item.simple
    return 2.0 if is_same else score(sought, item)


def _suffix(path: bytes) -> bytes:
    return posixpath.splitext(path)[1]
