"""Symbols of the two sides of a change, as they are paired with each other."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Final

from heddle_worker.symbols.outline import Symbol, SymbolKind

_MARK: Final = re.compile(r"(?<=[^:])#\d+(?=::|$)")
_FAMILIES: Final = {
    SymbolKind.FUNCTION: "callable",
    SymbolKind.METHOD: "callable",
    SymbolKind.SIGNATURE: "callable",
    SymbolKind.MACRO: "callable",
    SymbolKind.MODULE: "module",
    SymbolKind.CONSTANT: "constant",
}


@dataclass(slots=True, eq=False)
class Item:
    """A symbol in the one or the other side.

    Attributes:
        pair: number of its pair of files.
        path: its file's.
        symbol: the symbol.
        name, parent: without the marks of overloads.
        simple: its simple name.
        family: what its kind has in common with those it may become.
        around: names of the symbols before and behind it in its file.
        partner: the same symbol in the other side, once it is known.
    """

    pair: int
    path: bytes
    symbol: Symbol
    name: str
    parent: str
    simple: str
    family: str
    around: tuple[str, str]
    partner: Item | None = None


@dataclass(slots=True)
class Sides:
    """The symbols of both sides, in the order of the files and of their sources."""

    old: list[Item] = field(default_factory=list)
    new: list[Item] = field(default_factory=list)


def items_of(
    pair: int, path: bytes, symbols: Sequence[Symbol], wanted: Container[int] | None = None
) -> list[Item]:
    """Return a file's symbols as items.

    Args:
        pair: number of its pair of files.
        path: the file's.
        symbols: all of them.
        wanted: places in them of those that are wanted; `None` for all.
    """
    found = []
    for place, symbol in enumerate(symbols):
        if wanted is not None and place not in wanted:
            continue
        name = without_marks(symbol.name)
        parent, _, simple = name.rpartition("::")
        family = _FAMILIES.get(symbol.kind, "type")
        before = symbols[place - 1].name if place else ""
        behind = symbols[place + 1].name if place + 1 < len(symbols) else ""
        found.append(Item(pair, path, symbol, name, parent, simple, family, (before, behind)))
    return found


def without_marks(name: str) -> str:
    """Return a symbol's name without the marks of overloads, its own and its parents'."""
    return _MARK.sub("", name) if "#" in name else name
