"""Finding in one state what came from a state that is gone: by its content alone."""

from __future__ import annotations

import posixpath
from functools import cached_property
from typing import Final

from heddle_worker.repository.diff import FileVersion
from heddle_worker.review.alike import SketchIndex, score
from heddle_worker.review.anchor import Anchor
from heddle_worker.review.change import Place
from heddle_worker.review.history import History, Lookups
from heddle_worker.review.items import Item, items_of
from heddle_worker.symbols.outline import Symbol

_MOST_FILES: Final = 2_000
_SEARCHES: Final = 200
"""As many as an index is made for; it bounds the work of each."""


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

    def symbol(self, anchor: Anchor) -> Place | None:
        """Return the symbol that has the meaning of an anchor's, or is most like it.

        Only files whose names end as that of the anchor's file are looked into, at most 2,000,
        those of the same name first.
        """
        suffix = _suffix(anchor.path)
        if suffix not in self._symbols:
            name = posixpath.basename(anchor.path)
            files = [each for each in self._files if _suffix(each.path) == suffix]
            files.sort(key=lambda each: (posixpath.basename(each.path) != name, each.path))
            self._symbols[suffix] = _Symbols(files[:_MOST_FILES], self._lookups)
        return self._symbols[suffix].find(anchor)

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
        self._index = SketchIndex(self._items, _SEARCHES)

    def find(self, anchor: Anchor) -> Place | None:
        sought = _item(anchor, self._numbers.get(anchor.path, -1))
        likely = [self._items[number] for number in self._index.candidates(sought)]
        ranked = sorted(
            (_rank(sought, item) for item in likely),
            key=lambda ranked: (-ranked[0], ranked[1].path, ranked[1].symbol.start_byte),
        )
        if not ranked or ranked[0][0] <= 0.0:
            return None
        best = ranked[0][1]
        return Place(best.path, best.symbol)


def _rank(sought: Item, item: Item) -> tuple[float, Item]:
    """Return how much speaks for an item."""
    is_same = sought.symbol.meaning == item.symbol.meaning and sought.simple == item.simple
    return (2.0 if is_same else score(sought, item)), item


def _item(anchor: Anchor, number: int) -> Item:
    if anchor.kind is None:
        raise ValueError("a file as a whole is no symbol")
    symbol = Symbol(
        name=anchor.symbol,
        kind=anchor.kind,
        start_line=anchor.start_line,
        end_line=anchor.end_line,
        start_byte=0,
        end_byte=0,
        content=anchor.content,
        meaning=anchor.meaning,
        sketch=anchor.sketch,
        calls=(),
        is_test=False,
    )
    return items_of(number, anchor.path, [symbol])[0]


def _suffix(path: bytes) -> bytes:
    return posixpath.splitext(path)[1]
