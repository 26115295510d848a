"""What others say, without anything that does more than stand there."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MOST_REASON: Final = 4_096
"""Characters of a reason; what is beyond is cut off."""

_MOST_LINE: Final = 500
_ESCAPES: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])"
)


def cleaned(text: str) -> str:
    """Return a text for people as lines without any other control character.

    Whole escape sequences go, and so does what changes the direction of writing.
    """
    lines = (_clean_line(line) for line in _ESCAPES.sub("", text).splitlines())
    result = "\n".join(lines).strip()
    return result if len(result) <= MOST_REASON else result[:MOST_REASON] + "…"


def one_line(text: str) -> str:
    """Return a text for people as one line of a sensible length."""
    line = " ".join(cleaned(text).split())
    return line if len(line) <= _MOST_LINE else line[:_MOST_LINE] + "…"


def _clean_line(line: str) -> str:
    # Cc: control characters; Cf: among others what reverses the direction of writing.
    kept = (" " if one == "\t" else one for one in line)
    return "".join(one for one in kept if unicodedata.category(one) not in ("Cc", "Cf", "Cs"))
