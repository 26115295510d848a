"""All functions of one tree, as modules ask for them."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from heddle_worker.review.change import Place
from heddle_worker.signals.function_index import FunctionIndex
from heddle_worker.signals.material import Neighbour
from heddle_worker.signals.summaries import FileSummary


@dataclass(frozen=True, slots=True)
class KnownFiles:
    """What is known of the files of one tree.

    Attributes:
        tree: its raw id; empty for a worktree.
        summaries: of the files, by path.
        functions: how many there are in them.
        steps: since the files were looked up one by one.
        before: the summaries of the tree that this one comes from, if that was just asked for.
        touched: paths of the files in which it differs from that.
    """

    tree: bytes
    summaries: Mapping[bytes, FileSummary]
    functions: int
    steps: int = 0
    before: Mapping[bytes, FileSummary] | None = None
    touched: Collection[bytes] = ()


class TreeCorpus:
    """All functions of one tree.

    Args:
        index: which may have been moved to another tree.
        lock: of the index.
        known: of the tree's files.
    """

    def __init__(self, index: FunctionIndex, lock: threading.Lock, known: KnownFiles) -> None:
        self._index = index
        self._lock = lock
        self._known = known

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
        known = self._known
        self._index.move_to(known.summaries, known.before, known.touched)
        return self._index
