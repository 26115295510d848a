"""Colours for a terminal, by what is meant and not by the colour."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Final

Paint = Callable[[str, str], str]
"""Gives a text the look of a style's name; both are arguments, the style first."""

_CODES: Final = {
    "heading": "1",
    "state": "33",
    "added": "32",
    "removed": "31",
    "edited": "33",
    "placed": "36",
    "quiet": "2",
    "warning": "1;35",
    "good": "32",
    "bad": "1;31",
    "talk": "34",
}


def plain(_style: str, text: str) -> str:
    """Return the text as it is."""
    return text


def coloured(style: str, text: str) -> str:
    """Return the text with the terminal's codes for a style around it.

    Raises:
        KeyError: there is no style of that name.
    """
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if text else ""


def paint_for_output() -> Paint:
    """Return what standard output takes: colours where a person reads it and has not said no.

    `NO_COLOR` (any non-empty value) and `TERM=dumb` say no; `FORCE_COLOR` says yes.
    """
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return plain
    return coloured if sys.stdout.isatty() or os.environ.get("FORCE_COLOR") else plain
