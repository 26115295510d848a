"""The functions of whole trees, known from the outlines of their files.

Outlines of a tree that was never looked at take a while, so what is asked for within a time that is
too short gets nothing; what is missing is then read on in a thread, and is there the next time.
"""

from __future__ import annotations

import enum
import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from heddle_worker.repository.diff import FileVersion
from heddle_worker.review.change import Change, FilePair, Place
from heddle_worker.signals.function_index import FunctionIndex
from heddle_worker.signals.kept_summaries import KeptSummaries, VersionKey
from heddle_worker.signals.material import Neighbour
from heddle_worker.signals.summaries import FileSummary, summary_of
from heddle_worker.signals.warming import AT_ONCE, Warming
from heddle_worker.symbols.languages import language_by_name
from heddle_worker.symbols.outline import Outline, Source

_KEPT_LISTINGS: Final = 4


@dataclass(frozen=True, slots=True)
class CorpusLimits:
    """How large a tree may be for its functions to be looked at.

    Attributes:
        files: whose language is known.
        functions: in all of them.
        spare_functions: that are kept in memory although no tree asked for last has them.
    """

    files: int = 20_000
    functions: int = 50_000
    spare_functions: int = 5_000


class Coverage(enum.Enum):
    """How much is known of a tree."""

    COMPLETE = "complete"
    PENDING = "pending"
    """The time was too short; the rest is being read."""
    TOO_LARGE = "too_large"
    """There is more than the limits allow, and so it will be another time."""


class Corpora:
    """The functions of trees, one tree at a time. Its methods may be called from any thread.

    Args:
        tree_of: returns the raw id of the tree of a state, by the raw id of that.
        files_of: yields the files of a tree and of all below it, by its raw id.
        outlines_of: returns what versions of files define, in their order.
        limits: for trees.
    """

    def __init__(
        self,
        tree_of: Callable[[bytes], bytes],
        files_of: Callable[[bytes], Iterable[FileVersion]],
        outlines_of: Callable[[Sequence[Source]], Sequence[Outline]],
        limits: CorpusLimits = CorpusLimits(),
    ) -> None:
        self._tree_of = tree_of
        self._files_of = files_of
        self._outlines_of = outlines_of
        self._limits = limits
        self._listings: OrderedDict[bytes, dict[bytes, VersionKey] | None] = OrderedDict()
        self._summaries = KeptSummaries(limits.functions + limits.spare_functions)
        self._index = FunctionIndex()
        self._lock = threading.Lock()
        self._warming = Warming(self._load)

    def of(self, change: Change, seconds: float) -> tuple[TreeCorpus | None, Coverage]:
        """Return all functions after a change, if they are known or can be within some time.

        Args:
            change: of a state or a worktree.
            seconds: for files that were never looked at.

        Raises:
            RepositoryError: the tree cannot be read.
        """
        files = self._after(change)
        if files is None:
            return None, Coverage.TOO_LARGE
        self._note(change.pairs)
        missing = self._read(files, seconds)
        summaries, count = self._summaries.of(files)
        if count > self._limits.functions:
            return None, Coverage.TOO_LARGE
        if missing:
            self._warming.begin(missing)
        if len(summaries) < len(files):
            return None, Coverage.PENDING
        self._summaries.shrink(count + self._limits.spare_functions)
        return TreeCorpus(self._index, self._lock, summaries), Coverage.COMPLETE

    def close(self) -> None:
        """Read no more. May block until what is being read is there."""
        self._warming.close()

    def _read(self, files: Mapping[bytes, VersionKey], seconds: float) -> dict[VersionKey, bytes]:
        """Read what is not known of files, for some time; return what is still not known then."""
        missing = self._summaries.missing(files)
        deadline = time.monotonic() + seconds
        while missing and time.monotonic() < deadline:
            self._load(dict(missing.popitem() for _ in range(min(AT_ONCE, len(missing)))))
        return missing

    def _after(self, change: Change) -> dict[bytes, VersionKey] | None:
        """Return the files after a change whose language is known; `None` for too many."""
        if change.state is None:
            before = self._listing(self._tree_of(change.prior)) if change.prior else {}
            return None if before is None else _moved(before, change, backwards=False)
        tree = change.state.tree
        if not change.prior or change.diff.is_truncated:
            return self._listing(tree)
        # Whoever goes through history, in whatever direction, has just been at one end.
        prior = self._tree_of(change.prior)
        self._derive(prior, tree, change, backwards=False)
        files = self._listing(tree)
        self._derive(tree, prior, change, backwards=True)
        return files

    def _derive(self, known: bytes, wanted: bytes, change: Change, *, backwards: bool) -> None:
        """Keep the files of a tree, if those of another are known that differs by a change."""
        with self._lock:
            files = self._listings.get(known)
            if files is None or wanted in self._listings:
                return
        self._keep(wanted, _moved(files, change, backwards=backwards))

    def _listing(self, tree: bytes) -> dict[bytes, VersionKey] | None:
        with self._lock:
            if tree in self._listings:
                self._listings.move_to_end(tree)
                return self._listings[tree]
        known = itertools.islice(_known(self._files_of(tree)), self._limits.files + 1)
        return self._keep(tree, dict(known))

    def _keep(self, tree: bytes, files: dict[bytes, VersionKey]) -> dict[bytes, VersionKey] | None:
        """Keep the files of a tree; of one with too many, only that."""
        listing = files if len(files) <= self._limits.files else None
        with self._lock:
            self._listings[tree] = listing
            while len(self._listings) > _KEPT_LISTINGS:
                self._listings.popitem(last=False)
        return listing

    def _note(self, pairs: Iterable[FilePair]) -> None:
        """Keep what a change knows already; of a worktree, nobody else knows it."""
        outlines = {
            key: pair.new
            for pair in pairs
            if pair.new is not None
            and pair.change.new is not None
            and (key := _key(pair.change.new))[0]
        }
        fresh = self._summaries.unknown(outlines)
        self._summaries.put({key: summary_of(outlines[key]) for key in fresh})

    def _load(self, wanted: Mapping[VersionKey, bytes]) -> None:
        sources = [Source(path, blob) for (_language, blob), path in wanted.items()]
        outlines = self._outlines_of(sources)
        self._summaries.put(dict(zip(wanted, map(summary_of, outlines), strict=True)))


