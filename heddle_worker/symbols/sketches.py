"""What a sketch is: what a worker and its parser processes have to agree on."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Final

SKETCH_SIZE: Final = 64
"""How many hashes a sketch holds at most."""

HASH_BYTES: Final = 4
_HASH: Final = "I"


def packed(hashes: Sequence[int]) -> bytes:
    """Return the hashes of a sketch as bytes, of which there are as many and few objects."""
    return array(_HASH, hashes).tobytes()


def unpacked(sketch: bytes) -> tuple[int, ...]:
    """Return the hashes of a sketch."""
    return tuple(memoryview(sketch).cast(_HASH))
