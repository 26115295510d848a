"""A signal, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from heddle_worker.repository.display import displayed
from heddle_worker.review.change import Place

WHOLE_CHANGE: Final = b"*"
"""The file of a signal that is about the change as a whole."""

_MOST_CHARACTERS: Final = 200


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

    @property
    def anchor(self) -> str:
        """The place in its canonical form: `file`, `file:symbol`, either with `:start-end`."""
        parts = [displayed(self.file), self.symbol]
        if self.start_line:
            parts.append(f"{self.start_line}-{self.end_line}")
        return ":".join(filter(None, parts))


def signal_at(kind: str, module: str, version: int, place: Place, reason: str) -> Signal:
    """Return the signal that is anchored at a symbol and its lines, its reason cut to fit."""
    symbol = place.symbol
    return Signal(
        kind,
        module,
        version,
        place.path,
        symbol.name,
        symbol.start_line,
        symbol.end_line,
        shortened(reason),
    )


def shortened(text: str, most: int = _MOST_CHARACTERS) -> str:
    """Return a text in one line of at most so many characters; a cut is marked with `…`."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
