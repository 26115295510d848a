"""Tells when a file gets its name by a rename, as the kernel tells it to another process.

`python -m benchmarks.rename_watcher PATH` prints the time of every rename to PATH, in monotonic
seconds, while its standard input is open. A process of its own, since the one that measures is busy
with calls at that moment.
"""

from __future__ import annotations

import ctypes
import os
import select
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks import processes
from benchmarks.report import BenchmarkError

_MOVED_TO: Final = 0x80
_EVENT: Final = struct.Struct("iIII")
_BUFFER: Final = 65_536
_PATIENCE: Final = 10.0


@contextmanager
def renames_to(path: Path) -> Iterator[Callable[[], float]]:
    """Watch a name while the block runs; give a function that waits for the next rename to it.

    It returns the time of that rename in monotonic seconds, and raises `BenchmarkError` when there
    was none within ten seconds.
    """
    with processes.companion("rename_watcher", str(path)) as watcher:
        output = watcher.stdout
        assert output is not None

        def next_rename() -> float:
            if not select.select([output], [], [], _PATIENCE)[0]:
                raise BenchmarkError(f"nothing was renamed to {path}")
            return float(output.readline())

        yield next_rename


def main() -> None:
    """Watch until standard input ends."""
    path = Path(sys.argv[1])
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_CLOEXEC)
    if watch < 0 or libc.inotify_add_watch(watch, os.fsencode(path.parent), _MOVED_TO) < 0:
        sys.exit(f"cannot watch {path.parent}: {os.strerror(ctypes.get_errno())}")
    print("watching", flush=True)
    while True:
        ready, _, _ = select.select([watch, sys.stdin], [], [])
        now = time.monotonic()
        if watch not in ready:
            return
        if path.name in _names(os.read(watch, _BUFFER)):
            print(now, flush=True)


def _names(events: bytes) -> Iterator[str]:
    position = 0
    while position < len(events):
        *_, length = _EVENT.unpack_from(events, position)
        position += _EVENT.size
        yield os.fsdecode(events[position : position + length].rstrip(b"\0"))
        position += length


if __name__ == "__main__":
    main()