class TreeCorpus:
    """All functions of one tree.

    Args:
        index: which may have been moved to another tree.
        lock: of the index.
        files: of the tree.
    """

    def __init__(
        self, index: FunctionIndex, lock: threading.Lock, files: Mapping[bytes, FileSummary]
    ) -> None:
        self._index = index
        self._lock = lock
        self._files = files

    @property
    def function_count(self) -> int:
        """How many there are."""
        with self._lock:
            return self._moved().function_count

    @property
    def test_count(self) -> int:
        """How many of them are tests."""
        with self._lock:
            return self._moved().test_count

    def nearest(self, place: Place) -> Neighbour | None:
        """Return the function that resembles one most; `None` when none does at all."""
        with self._lock:
            return self._moved().nearest(place)

    def is_tested(self, place: Place, language: str) -> bool:
        """Return whether a test, or something that a test calls, may call a function."""
        with self._lock:
            return self._moved().is_tested(place, language)

    def _moved(self) -> FunctionIndex:
        self._index.move_to(self._files)
        return self._index


def _moved(
    files: Mapping[bytes, VersionKey], change: Change, *, backwards: bool
) -> dict[bytes, VersionKey]:
    """Return files as a change makes them, or as they were before it."""
    moved = dict(files)
    sides = [(file.old, file.new) for file in change.diff.files]
    if backwards:
        sides = [(new, old) for old, new in sides]
    for gone, _ in sides:
        if gone is not None:
            moved.pop(gone.path, None)
    moved.update(_known(come for _, come in sides if come is not None))
    return moved


def _known(files: Iterable[FileVersion]) -> Iterator[tuple[bytes, VersionKey]]:
    for each in files:
        if each.is_regular and (key := _key(each))[0]:
            yield each.path, key


def _key(version: FileVersion) -> VersionKey:
    return language_by_name(version.path), version.blob
