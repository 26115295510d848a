"""What following symbols asks of a repository, and what it keeps of the answers for a while."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol, TypeVar

from heddle_worker.repository.diff import Diff, FileChange, FileVersion
from heddle_worker.review.change import FilePair, Place
from heddle_worker.symbols.outline import Outline, Source

_KEPT_OUTLINES: Final = 1_000
"""Of versions of files, some 60 kB each."""

_Key = TypeVar("_Key")


class History(Protocol):
    """States, their files and what they define. All ids are raw.

    Any method may raise `RepositoryError` for a state that cannot be read.
    """

    def has(self, state: bytes) -> bool:
        """Return whether the state is there, reachable from a ref or not."""
        ...

    def parents(self, state: bytes) -> tuple[bytes, ...]:
        """Return the parents, the first first; those that a shallow clone lacks are left out."""
        ...

    def merge_base(self, one: bytes, other: bytes) -> bytes | None:
        """Return a best common ancestor."""
        ...

    def file_at(self, state: bytes, path: bytes) -> FileVersion | None:
        """Return the file at a path."""
        ...

    def files(self, state: bytes) -> Iterable[FileVersion]:
        """Yield all files."""
        ...

    def diff(self, old: bytes, new: bytes) -> Diff:
        """Return what differs between the trees of two states, with renames."""
        ...

    def outlines(self, sources: Sequence[Source]) -> Sequence[Outline]:
        """Return what each version of a file defines, in the same order."""
        ...


class Lookups:
    """Answers of a history, kept as long as one question about many anchors is worked on."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._files: dict[tuple[bytes, bytes], FileVersion | None] = {}
        self._outlines: dict[tuple[bytes, bytes], Outline] = {}
        self._symbols: dict[tuple[bytes, bytes], dict[str, Place]] = {}

    def file_at(self, state: bytes, path: bytes) -> FileVersion | None:
        """Return the file with contents of its own at a path."""
        key = (state, path)
        if key not in self._files:
            found = self._history.file_at(state, path)
            self._files[key] = found if found is not None and found.is_regular else None
        return self._files[key]

    def outline(self, version: FileVersion) -> Outline:
        """Return what one version of a file defines."""
        return self.outlines([version])[0]

    def outlines(self, versions: Sequence[FileVersion]) -> list[Outline]:
        """Return what versions of files define."""
        keys = [(version.path, version.blob) for version in versions]
        wanted = [key for key in dict.fromkeys(keys) if key not in self._outlines]
        if wanted:
            found = self._history.outlines([Source(path, blob) for path, blob in wanted])
            self._outlines.update(zip(wanted, found, strict=True))
        outlines = [self._outlines[key] for key in keys]
        forget_oldest(self._outlines, _KEPT_OUTLINES)
        return outlines

    def symbol_at(self, state: bytes, path: bytes, name: str) -> Place | None:
        """Return the symbol of a file that has exactly this name."""
        version = self.file_at(state, path)
        if version is None:
            return None
        key = (path, version.blob)
        if key not in self._symbols:
            symbols = self.outline(version).symbols
            self._symbols[key] = {symbol.name: Place(path, symbol) for symbol in symbols}
            forget_oldest(self._symbols, _KEPT_OUTLINES)
        return self._symbols[key].get(name)

    def pairs(self, changes: Sequence[FileChange]) -> list[FilePair]:
        """Return files that differ with their outlines."""
        sides = [[change.old, change.new] for change in changes]
        versions = [each for side in sides for each in side if each is not None and each.is_regular]
        outlines = iter(self.outlines(versions))

        def of(version: FileVersion | None) -> Outline | None:
            return next(outlines) if version is not None and version.is_regular else None

        return [FilePair(change, of(change.old), of(change.new)) for change in changes]


def forget_oldest(kept: dict[_Key, Any], most: int) -> None:
    """Leave only so many of what was put into a dictionary last."""
    while len(kept) > most:
        del kept[next(iter(kept))]
