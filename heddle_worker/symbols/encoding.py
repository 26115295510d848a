"""An outline as bytes, as parser processes send it and the cache keeps it."""

from __future__ import annotations

import marshal
from collections.abc import Iterable
from typing import Final

from heddle_worker.symbols.outline import Outline, OutlineStatus, Symbol, SymbolKind
from heddle_worker.symbols.raw_symbols import RawSymbol

ENCODING_VERSION: Final = 2
"""Raised whenever the same outline is other bytes; part of the key of those that are kept."""

_STATUSES: Final = tuple(OutlineStatus)
_KINDS: Final = {kind.value: kind for kind in SymbolKind}
_NO_SYMBOLS: Final = marshal.dumps(())


def encode(language: str, status: OutlineStatus, symbols: bytes = _NO_SYMBOLS) -> bytes:
    """Return an outline as bytes.

    Args:
        language: its name, in ASCII.
        status: how much could be read.
        symbols: as a parser process has sent them.
    """
    return bytes([_STATUSES.index(status), len(language)]) + language.encode() + symbols


def decode(encoded: bytes) -> Outline | None:
    """Return the outline that these bytes stand for; `None` when they stand for none."""
    try:
        status = _STATUSES[encoded[0]]
        start = 2 + encoded[1]
        language = encoded[2:start].decode("ascii")
        raw: Iterable[RawSymbol] = marshal.loads(encoded[start:])  # noqa: S302 - by ourselves, behind a checksum
        symbols = tuple(Symbol(each[0], _KINDS[each[1]], *each[2:]) for each in raw)
    except (ValueError, TypeError, EOFError, LookupError):
        return None
    return Outline(language, status, symbols)
