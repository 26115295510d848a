"""`grpc.health.v1.Health/Check` as bytes: its own messages need not be loaded for it."""

from __future__ import annotations

from typing import Final

from heddle_client.patience import Failure

PATH: Final = "/grpc.health.v1.Health/Check"
REQUEST: Final = b""
"""Asks about the daemon as a whole."""
SECONDS: Final = 15.0
_SERVING: Final = b"\x08\x01"


def verdict(answer: bytes | Failure) -> Failure | None:
    """Return why a daemon is not to be relied on; None when it serves.

    One that does not know the method answers too, and so is alive.
    """
    if isinstance(answer, Failure):
        return None if answer.code == "UNIMPLEMENTED" else answer
    return None if answer == _SERVING else Failure("UNAVAILABLE", "it is not serving")
