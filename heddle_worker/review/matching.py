"""What became of each symbol between two states."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from heddle_worker.review.change import FilePair, Place, SymbolChange
from heddle_worker.review.items import Item, Sides, items_of
from heddle_worker.review.partners import pair_by_name, pair_elsewhere
from heddle_worker.symbols.outline import Outline, OutlineStatus, Symbol

_UNREAD: Final = frozenset(
    {
        OutlineStatus.TOO_LARGE,
        OutlineStatus.TOO_SLOW,
        OutlineStatus.FAILED,
        OutlineStatus.MISSING,
    }
)


def match(pairs: Sequence[FilePair]) -> tuple[SymbolChange, ...]:
    """Return what became of the symbols of the files that differ.

    A symbol that differs in nothing but its lines is not listed, nor is a class for what was done
    to its methods. A copy is an addition. Of a file that could not be read in one of its versions,
    nothing is said.

    Returns:
        File by file in the order of the pairs, each in the order of its source, what was deleted
        last; a symbol that moved to another file is listed in that.
    """
    changes: list[SymbolChange] = []
    for sides in pair_up(pairs):
        found = [each for item in sides.new if (each := _change(item)) is not None]
        changes += _without_holders(found)
        changes += [
            SymbolChange(Place(item.path, item.symbol), None)
            for item in sides.old
            if item.partner is None
        ]
    return tuple(changes)


def pair_up(pairs: Sequence[FilePair]) -> list[Sides]:
    """Return the symbols of each pair of files, each with its partner in whatever file.

    Those that have kept name and bytes in a file that has kept its path are left out.
    """
    files = [_sides(number, pair) for number, pair in enumerate(pairs)]
    for sides in files:
        pair_by_name(sides.old, sides.new)
    everything = Sides(
        [item for sides in files for item in sides.old],
        [item for sides in files for item in sides.new],
    )
    pair_elsewhere(everything)
    return files


def _sides(number: int, pair: FilePair) -> Sides:
    if _is_unread(pair.old) or _is_unread(pair.new):
        return Sides()
    old, new = pair.change.old, pair.change.new
    old_path = old.path if old is not None else pair.change.path
    new_path = new.path if new is not None else pair.change.path
    old_symbols = pair.old.symbols if pair.old is not None else ()
    new_symbols = pair.new.symbols if pair.new is not None else ()
    if old_path != new_path:
        return Sides(
            items_of(number, old_path, old_symbols), items_of(number, new_path, new_symbols)
        )
    # Most symbols of a file that differs do not, and need no further look.
    olds = [(each.name, each.content) for each in old_symbols]
    news = [(each.name, each.content) for each in new_symbols]
    same = set(olds) & set(news)
    return Sides(
        items_of(number, old_path, old_symbols, _without(olds, same)),
        items_of(number, new_path, new_symbols, _without(news, same)),
    )


def _without(keys: Sequence[tuple[str, bytes]], same: set[tuple[str, bytes]]) -> set[int]:
    return {place for place, key in enumerate(keys) if key not in same}


def _is_unread(outline: Outline | None) -> bool:
    return outline is not None and outline.status in _UNREAD


def _change(item: Item) -> SymbolChange | None:
    """Return what became of a symbol of the new side; `None` if nothing did."""
    place = Place(item.path, item.symbol)
    partner = item.partner
    if partner is None:
        return SymbolChange(None, place)
    old, new = partner.symbol, item.symbol
    is_moved = partner.path != item.path or partner.parent != item.parent
    if old.content == new.content and not is_moved:
        return None
    is_renamed = partner.simple != item.simple
    is_edited = _is_edited(old, new)
    # The bytes of a symbol with another name differ by that name at least.
    is_reformatted = not is_renamed and old.content != new.content and old.meaning == new.meaning
    if not (is_moved or is_renamed or is_edited or is_reformatted):
        return None
    return SymbolChange(
        Place(partner.path, old), place, is_moved, is_renamed, is_edited, is_reformatted
    )


def _is_edited(old: Symbol, new: Symbol) -> bool:
    if old.meaning == new.meaning:
        return False
    return old.own != new.own if old.own and new.own else True


def _without_holders(changes: Sequence[SymbolChange]) -> list[SymbolChange]:
    """Leave out what is only reformatted, and that inside something else that is listed."""
    kept: list[SymbolChange] = []
    next_start = sys.maxsize
    for change in reversed(changes):
        symbol = change.place.symbol
        is_only_reformatted = change.is_reformatted and not (change.is_moved or change.is_renamed)
        if not (is_only_reformatted and next_start < symbol.end_byte):
            kept.append(change)
        next_start = symbol.start_byte
    return kept[::-1]


class Succession:
    """What has become of each symbol of the old side, also of those that differ in nothing."""

    def __init__(self, pairs: Sequence[FilePair]) -> None:
        self._pairs = {pair.change.old.path: pair for pair in pairs if pair.change.old is not None}
        self._items = {
            (item.path, item.symbol.name): item for sides in pair_up(pairs) for item in sides.old
        }

    def of(self, path: bytes, name: str) -> Place | None:
        """Return where the symbol of an old file is now; `None` if it is gone."""
        item = self._items.get((path, name))
        if item is not None:
            partner = item.partner
            return None if partner is None else Place(partner.path, partner.symbol)
        pair = self._pairs.get(path)
        if pair is None or pair.new is None or pair.change.new is None:
            return None
        symbol = pair.new.find(name)
        return None if symbol is None else Place(pair.change.new.path, symbol)
