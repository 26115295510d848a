"""Text from elsewhere, made fit for a terminal."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # a checker takes it for true; `typing` itself costs more than all of this module
    from typing import Final

# Control characters, those that turn the direction of text, line separators, halves of pairs.
_UNFIT: Final = ("Cc", "Cf", "Zl", "Zp", "Cs")
_NAMES: Final = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\x1b": "\\e"}


def visible(text: str) -> str:
    r"""Return text in one line in which nothing can move a cursor or hide: `\e`, `\x07`, `\u202e`.

    What cannot be encoded in UTF-8 is shown in the same way.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def visible_lines(text: str, indent: str = "") -> str:
    """Return text whose lines stay lines, each of them visible, those after the first indented."""
    return f"\n{indent}".join(map(visible, text.split("\n")))


def _shown(character: str) -> str:
    import unicodedata  # most text is plain, and needs no tables

    if unicodedata.category(character) not in _UNFIT:
        return character
    if character in _NAMES:
        return _NAMES[character]
    return character.encode("unicode_escape").decode()
