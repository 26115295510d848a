"""What a change touches, so that a signature can be held against it. Pure."""

from __future__ import annotations

import hashlib
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from heddle_worker.repository.diff import FileVersion
from heddle_worker.review.change import FilePair
from heddle_worker.symbols.outline import Symbol

_DIGEST_BYTES: Final = 32
_MAX_DEPTH: Final = 64
"""Whoever signs a symbol has signed all in it, down to this depth."""
_LENGTH: Final = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Holder:
    """What a changed place lies in.

    Attributes:
        symbol: its name; empty for the file as a whole.
        content: digest of its bytes; for the file as a whole, the raw id of its blob.
    """

    symbol: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Touched:
    """A symbol in which something was changed, or a file outside of its symbols.

    Attributes:
        path: the file's, or where it was last.
        symbol: the innermost symbol; empty for none.
        holders: the symbol, what it is nested in, and the file; none if the file is gone. Who has
            signed one of them has signed this.
    """

    path: bytes
    symbol: str
    holders: tuple[Holder, ...]


@dataclass(frozen=True, slots=True)
class Touching:
    """All that a change touches.

    Attributes:
        change: digest of the change: the same for another one that adds and removes the same lines
            in the same files, and leaves the symbols around them with the same contents.
        touched: in the order of the files; each once.
    """

    change: bytes
    touched: tuple[Touched, ...]

    @property
    def contents(self) -> frozenset[bytes]:
        """The digests of all that was touched."""
        return frozenset(holder.content for each in self.touched for holder in each.holders)


EMPTY: Final = Touching(b"", ())


def touching_of(pairs: Sequence[FilePair], read: Callable[[FileVersion], bytes | None]) -> Touching:
    """Return what a change touches.

    Args:
        pairs: all files that differ, with their outlines.
        read: returns a file's contents; `None` for one that is too large or not there.
    """
    if not pairs:
        return EMPTY
    digests: list[bytes] = []
    found: dict[Touched, None] = {}
    for pair in pairs:
        touched = list(_touched_in(pair))
        digests.append(_digest_of(pair, touched, read))
        found |= dict.fromkeys(touched)
    return Touching(_digest(*digests), tuple(found))


def _digest(*values: bytes) -> bytes:
    """Return a digest that no other sequence of values has."""
    digest = hashlib.blake2b(_LENGTH.pack(len(values)), digest_size=_DIGEST_BYTES)
    for value in values:
        digest.update(_LENGTH.pack(len(value)))
        digest.update(value)
    return digest.digest()


def _touched_in(pair: FilePair) -> Iterator[Touched]:
    """Yield what was touched in one file."""
    new = pair.change.new
    whole = (Holder("", new.blob),) if new is not None else ()
    for chain in _chains_of(pair):
        around = (Holder(symbol.name, symbol.content) for symbol in chain)
        yield Touched(pair.change.path, chain[0].name if chain else "", (*around, *whole))
    for name in _gone(pair):
        yield Touched(pair.change.path, name, whole)


def _digest_of(
    pair: FilePair,
    touched: Sequence[Touched],
    read: Callable[[FileVersion], bytes | None],
) -> bytes:
    """Return the digest of what was done to one file."""
    sides = []
    for version in (pair.change.old, pair.change.new):
        known = (version.path, b"%o" % version.mode) if version is not None else ()
        sides.append(_digest(*known))
    # A class changes with each of its methods: of what has others inside it, the lines are all.
    leaves = _leaves(pair)
    symbols = [
        _digest(each.symbol.encode(), each.holders[0].content if each.symbol in leaves else b"")
        for each in touched
    ]
    return _digest(*sides, _contents(pair, read), *symbols)


def _contents(pair: FilePair, read: Callable[[FileVersion], bytes | None]) -> bytes:
    """Return the digest of the lines that were removed and added, or of both versions."""
    lines = _lines(pair, read)
    if lines is not None:
        return _digest(b"lines", *(_digest(*run) for run in lines))
    sides = (pair.change.old, pair.change.new)
    return _digest(b"blobs", *(version.blob if version is not None else b"" for version in sides))


def _lines(
    pair: FilePair, read: Callable[[FileVersion], bytes | None]
) -> list[Sequence[bytes]] | None:
    """Return what each hunk removes, and what it adds; `None` if its lines cannot be told."""
    change = pair.change
    if change.is_binary or not change.hunks:
        return None
    sides = []
    for version in (change.old, change.new):
        content = b"" if version is None else version.content
        if content is None and version is not None and version.is_regular:
            content = read(version)
        if content is None:
            return None
        sides.append(content.split(b"\n"))
    before, after = sides
    return [
        lines
        for hunk in change.hunks
        for lines in (
            _cut(before, hunk.old_start, hunk.old_lines),
            _cut(after, hunk.new_start, hunk.new_lines),
        )
    ]


def _cut(lines: Sequence[bytes], start: int, count: int) -> Sequence[bytes]:
    return lines[start - 1 : start - 1 + count] if count else ()


def _chains_of(pair: FilePair) -> list[tuple[Symbol, ...]]:
    """Return the chains of symbols, the innermost first, in which lines were changed."""
    symbols = pair.new.symbols if pair.new is not None else ()
    hunks = pair.change.hunks
    if not symbols or not hunks:
        return [()]
    places = [
        place
        for hunk in hunks
        for place in (
            [(line, line) for line in range(hunk.new_start, hunk.new_start + hunk.new_lines)]
            # What was removed stood between two lines.
            or [(hunk.new_start, hunk.new_start + 1)]
        )
    ]
    return list(dict.fromkeys(_chains(symbols, places)))


def _chains(
    symbols: Sequence[Symbol], places: Iterable[tuple[int, int]]
) -> Iterator[tuple[Symbol, ...]]:
    """Yield for each place, ascending, the symbols that hold its first and its last line."""
    waiting = 0
    around: list[Symbol] = []
    for first, last in places:
        while around and around[-1].end_line < first:
            around.pop()
        while waiting < len(symbols) and symbols[waiting].start_line <= first:
            if symbols[waiting].end_line >= first:
                around.append(symbols[waiting])
            waiting += 1
        innermost = reversed(around[-_MAX_DEPTH:])
        yield tuple(symbol for symbol in innermost if symbol.end_line >= last)


def _leaves(pair: FilePair) -> frozenset[str]:
    """Return the names of the symbols that have none inside them."""
    symbols = pair.new.symbols if pair.new is not None else ()
    following = [*(symbol.start_byte for symbol in symbols[1:]), sys.maxsize]
    return frozenset(
        symbol.name
        for symbol, start in zip(symbols, following, strict=False)
        if start >= symbol.end_byte
    )


def _gone(pair: FilePair) -> list[str]:
    """Return the names of symbols that lost lines, and are in the file no more."""
    if pair.old is None or pair.new is None:
        return []
    kept = {symbol.name for symbol in pair.new.symbols}
    removed = [
        (line, line)
        for hunk in pair.change.hunks
        for line in range(hunk.old_start, hunk.old_start + hunk.old_lines)
    ]
    names = [chain[0].name for chain in _chains(pair.old.symbols, removed) if chain]
    return [name for name in dict.fromkeys(names) if name not in kept]
