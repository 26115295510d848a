"""Symbols whose bodies are alike, found by the hashes that their sketches share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from heddle_worker.review.items import Item
from heddle_worker.symbols.outline import similarity
from heddle_worker.symbols.sketches import SKETCH_SIZE

_MOST_VISITS: Final = 1_000_000
"""Of entries of the index, in one search; it takes about 0.1 µs each."""
_MOST_HOLDERS: Final = 48
"""A hash that more symbols have than this says nothing about any of them."""
_MOST_COMPARED: Final = 8
_MOST_NAMESAKES: Final = 16
_LEAST_LIKENESS: Final = 0.25
_LEAST_SKETCH: Final = 6
_LEAST_SKETCH_ELSEWHERE: Final = 10
_LEAST_SKETCH_NAMELESS: Final = 18
_LONG_SKETCH: Final = 26
_LONGER_SKETCH: Final = 40


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two symbols that may be one, and how much speaks for it."""

    score: float
    old: Item
    new: Item


def find_alike(old: Sequence[Item], new: Sequence[Item]) -> list[Likeness]:
    """Return who may be whom, the likeliest first; bounded, whatever is given."""
    if not old or not new:
        return []
    index = SketchIndex(old, len(new))
    found: list[tuple[float, int, int, int]] = []
    for number, item in enumerate(new):
        for candidate in index.candidates(item):
            speaking = score(old[candidate], item)
            if speaking > 0.0:
                found.append((-speaking, abs(candidate - number), candidate, number))
    found.sort()
    return [Likeness(-negative, old[one], new[other]) for negative, _, one, other in found]


class SketchIndex:
    """Finds those that are worth comparing with.

    Args:
        items: among which it finds.
        searches: how many there will be; the more, the fewer entries each may visit.
        hashes: of each sketch that are looked at; with fewer, the index is smaller, and two that
            are not very much alike may not meet.
    """

    def __init__(self, items: Sequence[Item], searches: int, hashes: int = SKETCH_SIZE) -> None:
        self._by_hash: dict[int, list[int]] = defaultdict(list)
        self._by_name: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._items = items
        for number, item in enumerate(items):
            self._by_name[item.family, item.simple].append(number)
            for value in item.symbol.sketch[:hashes]:
                self._by_hash[value].append(number)
        self._hashes = hashes
        per_search = _MOST_VISITS // (searches * hashes)
        self._most_holders = max(2, min(_MOST_HOLDERS, per_search))

    def candidates(self, item: Item) -> Iterable[int]:
        """Return the numbers of those to compare with: who shares most, and who has the name."""
        shared: Counter[int] = Counter()
        skipped = 0
        sketch = item.symbol.sketch[: self._hashes]
        for value in sketch:
            holders = self._by_hash.get(value)
            if holders is None:
                continue
            if len(holders) <= self._most_holders:
                shared.update(holders)
            else:
                skipped += 1
        best = sorted(shared.items(), key=lambda entry: (-entry[1], entry[0]))
        # No two sketches are more alike than the part of the larger one that they share.
        chosen = dict.fromkeys(
            number
            for number, count in best[:_MOST_COMPARED]
            if count + skipped >= _LEAST_LIKENESS * max(len(sketch), self._size(number))
        )
        namesakes = self._by_name.get((item.family, item.simple), [])[:_MOST_NAMESAKES]
        chosen |= dict.fromkeys(namesakes)
        return [number for number in chosen if self._items[number].family == item.family]

    def _size(self, number: int) -> int:
        return min(self._items[number].symbol.sketch_size, self._hashes)


def score(old: Item, new: Item) -> float:
    """Return how much speaks for two being one; 0 if it is too little."""
    likeness = similarity(old.symbol.sketch, new.symbol.sketch)
    size = min(old.symbol.sketch_size, new.symbol.sketch_size)
    same_file = old.pair == new.pair
    same_name = old.simple == new.simple
    least, least_size = _elsewhere(old, new, size) if not same_file else _in_file(old, new)
    if likeness < least or size < least_size:
        return 0.0
    same_parent = same_file and old.parent == new.parent
    same_place = same_parent and old.around == new.around
    return likeness + 0.2 * same_name + 0.1 * same_file + 0.05 * same_parent + 0.1 * same_place


def _in_file(old: Item, new: Item) -> tuple[float, int]:
    """Return the least likeness and the least size of a sketch that say something."""
    same_parent = old.parent == new.parent
    if same_parent and old.around == new.around:
        return _LEAST_LIKENESS, _LEAST_SKETCH
    if old.simple == new.simple:
        return 0.3, 0
    return (0.4, _LEAST_SKETCH) if same_parent else (0.5, _LEAST_SKETCH_ELSEWHERE)


def _elsewhere(old: Item, new: Item, size: int) -> tuple[float, int]:
    """Return the same for two files."""
    if old.simple == new.simple and _holder(old) == _holder(new):
        return 0.35 if size >= _LONG_SKETCH else 0.5, _LEAST_SKETCH_ELSEWHERE
    if old.simple == new.simple:
        # Any class may have a `get`.
        return 0.5 if size >= _LONG_SKETCH else 0.65, _LEAST_SKETCH_ELSEWHERE
    return 0.65 if size >= _LONGER_SKETCH else 0.75, _LEAST_SKETCH_NAMELESS


def _holder(item: Item) -> str:
    return item.parent.rpartition("::")[2]
