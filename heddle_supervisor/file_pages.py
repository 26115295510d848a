"""Gives back the memory in which imported libraries have run once, and will not again.

Loading a library runs its initializers and touches pages of its file, which then count as resident
for as long as the process lives, though nobody reads them again. A forked process begins without
them, so it is only the supervisor that has them, beside workers that have those they need.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_SMAPS: Final = Path("/proc/self/smaps")


def give_back_file_pages() -> None:
    """Unmap every page that is the same in its file, where it is found again when it is needed."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    with contextlib.suppress(OSError):
        with _SMAPS.open(encoding="utf-8", errors="replace") as smaps:
            unchanged = list(_unchanged_mappings(smaps))
        for start, end in unchanged:
            libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), mmap.MADV_DONTNEED)


def _unchanged_mappings(smaps: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield the address ranges of files that can't be written and have no page of our own."""
    candidate: tuple[int, int] | None = None
    for line in smaps:
        words = line.split()
        if words[0] == "Anonymous:":
            if candidate is not None and words[1] == "0":
                yield candidate
        elif not words[0].endswith(":"):
            # address perms offset device inode path (proc(5))
            start, _, end = words[0].partition("-")
            is_file = words[4] != "0" and "w" not in words[1]
            candidate = (int(start, 16), int(end, 16)) if is_file else None
