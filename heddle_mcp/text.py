"""Text from a repository or from other people, made harmless for whoever reads an answer.

A model reads what a person may never see: besides what moves a cursor, characters that hide text
or turn its direction are written out.
"""

from __future__ import annotations

from typing import Final

from heddle_client.visible import visible
from heddle_mcp.limits import BODY_CHARACTERS, LINE_CHARACTERS

_CUT: Final = "…[cut]"


def line(text: str, most: int = LINE_CHARACTERS) -> str:
    """Return text as one line without control characters, cut to so many characters."""
    return cut(visible(cut(text, most)), most)


def body(text: str, most: int = BODY_CHARACTERS) -> str:
    """Return text whose only control characters are line breaks and tabs, cut to so many."""
    kept = cut(text.replace("\r\n", "\n"), most)
    shown = "\n".join("\t".join(map(visible, each.split("\t"))) for each in kept.split("\n"))
    return cut(shown, most)


def cut(text: str, most: int) -> str:
    """Return text of at most so many characters; where some are missing, it says so."""
    return text if len(text) <= most else text[: most - len(_CUT)] + _CUT


def was_cut(text: str, most: int = BODY_CHARACTERS) -> bool:
    """Return whether `body` leaves out a part of a text."""
    return body(text, most).endswith(_CUT)
