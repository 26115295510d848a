"""A source as the pieces that stand side by side in it, and what is known of each piece.

What a definition at the top of a file holds depends on nothing around it. So another version of the
file, which is another one in few of its pieces, is looked at where it is.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Final

import tree_sitter

from heddle_worker.symbols.definitions import Span
from heddle_worker.symbols.raw_symbols import RawSymbol

_KEY_BYTES: Final = 16
_GENERATION_BYTES: Final = 4 * 1024 * 1024
_ATTRIBUTES: Final = frozenset({"attribute_item", "decorator"})


def pieces_of(root: tree_sitter.Node) -> list[Span]:
    """Return where the children of a root are, attributes together with what they belong to."""
    pieces: list[Span] = []
    start = -1
    for child in root.children:
        kind = child.type
        if kind in _ATTRIBUTES or (start >= 0 and "comment" in kind):
            start = child.start_byte if start < 0 else start
            continue
        pieces.append((child.start_byte if start < 0 else start, child.end_byte))
        start = -1
    return pieces


def piece_key(source: bytes, parsed: bytes, piece: Span) -> bytes:
    """Return what a piece is known by: its bytes, and what the parser saw of them."""
    start, end = piece
    key = blake2b(source[start:end], digest_size=_KEY_BYTES)
    if parsed is not source:
        key.update(b"\0")
        key.update(parsed[start:end])
    return key.digest()


def runs(is_wanted: Sequence[bool]) -> Iterator[Span]:
    """Yield the index of the first of what is wanted in a row, and that behind the last."""
    first = 0
    for number, wanted in enumerate([*is_wanted, False]):
        if not wanted:
            if first < number:
                yield first, number
            first = number + 1


class KnownPieces:
    """What was found in pieces, as long as there is room for it.

    There are two generations: when the younger one is full, what was not asked for since the last
    time is forgotten.
    """

    def __init__(self) -> None:
        self._young: dict[bytes, bytes] = {}
        self._old: dict[bytes, bytes] = {}
        self._size = 0

    def get(self, key: bytes) -> list[RawSymbol] | None:
        """Return what was found in a piece, if that is known."""
        found = self._young.get(key)
        if found is None:
            found = self._old.pop(key, None)
            if found is None:
                return None
            self._put(key, found)
        symbols: list[RawSymbol] = marshal.loads(found)  # noqa: S302 - made by this object
        return symbols

    def put(self, key: bytes, symbols: list[RawSymbol]) -> None:
        """Note what was found in a piece, with lines and bytes counted from its start."""
        self._put(key, marshal.dumps(symbols))

    def _put(self, key: bytes, found: bytes) -> None:
        self._young[key] = found
        self._size += len(key) + len(found)
        if self._size > _GENERATION_BYTES:
            self._old, self._young, self._size = self._young, {}, 0
