"""Text in lines of a width, counted in the cells of a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from heddle_client.visible import visible

NARROWEST: Final = 10
"""Nothing is laid out for fewer cells than this."""

_ELLIPSIS: Final = "…"


def cells(text: str) -> int:
    """Return how many cells of a terminal a printable text takes."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def cut(text: str, width: int) -> str:
    """Return the text in at most `width` cells, the last of them `…` if something is missing."""
    if cells(text) <= width:
        return text
    head, _rest = _split(text, max(0, width - 1))
    return head + _ELLIPSIS


def padded(text: str, width: int) -> str:
    """Return the text with spaces up to a width, for a column."""
    return text + " " * (width - cells(text))


def wrapped(text: str, width: int) -> Iterator[str]:
    """Yield a line of printable text in lines of at most `width` cells, broken between words.

    A word that is wider than a line is broken where the line ends. The spaces at the beginning are
    kept; so is an empty line.
    """
    width = max(width, NARROWEST)
    indent = text[: len(text) - len(text.lstrip(" "))][: width // 2]
    line, used = indent, len(indent)
    for word in text.split():
        size = cells(word)
        gap = 0 if line == indent else 1
        if used + gap + size <= width:
            line, used = line + " " * gap + word, used + gap + size
            continue
        if line.strip():
            yield line
            line, used = indent, len(indent)
        while used + cells(word) > width:
            head, word = _split(word, width - used)  # noqa: PLW2901 - its rest goes on
            yield line + head
        line, used = line + word, used + cells(word)
    yield line.rstrip()


def text_lines(text: str, width: int, indent: str = "") -> Iterator[str]:
    """Yield the lines of a text from elsewhere, made fit for a terminal, wrapped and indented."""
    for line in text.rstrip("\n").split("\n"):
        fit = visible(line.expandtabs(4).rstrip())
        for part in wrapped(fit, width - len(indent)):
            yield (indent + part).rstrip()


def hanging(first: str, text: str, width: int) -> Iterator[str]:
    """Yield a line of printable text, wrapped, with `first` before it and space below that."""
    indent = " " * cells(first)
    for number, part in enumerate(wrapped(text, width - len(indent))):
        yield ((indent if number else first) + part).rstrip()


def _split(text: str, width: int) -> tuple[str, str]:
    """Return what fits into a width, at least one character, and the rest."""
    used = 0
    for place, character in enumerate(text):
        used += _cells_of(character)
        if used > width and place:
            return text[:place], text[place:]
    return text, ""


def _cells_of(character: str) -> int:
    if character.isascii():
        return 1
    import unicodedata  # most text is plain, and needs no tables

    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
