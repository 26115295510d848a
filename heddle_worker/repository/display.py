"""Git's bytes as text."""

from __future__ import annotations

import functools
from typing import Final

_ESCAPED: Final = range(0xDC80, 0xDD00)


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
