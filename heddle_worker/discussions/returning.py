"""Which symbols that are gone in one state may be there in another.

Looking for one in history takes milliseconds, and there may be thousands of them. What is gone in
one state can only be where another state has something that the first has not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from heddle_worker.discussions.origins import Outlining
from heddle_worker.repository.diff import FileVersion
from heddle_worker.repository.states import States
from heddle_worker.store.discussions import Origin
from heddle_worker.store.placements import Placement
from heddle_worker.symbols.outline import Source, Symbol, without_mark

_MOST_FILES: Final = 2_000
"""Files that are looked into; where more differ, anything may be there."""
_LEAST_SHARED: Final = 0.3
"""Share of a symbol's sketch that those which are new have to have, if it may be one of them."""
_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What one state has and another has not.

    Attributes:
        has_files: whether there is a file.
        paths: files with symbols.
        names: the symbols' simple names.
        digests: of their contents and meanings.
        hashes: of their sketches.
        is_whole: whether that is all; if not, anything may be among it.
    """

    has_files: bool
    paths: frozenset[bytes]
    names: frozenset[str]
    digests: frozenset[bytes]
    hashes: frozenset[int]
    is_whole: bool = True

    def may_have(self, origin: Origin, last: Placement) -> bool:
        """Return whether a symbol may be among them, by what it was and where it was last."""
        if not self.is_whole or origin.is_file:
            return self.has_files
        shared = sum(value in self.hashes for value in origin.sketch)
        return (
            origin.path in self.paths
            or last.path in self.paths
            or _simple(origin.symbol) in self.names
            or _simple(last.symbol) in self.names
            or origin.content in self.digests
            or origin.meaning in self.digests
            or shared > _LEAST_SHARED * len(origin.sketch)
        )


_ANYTHING: Final = Arrivals(
    True, frozenset(), frozenset(), frozenset(), frozenset(), is_whole=False
)


def arrivals(
    states: States, outlines: Outlining, touched: Collection[bytes], old: bytes, new: bytes
) -> Arrivals:
    """Return what one state has and another has not. May block.

    Args:
        states: of the repository.
        outlines: of its files.
        touched: the paths at which the two states differ.
        old: raw id of the other state.
        new: raw id of the state.

    Raises:
        RepositoryError: a state cannot be read.
    """
    if len(touched) > _MOST_FILES:
        return _ANYTHING
    before, after = (states.get(state).tree for state in (old, new))
    pairs = [
        (_regular(states, before, path), version)
        for path in sorted(touched)
        if (version := _regular(states, after, path)) is not None
    ]
    symbols = [
        (path, symbol)
        for start in range(0, len(pairs), _AT_ONCE)
        for path, symbol in _added(outlines, pairs[start : start + _AT_ONCE])
    ]
    return Arrivals(
        has_files=any(version is None for version, _ in pairs),
        paths=frozenset(path for path, _ in symbols),
        names=frozenset(symbol.simple_name for _, symbol in symbols),
        digests=frozenset(
            digest for _, symbol in symbols for digest in (symbol.content, symbol.meaning)
        ),
        hashes=frozenset(value for _, symbol in symbols for value in symbol.sketch),
    )


def _added(
    outlines: Outlining, pairs: Sequence[tuple[FileVersion | None, FileVersion]]
) -> Iterator[tuple[bytes, Symbol]]:
    """Yield the symbols that are under no such name in the old version of their file."""
    versions = [version for pair in pairs for version in pair if version is not None]
    found = outlines.of([Source(version.path, version.blob) for version in versions])
    outline_of = dict(zip(versions, found, strict=True))
    for old, new in pairs:
        known = {symbol.name for symbol in outline_of[old].symbols} if old is not None else set()
        for symbol in outline_of[new].symbols:
            if symbol.name not in known:
                yield new.path, symbol


def _regular(states: States, tree: bytes, path: bytes) -> FileVersion | None:
    version = states.file_at(tree, path)
    return version if version is not None and version.is_regular else None


def _simple(symbol: str) -> str:
    return without_mark(symbol.rpartition("::")[2])
