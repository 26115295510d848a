"""Giving up inherited descriptors."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Final

_FIRST: Final = 3
_FALLBACK_LIMIT: Final = 65_536


def close_all_but(keep: Collection[int]) -> None:
    """Close every descriptor of this process but the standard streams and those in `keep`."""
    low = _FIRST
    for descriptor in sorted(keep):
        os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, _limit())


def _limit() -> int:
    """Return a number above every open descriptor."""
    try:
        return max(int(entry.name) for entry in Path("/dev/fd").iterdir()) + 1
    except (OSError, ValueError):
        return _FALLBACK_LIMIT
