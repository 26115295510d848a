"""A signal, as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signal:
    """Something in a change that deserves attention.

    Attributes:
        kind: such as `novelty`.
        module, version: what raised it.
        file: the file's path, as git has it; `*` for the whole change.
        symbol: empty for the file as a whole.
        start_line, end_line: counted from 1, inclusive; 0 for no range.
        reason: for people, at most 200 characters.
    """

    kind: str
    module: str
    version: int
    file: bytes
    symbol: str
    start_line: int
    end_line: int
    reason: str
