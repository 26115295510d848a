"""What is kept in memory of each file's functions."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Final, NamedTuple

from heddle_worker.symbols.outline import Outline, Symbol
from heddle_worker.symbols.sketches import HASH_BYTES, unpacked

_FAMILIES: Final = {"tsx": "javascript", "typescript": "javascript", "cpp": "c"}
# Called by the language itself, or by way of a type's name.
_IMPLICIT: Final = {
    "python": r"__\w+__",
    "javascript": r"constructor|toString|toJSON|valueOf",
    "ruby": r"initialize|to_s|inspect|each|method_missing|respond_to_missing\?",
    "php": r"__\w+",
    "c": r"~.*|operator\b.*",
    "csharp": r"ToString|Equals|GetHashCode|Dispose",
    "java": r"toString|equals|hashCode|compareTo",
    "go": r"init|String|Error|Len|Less|Swap",
    "rust": (
        r"drop|fmt|next|deref|deref_mut|index|index_mut|eq|ne|cmp|partial_cmp|hash|from|into"
        r"|default|clone|neg|not|(?:add|sub|mul|div|rem|bitand|bitor|bitxor|shl|shr)(?:_assign)?"
    ),
}
_IS_IMPLICIT: Final = {family: re.compile(names) for family, names in _IMPLICIT.items()}


class Function(NamedTuple):
    """A function or method of one version of a file.

    Attributes:
        name: in full.
        simple_name: by which it is called.
        packed_sketch: of its tokens.
        calls: simple names of what it calls.
        is_test: by its own name or marks.
    """

    name: str
    simple_name: str
    packed_sketch: bytes
    calls: tuple[str, ...]
    is_test: bool

    @property
    def sketch(self) -> tuple[int, ...]:
        """Of its tokens, unpacked."""
        return unpacked(self.packed_sketch)

    def smallest(self, count: int) -> tuple[int, ...]:
        """Return the smallest hashes of its sketch."""
        return unpacked(self.packed_sketch[: count * HASH_BYTES])


@dataclass(frozen=True, slots=True)
class FileSummary:
    """The functions of one version of a file.

    Attributes:
        family: of languages, which call each other's functions.
        functions: in the order of the source.
    """

    family: str
    functions: tuple[Function, ...]


EMPTY: Final = FileSummary("", ())


def family_of(language: str) -> str:
    """Return the name of the languages that call each other's functions."""
    return _FAMILIES.get(language, language)


def summary_of(outline: Outline) -> FileSummary:
    """Return what is kept of an outline."""
    functions = tuple(_function(each) for each in outline.symbols if each.kind.is_callable)
    return FileSummary(family_of(outline.language), functions) if functions else EMPTY


def is_implicit(family: str, simple_name: str) -> bool:
    """Return whether a function is called without being named where it is called."""
    names = _IS_IMPLICIT.get(family)
    return names is not None and names.fullmatch(simple_name) is not None


def _function(symbol: Symbol) -> Function:
    return Function(
        name=symbol.name,
        simple_name=sys.intern(symbol.simple_name),
        packed_sketch=symbol.packed_sketch,
        calls=tuple(map(sys.intern, symbol.calls)),
        is_test=symbol.is_test,
    )
