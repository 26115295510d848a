"""The functions of files, in a bounded part of the memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from heddle_worker.signals.summaries import FileSummary

VersionKey: TypeAlias = tuple[str, bytes]
"""Language by the name of a file, and its blob: versions with the same key have one outline."""


class KeptSummaries:
    """What is known of files, those asked for last the last to go.

    Args:
        most: functions that are kept at all.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._summaries: OrderedDict[VersionKey, FileSummary] = OrderedDict()
        self._functions = 0

    def missing(self, files: Mapping[bytes, VersionKey]) -> dict[VersionKey, bytes]:
        """Return the keys that nothing is known of, each with a path that has it."""
        with self._lock:
            return {key: path for path, key in files.items() if key not in self._summaries}

    def unknown(self, keys: Iterable[VersionKey]) -> list[VersionKey]:
        """Return those keys that nothing is known of."""
        with self._lock:
            return [key for key in keys if key not in self._summaries]

    def of(self, files: Mapping[bytes, VersionKey]) -> tuple[dict[bytes, FileSummary], int]:
        """Return what is known of files, and how many functions that are."""
        found: dict[bytes, FileSummary] = {}
        count = 0
        with self._lock:
            for path, key in files.items():
                summary = self._summaries.get(key)
                if summary is not None:
                    self._summaries.move_to_end(key)
                    found[path] = summary
                    count += len(summary.functions)
        return found, count

    def put(self, summaries: Mapping[VersionKey, FileSummary]) -> None:
        """Keep what became known."""
        with self._lock:
            for key, summary in summaries.items():
                if key not in self._summaries:
                    self._summaries[key] = summary
                    self._functions += len(summary.functions)
        self.shrink(self._most)

    def shrink(self, functions: int) -> None:
        """Keep at most so many functions."""
        with self._lock:
            while self._functions > functions:
                _, summary = self._summaries.popitem(last=False)
                self._functions -= len(summary.functions)
