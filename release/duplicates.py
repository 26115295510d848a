"""Finds code that stands in more than one place.

What is compared is words, line by line: comments, documentation, blank lines, imports and
indentation make no difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from release.source_code import Module

LEAST: Final = 10
"""How many lines of code in a row have to be the same."""


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of a module, the last one included."""

    module: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.module}:{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same lines of code in two or more places."""

    lines: int
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class _Text:
    module: str
    numbers: Sequence[int]
    lines: Sequence[str]


def duplicates(modules: Iterable[Module], least: int = LEAST) -> list[Duplicate]:
    """Return what is there more than once, the longest first."""
    texts = [_text(module) for module in modules]
    windows: defaultdict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)
    for index, text in enumerate(texts):
        for start in range(len(text.lines) - least + 1):
            windows[tuple(text.lines[start : start + least])].append((index, start))
    found: defaultdict[tuple[str, ...], set[tuple[int, int]]] = defaultdict(set)
    for places in windows.values():
        for one, other in combinations(places, 2):
            if not _follows_on(texts, one, other):
                found[_common(texts, one, other)] |= {one, other}
    alike = [
        Duplicate(len(lines), tuple(_place(texts, each, len(lines)) for each in sorted(places)))
        for lines, places in found.items()
        if len(lines) >= least
    ]
    return sorted(alike, key=lambda each: (-each.lines, str(each.places[0])))


def _text(module: Module) -> _Text:
    code = {number: text for number, text in module.code.items() if number not in module.imported}
    return _Text(module.path, list(code), list(code.values()))


def _follows_on(texts: Sequence[_Text], one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether the lines before are the same too, so that a longer run has these."""
    (index, start), (other_index, other_start) = one, other
    return (
        min(start, other_start) > 0
        and texts[index].lines[start - 1] == texts[other_index].lines[other_start - 1]
    )


def _common(
    texts: Sequence[_Text], one: tuple[int, int], other: tuple[int, int]
) -> tuple[str, ...]:
    """Return the lines from two places on which are the same; a run does not run into itself."""
    return tuple(_alike(texts[one[0]].lines[one[1] :], texts[other[0]].lines[other[1] :]))[
        : abs(one[1] - other[1]) if one[0] == other[0] else None
    ]


def _alike(lines: Sequence[str], others: Sequence[str]) -> Iterator[str]:
    for line, other in zip(lines, others, strict=False):
        if line != other:
            return
        yield line


def _place(texts: Sequence[_Text], place: tuple[int, int], count: int) -> Place:
    text = texts[place[0]]
    return Place(text.module, text.numbers[place[1]], text.numbers[place[1] + count - 1])
