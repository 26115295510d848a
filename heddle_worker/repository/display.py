"""Git's bytes as text."""

from __future__ import annotations

import functools
import re
from typing import Final

_ESCAPED: Final = range(0xDC80, 0xDD00)
_QUOTED: Final = re.compile(rb"\\([2-3][0-7]{2})")


def displayed(raw: bytes) -> str:
    r"""Return the text of a name; a byte that is not UTF-8 appears as git quotes it: `\ooo`."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "surrogateescape")
        return "".join(
            f"\\{ord(character) - 0xDC00:03o}" if ord(character) in _ESCAPED else character
            for character in text
        )


@functools.lru_cache(maxsize=1_024)
def displayed_name(raw: bytes) -> str:
    """Return the same for a name that comes up often, such as that of a branch."""
    return displayed(raw)


def meant(text: str) -> tuple[bytes, ...]:
    """Return the names that are displayed as a text, the plain one first."""
    raw = text.encode("utf-8", "surrogateescape")
    quoted = _QUOTED.sub(lambda match: bytes([int(match[1], 8)]), raw)
    return (raw,) if quoted == raw else (raw, quoted)
