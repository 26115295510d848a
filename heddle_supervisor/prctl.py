"""What Linux lets a process say about itself, by `prctl(2)`; nothing elsewhere."""

from __future__ import annotations

import ctypes
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15
_PR_SET_CHILD_SUBREAPER: Final = 36
# Looked up before a fork: what is made after one is in the memory of each worker.
_PRCTL: Final = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def set_process_name(name: str) -> None:
    """Change the name that `ps` shows; at most 15 bytes of it count."""
    _prctl(_PR_SET_NAME, name.encode())


def die_with_parent() -> None:
    """Have the kernel send SIGKILL to this process when its parent dies."""
    _prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


def adopt_orphans() -> None:
    """Become the parent of whatever descendants lose theirs from now on."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, argument: bytes | int) -> None:
    if _PRCTL is not None:
        _PRCTL(option, argument, 0, 0, 0)
