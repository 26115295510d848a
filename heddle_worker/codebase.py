"""What a worker reads of the repository's code: states, files, differences, symbols."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from heddle_worker.discussions.history import GitHistory
from heddle_worker.repository.ancestry import Ancestry
from heddle_worker.repository.blobs import Blobs
from heddle_worker.repository.errors import MissingObjectError
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.states import States
from heddle_worker.repository.tree_diff import TreeDiffs
from heddle_worker.review.travel import Traveller
from heddle_worker.store.cache import Cache, cache_path
from heddle_worker.symbols.limits import ParserLimits
from heddle_worker.symbols.outlines import Outlines
from heddle_worker.symbols.parsers import Parsers

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Codebase:
    """The code of one repository. Nothing is started or opened before it is used.

    Attributes:
        states: its commits.
        blobs: contents of its files.
        diffs: what differs between its trees.
        outlines: the symbols of its files.
        history: of its states, as following symbols asks for it.
        traveller: finds symbols in other states.
        cache: what was found out before.
    """

    states: States
    blobs: Blobs
    diffs: TreeDiffs
    outlines: Outlines
    history: GitHistory
    traveller: Traveller
    cache: Cache

    @classmethod
    def of(cls, repository: Repository, heddle_dir: Path) -> Codebase:
        """Return the code of an open repository.

        Args:
            repository: the repository.
            heddle_dir: its `.heddle` directory, in which the cache is.
        """
        limits = ParserLimits()
        cache, blobs = Cache(cache_path(heddle_dir)), Blobs(repository)
        states, diffs = States(repository), TreeDiffs(repository)

        def read(blob: bytes) -> bytes:
            return _there(lambda: blobs.read(blob, limits.source_bytes))

        def size(blob: bytes) -> int:
            return _there(lambda: blobs.size(blob))

        outlines = Outlines(cache, read, Parsers(limits), size)
        history = GitHistory(Ancestry(repository), states, diffs, outlines.of)
        return cls(states, blobs, diffs, outlines, history, Traveller(history, cache), cache)

    def close(self) -> None:
        """End the processes that were started, and close what was opened. May block."""
        self.outlines.close()
        self.diffs.close()
        self.cache.close()


def _there(look: Callable[[], T]) -> T:
    """Do what looks at an object, and raise a `LookupError` if the object is missing."""
    try:
        return look()
    except MissingObjectError as error:
        raise LookupError(str(error)) from error
