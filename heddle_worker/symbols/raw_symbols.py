"""Symbols as a parser process makes and sends them: bare tuples, of which there are many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

RawSymbol: TypeAlias = tuple[
    str, str, int, int, int, int, bytes, bytes, bytes, tuple[str, ...], bool, bytes
]
"""The fields of a `Symbol` in their order, its kind as text."""


def numbered(symbols: Iterable[RawSymbol]) -> Iterator[RawSymbol]:
    """Yield symbols in their order, the second one of a name with the mark `#2`, and so on."""
    taken: dict[str, int] = {}
    for symbol in symbols:
        name = symbol[0]
        taken[name] = number = taken.get(name, 0) + 1
        yield symbol if number == 1 else (f"{name}#{number}", *symbol[1:])


def moved(symbols: Iterable[RawSymbol], lines: int, places: int) -> Iterator[RawSymbol]:
    """Yield symbols so many lines and bytes further down."""
    for symbol in symbols:
        name, kind, first, last, start, end = symbol[:6]
        yield (name, kind, first + lines, last + lines, start + places, end + places, *symbol[6:])
