"""What is known about one version of one file: its symbols, as frozen values."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final, NamedTuple

from heddle_worker.symbols.sketches import HASH_BYTES, SKETCH_SIZE, unpacked

OUTLINE_VERSION: Final = 1
"""Raised whenever the outline of the same bytes changes; part of every cache's key."""


class SymbolKind(enum.Enum):
    """What a symbol is, in words that all languages share."""

    FUNCTION = "function"
    METHOD = "method"
    SIGNATURE = "signature"
    MACRO = "macro"
    CLASS = "class"
    STRUCT = "struct"
    UNION = "union"
    INTERFACE = "interface"
    TRAIT = "trait"
    ENUM = "enum"
    TYPE = "type"
    MODULE = "module"
    CONSTANT = "constant"

    @property
    def is_callable(self) -> bool:
        """Whether it has a body that runs when it is called."""
        return self in _CALLABLE


_CALLABLE: Final = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD})


class OutlineStatus(enum.Enum):
    """How much of a file could be read."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    """There are syntax errors; the symbols are those around them."""
    UNKNOWN_LANGUAGE = "unknown_language"
    BINARY = "binary"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    FAILED = "failed"
    """The parser died of it."""
    MISSING = "missing"
    """The object is not in the repository."""


class Symbol(NamedTuple):
    """One symbol of one version of a file.

    Attributes:
        name: its parents' names and its own, joined by `::`. The second one of a name in a file
            ends in `#2`, the third in `#3`, in the order of the source.
        kind: what it is.
        start_line, end_line: counted from 1, both inclusive.
        start_byte, end_byte: in the file's bytes; the end is exclusive. Decorators, attributes and
            the like belong to the symbol, the comment above it does not.
        content: digest (16 bytes) of exactly these bytes.
        meaning: digest (16 bytes) of what a compiler would see of them: without comments and
            layout, and with its own simple name replaced by a fixed word wherever it stands.
        packed_sketch: its `sketch`, packed: few symbols are ever compared by it.
        calls: simple names of what its body calls, sorted, each once; empty for what has no body.
        is_test: a test by its name, its decorators or attributes.
        own: digest (16 bytes) of what `meaning` is made of, without what lies inside the symbols
            nested in it: a class keeps it when a method of it is edited, added or put elsewhere.
            Empty when it is not known.
    """

    name: str
    kind: SymbolKind
    start_line: int
    end_line: int
    start_byte: int
    end_byte: int
    content: bytes
    meaning: bytes
    packed_sketch: bytes
    calls: tuple[str, ...]
    is_test: bool
    own: bytes = b""

    @property
    def sketch(self) -> tuple[int, ...]:
        """The smallest 32-bit hashes of its pairs of neighbouring tokens, without comments.

        They are ascending, and at most 64. Two sketches estimate how similar the two bodies are.
        """
        return unpacked(self.packed_sketch)

    @property
    def sketch_size(self) -> int:
        """How many hashes its sketch has."""
        return len(self.packed_sketch) // HASH_BYTES

    @property
    def simple_name(self) -> str:
        """Its own name, without its parents' and without the mark of an overload."""
        return without_mark(self.name.rpartition("::")[2])

    @property
    def parent(self) -> str:
        """Its parents' names; empty at the top of the file."""
        return self.name.rpartition("::")[0]


def without_mark(name: str) -> str:
    """Return a name without the mark of an overload; a `#` of its own, as in `#x`, stays."""
    stem, mark, number = name.rpartition("#")
    return stem if mark and stem and number.isdigit() else name


@dataclass(frozen=True, slots=True)
class Outline:
    """The symbols of one version of a file.

    Attributes:
        language: such as `python`; empty when it is not known.
        status: how much could be read.
        symbols: in the order of the source, the outer before the inner.
    """

    language: str
    status: OutlineStatus
    symbols: tuple[Symbol, ...] = ()

    def find(self, name: str) -> Symbol | None:
        """Return the symbol with exactly this name."""
        return next((symbol for symbol in self.symbols if symbol.name == name), None)


@dataclass(frozen=True, slots=True)
class Source:
    """One version of a file, to be outlined.

    Attributes:
        path: in the repository, as git has it; its name decides on the language.
        blob: raw object id of the contents.
        content: the contents, when they are not to be looked up by the id.
    """

    path: bytes
    blob: bytes
    content: bytes | None = None


MISSING: Final = Outline("", OutlineStatus.MISSING)


def similarity(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Return how similar two sketches are, from 0 to 1: the Jaccard index of what they stand for.

    It is exact when both sketches have room left, since they hold all there is then.
    """
    return Resemblance(one).similarity(other)


class Resemblance:
    """How similar others are to one sketch."""

    def __init__(self, sketch: tuple[int, ...]) -> None:
        self._sketch = sketch
        self._hashes = frozenset(sketch)

    def similarity(self, other: tuple[int, ...], least: float = 0.0) -> float:
        """Return how similar another sketch is, as `similarity` does; 0 when it is below `least`.

        What is below is told apart at once.
        """
        one = self._sketch
        if not one or not other:
            return 1.0 if one == other else 0.0
        shared = self._hashes.intersection(other)
        most = len(shared)
        if max(len(one), len(other)) < SKETCH_SIZE:
            found = most / (len(one) + len(other) - most)
            return found if found >= least else 0.0
        if most < least * SKETCH_SIZE:
            return 0.0
        # Two rows in order, so that this is no more than a merge.
        smallest = list(dict.fromkeys(sorted(one + other)))[:SKETCH_SIZE]
        return sum(value <= smallest[-1] for value in shared) / len(smallest)
