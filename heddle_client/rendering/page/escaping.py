"""Text from elsewhere, made fit for HTML: no markup, and nothing that hides or turns text."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final, NewType

from heddle_client.visible import visible

Html = NewType("Html", str)
"""What may stand in a page as it is. Only this module and `elements` make it."""

# Plain text of most names and messages, in which nothing but markup is to be escaped.
_PLAIN: Final = re.compile(r"[ -~]*")
_UNFIT: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
# The last two code points of each plane are no characters, nor are these.
_LAST_OF_PLANE: Final = 0xFFFE
_NO_CHARACTERS: Final = range(0xFDD0, 0xFDF0)
_LINE_ENDS: Final = re.compile(r"\r\n?")
_KEPT_IN_PROSE: Final = frozenset("\n\t")
_NONE: Final[frozenset[str]] = frozenset()


def name(text: str) -> Html:
    r"""Return the HTML of text in one line; what has no glyph of its own is shown: `\u202e`."""
    return _shown(text, _NONE)


def prose(text: str) -> Html:
    """Return the HTML of text in lines, of which only line ends and tabs are kept as they are."""
    return _shown(_LINE_ENDS.sub("\n", text), _KEPT_IN_PROSE)


def attribute(text: str) -> str:
    """Return what may stand between the double quotes of an attribute."""
    return html.escape("".join(_in_words(each) if _is_unfit(each) else each for each in text))


def plain(text: str) -> Html:
    """Return the HTML of text where no element may stand, as in a title."""
    return Html(attribute(text))


def _shown(text: str, kept: frozenset[str]) -> Html:
    if _PLAIN.fullmatch(text):
        return Html(html.escape(text))
    return Html(
        "".join(
            f'<span class="unfit">{html.escape(_in_words(each))}</span>'
            if each not in kept and _is_unfit(each)
            else html.escape(each)
            for each in text
        )
    )


def _is_unfit(character: str) -> bool:
    return (
        unicodedata.category(character) in _UNFIT
        or ord(character) & _LAST_OF_PLANE == _LAST_OF_PLANE
        or ord(character) in _NO_CHARACTERS
    )


def _in_words(character: str) -> str:
    shown = visible(character)
    return shown if shown != character else character.encode("unicode_escape").decode()
