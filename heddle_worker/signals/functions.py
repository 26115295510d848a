"""The functions of a change that may behave otherwise than before."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final, NamedTuple

from heddle_worker.review.change import Change, FilePair, Place
from heddle_worker.symbols.outline import Symbol

_MOST: Final = 2_000


class ChangedFunction(NamedTuple):
    """A function that was added or edited.

    Attributes:
        place: where it is.
        before: what it was; `None` for one that was added.
        file: the file that it is in.
    """

    place: Place
    before: Symbol | None
    file: FilePair


def changed_functions(change: Change) -> Iterator[ChangedFunction]:
    """Yield the functions that were added or edited, in their order: the first 2,000 of them."""
    return itertools.islice(_changed(change), _MOST)


def _changed(change: Change) -> Iterator[ChangedFunction]:
    files = {pair.change.path: pair for pair in change.pairs}
    for each in change.symbols:
        if each.new is not None and each.new.symbol.kind.is_callable and each.changes_meaning:
            before = None if each.old is None else each.old.symbol
            yield ChangedFunction(each.new, before, files[each.new.path])


def are_nested(one: str, other: str) -> bool:
    """Return whether of two names in one file, one is the other, or lies in it."""
    return one == other or one.startswith(f"{other}::") or other.startswith(f"{one}::")
