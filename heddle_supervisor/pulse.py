"""A pipe that ends at the very moment at which a worker begins to die.

A killed process gives its memory back before it closes its descriptors and before its parent is
told, which takes milliseconds for a worker of ours. But its threads die one after another, and a
thread that has a descriptor table of its own (`unshare(2)` with CLONE_FILES) closes that at once,
since the memory is not its to give back while others still live. So a thread that does nothing but
hold the pipe's end makes a death known some twenty times sooner.

Where that is not possible (another system, or a container that forbids it), the process itself
holds the end, and the pipe ends with it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from typing import Final

from heddle_supervisor.descriptors import close_all_but

_CLONE_FILES: Final = 0x400
# Looked up before the fork: what is made after it is in the memory of each worker.
_UNSHARE: Final = ctypes.CDLL(None).unshare if sys.platform == "linux" else None
_SIGNALS: Final = signal.valid_signals()


def hold_pulse(descriptor: int) -> None:
    """Have a thread of this process hold the pipe's end, and nothing else of it hold it."""
    settled = threading.Event()
    alone: list[bool] = []

    def hold() -> None:
        # What a signal's handler needs, such as the file for stacks, is not open here.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        alone.append(_unshare_descriptors())
        if alone[0]:
            close_all_but([descriptor])
        settled.set()
        if alone[0]:
            threading.Event().wait()

    threading.Thread(target=hold, name="pulse", daemon=True).start()
    settled.wait()
    if alone[0]:
        os.close(descriptor)


def _unshare_descriptors() -> bool:
    """Give the calling thread a descriptor table of its own; return whether it has one."""
    return _UNSHARE is not None and bool(_UNSHARE(_CLONE_FILES) == 0)
