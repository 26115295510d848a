"""Whether a file or directory is still what it was, from its metadata alone."""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_PACKED: Final = struct.Struct(">QQqq")
# The clock of a file system ticks in steps: a change in the same step as an earlier one leaves no
# trace in the times.
_COARSEST_TICK_NS: Final = 2 * 10**9


def signature(status: os.stat_result) -> bytes:
    """Return what changes when a file is replaced, or when its size or times change."""
    return _PACKED.pack(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def signature_at(path: Path) -> bytes:
    """Return the signature of what is at a path; empty for nothing."""
    try:
        return signature(path.stat())
    except (FileNotFoundError, NotADirectoryError):
        return b""


class Watchpoint:
    """The look of some files and directories just before they were read.

    Args:
        seen: their signatures, each taken before the file was read or the directory listed.
        now_ns: the system's clock before the first of them was taken, in nanoseconds.
    """

    def __init__(self, seen: Mapping[Path, bytes], now_ns: int) -> None:
        self._seen = seen
        newest = max((_modified_ns(one) for one in seen.values()), default=0)
        self._is_settled = newest < now_ns - _COARSEST_TICK_NS

    def is_unchanged(self) -> bool:
        """Return whether certainly nothing has changed since."""
        return self._is_settled and all(
            signature_at(path) == before for path, before in self._seen.items()
        )


def _modified_ns(seen: bytes) -> int:
    return int(_PACKED.unpack(seen)[2]) if seen else 0
