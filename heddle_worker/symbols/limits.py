"""How much one file may cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BINARY_BYTES: Final = 8_000
"""A NUL within so many bytes makes a file a binary one, as for git."""


@dataclass(frozen=True, slots=True)
class ParserLimits:
    """What a source may cost, and how many processes may be at work on sources.

    Attributes:
        source_bytes: a longer source is not parsed.
        processor_seconds: that one source may take of a processor.
        wall_seconds: after which a process that does not answer is given up.
        memory_bytes: address space of one process.
        processes: at most so many, and never more than there are processors.
        idle_seconds: after which a process without work is ended.
    """

    source_bytes: int = 1024 * 1024
    processor_seconds: float = 2.0
    wall_seconds: float = 20.0
    memory_bytes: int = 1024 * 1024 * 1024
    processes: int = 4
    idle_seconds: float = 60.0
