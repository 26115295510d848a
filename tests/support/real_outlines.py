"""What a worker knows of a repository, to try its parts on: states, differences and outlines."""

from __future__ import annotations

from pathlib import Path

from heddle_worker.discussions.history import GitHistory
from heddle_worker.repository.ancestry import Ancestry
from heddle_worker.repository.blobs import Blobs
from heddle_worker.repository.errors import MissingObjectError
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.states import States
from heddle_worker.repository.tree_diff import TreeDiffs
from heddle_worker.review.anchor import Anchor
from heddle_worker.review.change import SymbolChange
from heddle_worker.review.history import Lookups
from heddle_worker.review.matching import match
from heddle_worker.review.travel import Traveller
from heddle_worker.store.cache import Cache
from heddle_worker.symbols.outline import Symbol
from heddle_worker.symbols.outlines import Outlines
from heddle_worker.symbols.parsers import Parsers

_MOST_BYTES = 64 << 20


class Knowledge:
    """Of the repository at `root`; what can be computed again goes to `cache`."""

    def __init__(self, root: Path, cache: Path) -> None:
        repository = Repository.open(root)
        self._blobs = Blobs(repository)
        self._cache = Cache(cache)
        self._diffs = TreeDiffs(repository)
        self._outlines = Outlines(self._cache, self._read, Parsers())
        self.history = GitHistory(
            Ancestry(repository), States(repository), self._diffs, self._outlines.of
        )
        self.traveller = Traveller(self.history, self._cache)

    def close(self) -> None:
        self._outlines.close()
        self._diffs.close()
        self._cache.close()

    def changes(self, old: bytes, new: bytes) -> tuple[SymbolChange, ...]:
        """Return what became of symbols from one state to another."""
        files = self.history.diff(old, new).files
        return match(Lookups(self.history).pairs(files))

    def symbols(self, state: bytes, path: bytes) -> tuple[Symbol, ...]:
        """Return what a file defines in a state."""
        lookups = Lookups(self.history)
        version = lookups.file_at(state, path)
        return () if version is None else lookups.outline(version).symbols

    def _read(self, blob: bytes) -> bytes:
        try:
            return self._blobs.read(blob, _MOST_BYTES)
        except MissingObjectError as error:
            raise LookupError from error


def anchor(state: bytes, path: bytes, symbol: Symbol) -> Anchor:
    """Return the anchor at a symbol."""
    return Anchor(
        state,
        path,
        symbol.name,
        symbol.kind,
        symbol.start_line,
        symbol.end_line,
        symbol.content,
        symbol.meaning,
        symbol.sketch,
    )
