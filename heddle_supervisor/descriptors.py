"""Giving up inherited descriptors."""

from __future__ import annotations

import os
from collections.abc import Collection
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
        # A worker that does no more than this has fewer pages of its own than with pathlib.
        return max(map(int, os.listdir("/dev/fd"))) + 1  # noqa: PTH208
    except (OSError, ValueError):
        return _FALLBACK_LIMIT
