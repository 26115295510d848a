"""Which symbol of one side is which of the other: pairs, one to one, found in falling certainty.

First come the same names in the same file; then the same meaning at another place; then bodies that
are alike. Whenever two symbols are paired that have other symbols in them, those are paired by name
as well. Nothing is compared with everything: candidates come from indexes, by meaning, by name and
by the hashes of sketches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Final

from heddle_worker.review.alike import Likeness, find_alike
from heddle_worker.review.items import Item, Sides
from heddle_worker.symbols.outline import similarity

_DISTINCTIVE_IN_FILE: Final = 6
_DISTINCTIVE: Final = 10
"""Pairs of tokens from which on the same meaning under another name is no chance."""
_COMPARABLE_OVERLOADS: Final = 400


def pair_by_name(old: Sequence[Item], new: Sequence[Item]) -> None:
    """Pair the symbols of two versions of one file that have the same name."""
    olds, news = _by_name(old), _by_name(new)
    for name, items in news.items():
        same = olds.get(name)
        if same is None:
            continue
        if len(same) == len(items) == 1:
            _join(same[0], items[0])
        else:
            _pair_overloads(same, items)


def pair_elsewhere(sides: Sides) -> None:
    """Pair what no name has paired, with whatever file it is in now."""
    left = Sides(_unpaired(sides.old), _unpaired(sides.new))
    if not left.old or not left.new:
        return
    children = _Children(left)
    for key in _SAME_MEANING:
        for old, new in _zip_by(key, left):
            _join(old, new)
            children.follow(old, new)
    for is_wanted in (_holds_others, _any):
        old_items = [item for item in _unpaired(left.old) if is_wanted(item)]
        new_items = [item for item in _unpaired(left.new) if is_wanted(item)]
        for likeness in find_alike(old_items, new_items):
            _join_alike(likeness, children)


def _join_alike(likeness: Likeness, children: _Children) -> None:
    if likeness.old.partner is None and likeness.new.partner is None:
        _join(likeness.old, likeness.new)
        children.follow(likeness.old, likeness.new)


class _Children:
    """What is unpaired, by the symbol that it is in."""

    def __init__(self, left: Sides) -> None:
        self._old = _by_parent(left.old)
        self._new = _by_parent(left.new)

    def follow(self, old: Item, new: Item) -> None:
        """Pair by name what is in two symbols that were just paired, at any depth."""
        waiting = [(old, new)]
        while waiting:
            outer_old, outer_new = waiting.pop()
            inner_old = self._old.get((outer_old.pair, outer_old.name))
            inner_new = self._new.get((outer_new.pair, outer_new.name))
            if not inner_old or not inner_new:
                continue
            by_name: dict[tuple[str, str], list[Item]] = defaultdict(list)
            for item in _unpaired(inner_old):
                by_name[item.family, item.simple].append(item)
            same: dict[tuple[str, str], list[Item]] = defaultdict(list)
            for item in _unpaired(inner_new):
                # A constructor is called as its class.
                simple = outer_old.simple if item.simple == outer_new.simple else item.simple
                same[item.family, simple].append(item)
            for key, items in same.items():
                _pair_overloads(by_name.get(key, []), items)
                waiting += [(each.partner, each) for each in items if each.partner is not None]


def _by_name(items: Iterable[Item]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.name, []).append(item)
    return found


def _by_parent(items: Iterable[Item]) -> dict[tuple[int, str], list[Item]]:
    found: dict[tuple[int, str], list[Item]] = defaultdict(list)
    for item in items:
        if item.parent:
            found[item.pair, item.parent].append(item)
    return found


def _pair_overloads(old: Sequence[Item], new: Sequence[Item]) -> None:
    """Pair symbols of one name: by what they are as far as that tells them apart, then in order."""
    if len(old) > 1 or len(new) > 1:
        _pair_equal(old, new, lambda item: item.symbol.content)
        _pair_equal(old, new, lambda item: item.symbol.meaning)
        old, new = _unpaired(old), _unpaired(new)
        if len(old) * len(new) <= _COMPARABLE_OVERLOADS and (len(old) > 1 or len(new) > 1):
            _pair_most_similar(old, new)
        _pair_equal(old, new, lambda item: item.family)
    for one, other in zip(_unpaired(old), _unpaired(new), strict=False):
        _join(one, other)


def _pair_equal(old: Sequence[Item], new: Sequence[Item], key: Callable[[Item], Hashable]) -> None:
    for one, other in _zip_by(key, Sides(_unpaired(old), _unpaired(new))):
        _join(one, other)


def _pair_most_similar(old: Sequence[Item], new: Sequence[Item]) -> None:
    ranked = sorted(
        (-similarity(one.symbol.sketch, other.symbol.sketch), abs(i - j), i, j)
        for i, one in enumerate(old)
        for j, other in enumerate(new)
        if one.family == other.family
    )
    for unlike, _, i, j in ranked:
        if unlike < 0 and old[i].partner is None and new[j].partner is None:
            _join(old[i], new[j])


def _zip_by(key: Callable[[Item], Hashable | None], sides: Sides) -> list[tuple[Item, Item]]:
    """Return pairs of what has the same key, each side in its order; `None` is no key."""
    waiting: dict[Hashable, list[Item]] = defaultdict(list)
    for item in reversed(sides.old):
        if item.partner is None and (value := key(item)) is not None:
            waiting[value].append(item)
    found = []
    for item in sides.new:
        if item.partner is None and (value := key(item)) is not None:
            same = waiting.get(value)
            if same:
                found.append((same.pop(), item))
    return found


def _same_name_and_parent(item: Item) -> Hashable:
    return item.family, item.symbol.meaning, item.name


def _same_name(item: Item) -> Hashable | None:
    # `__init__(self): pass` of one class is not that of another.
    if item.parent and item.symbol.sketch_size < _DISTINCTIVE_IN_FILE:
        return None
    return item.family, item.symbol.meaning, item.simple


def _same_shell(item: Item) -> Hashable | None:
    """Return what a class keeps when its methods are others."""
    if not item.symbol.own or item.symbol.own == item.symbol.meaning:
        return None
    return item.family, item.symbol.own, item.simple


def _same_parent(item: Item) -> Hashable:
    return item.family, item.symbol.meaning, item.pair, item.parent


def _same_file(item: Item) -> Hashable | None:
    if item.symbol.sketch_size < _DISTINCTIVE_IN_FILE:
        return None
    return item.family, item.symbol.meaning, item.pair


def _anywhere(item: Item) -> Hashable | None:
    if item.symbol.sketch_size < _DISTINCTIVE:
        return None
    return item.family, item.symbol.meaning


_SAME_MEANING: Final = (
    _same_name_and_parent,
    _same_name,
    _same_shell,
    _same_parent,
    _same_file,
    _anywhere,
)


def _holds_others(item: Item) -> bool:
    return item.family in ("type", "module")


def _any(_item: Item) -> bool:
    return True


def _unpaired(items: Iterable[Item]) -> list[Item]:
    return [item for item in items if item.partner is None]


def _join(old: Item, new: Item) -> None:
    old.partner, new.partner = new, old
