"""The functions of whole trees, known from the outlines of their files.

Outlines of a tree that was never looked at take a while, so what is asked for within a time that is
too short gets nothing; what is missing is then read on in a thread, and is there the next time.
"""

from __future__ import annotations

import dataclasses
import enum
import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from heddle_worker.repository.diff import FileVersion
from heddle_worker.review.change import Change, FilePair
from heddle_worker.signals.function_index import FunctionIndex
from heddle_worker.signals.kept_summaries import KeptSummaries, VersionKey
from heddle_worker.signals.summaries import EMPTY, summary_of
from heddle_worker.signals.tree_corpus import KnownFiles, TreeCorpus
from heddle_worker.signals.warming import AT_ONCE, Warming
from heddle_worker.symbols.languages import language_by_name
from heddle_worker.symbols.outline import Outline, Source

_KEPT_LISTINGS: Final = 4
_MOST_STEPS: Final = 32


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
        self._latest: KnownFiles | None = None
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
        known = self._stepped(files, change, seconds)
        if known is None:
            known = self._looked_up(files, change, seconds)
        if known is None:
            return None, Coverage.PENDING
        if known.functions > self._limits.functions:
            return None, Coverage.TOO_LARGE
        if known.tree:
            with self._lock:
                self._latest = dataclasses.replace(known, before=None)
        return TreeCorpus(self._index, self._lock, known), Coverage.COMPLETE

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

    def _stepped(
        self, files: Mapping[bytes, VersionKey], change: Change, seconds: float
    ) -> KnownFiles | None:
        """Return what is known of the files after a change by what was known before it.

        It is `None` where something else was asked for last, and once in a while, so that what is
        in use is not taken for what nobody has asked for.
        """
        with self._lock:
            latest = self._latest
        if latest is None or latest.steps >= _MOST_STEPS or change.diff.is_truncated:
            return None
        if not change.prior or self._tree_of(change.prior) != latest.tree:
            return None
        touched = {
            version.path
            for file in change.diff.files
            for version in (file.old, file.new)
            if version is not None
        }
        there = {path: files[path] for path in touched if path in files}
        if self._read(there, seconds):
            return None
        fresh, functions = self._summaries.of(there)
        gone = (latest.summaries.get(path, EMPTY) for path in touched)
        functions += latest.functions - sum(len(summary.functions) for summary in gone)
        summaries = {**latest.summaries, **fresh}
        for path in touched - fresh.keys():
            summaries.pop(path, None)
        tree = change.state.tree if change.state is not None else b""
        return KnownFiles(tree, summaries, functions, latest.steps + 1, latest.summaries, touched)

    def _looked_up(
        self, files: Mapping[bytes, VersionKey], change: Change, seconds: float
    ) -> KnownFiles | None:
        """Return what is known of files, after so much time for those that are not; else `None`."""
        missing = self._read(files, seconds)
        summaries, functions = self._summaries.of(files)
        if functions <= self._limits.functions:
            if missing:
                self._warming.begin(missing)
            if len(summaries) < len(files):
                return None
            self._summaries.shrink(functions + self._limits.spare_functions)
        tree = change.state.tree if change.state is not None else b""
        return KnownFiles(tree, summaries, functions)

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
