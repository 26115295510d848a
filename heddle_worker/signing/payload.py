"""What a reviewer says with a signature, and the bytes that are signed."""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from typing import Final

_MAGIC: Final = b"hd-rev-sig-v1"
_COUNT: Final = struct.Struct("<I")
_SECONDS: Final = struct.Struct("<q")


class ReviewKind(enum.Enum):
    """What kind of review was done; the values are what is signed."""

    READ = "read"
    AGENT_PREVIEW = "agent_preview"
    AGENT_CO_REVIEW = "agent_co_review"


@dataclass(frozen=True, slots=True)
class SymbolRef:
    """A symbol as a client names it.

    Attributes:
        file: the file's path, as replies show it.
        symbol: its name; equal to `file` for the file as a whole.
    """

    file: str
    symbol: str

    def __str__(self) -> str:
        return f"{self.file}:{self.symbol}"


@dataclass(frozen=True, slots=True)
class Statement:
    """All that a signature vouches for.

    Attributes:
        state: raw object id of the commit.
        kind: of the review.
        symbols: those it covers, in the client's order; empty for the whole change.
        signed_at: when, in Unix seconds.
        justification: free text; may be empty.
    """

    state: bytes
    kind: ReviewKind
    symbols: tuple[SymbolRef, ...]
    signed_at: int
    justification: str

    def payload(self) -> bytes:
        """Return the bytes that are signed. No two statements have the same.

        Raises:
            ValueError: a text contains a NUL character, or the time is not one of 64 bits.
        """
        texts = [self.justification, *(t for ref in self.symbols for t in (ref.file, ref.symbol))]
        if any("\0" in text for text in texts):
            raise ValueError("a text that is signed contains a NUL character")
        try:
            seconds = _SECONDS.pack(self.signed_at)
        except struct.error:
            raise ValueError(f"{self.signed_at} is not a time of 64 bits") from None
        ending = b"\1" + _text(self.justification) if self.justification else b"\0"
        return b"".join(
            (
                _MAGIC + b"\0",
                _text(self.state.hex()),
                _text(self.kind.value),
                self.scope(),
                seconds,
                ending,
            )
        )

    def scope(self) -> bytes:
        """Return the part of the payload that tells what is covered."""
        if not self.symbols:
            return _text("whole_change")
        names = b"".join(_text(ref.file) + _text(ref.symbol) for ref in self.symbols)
        return _text("symbols") + _COUNT.pack(len(self.symbols)) + names


def _text(text: str) -> bytes:
    return text.encode() + b"\0"
