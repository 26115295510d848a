"""How large a sketch is: what a worker and its parser processes have to agree on."""

from __future__ import annotations

from typing import Final

SKETCH_SIZE: Final = 64
"""How many hashes a sketch holds at most."""
