"""Reads in the background what a call had no time for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Final

from heddle_worker.signals.kept_summaries import VersionKey

AT_ONCE: Final = 64
"""Files that are read together."""


class Warming:
    """One thread that reads on, and ends when there is nothing more to read."""

    def __init__(self, load: Callable[[Mapping[VersionKey, bytes]], None]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._missing: dict[VersionKey, bytes] = {}
        self._thread: threading.Thread | None = None

    def begin(self, missing: dict[VersionKey, bytes]) -> None:
        """Read this, in place of what was to be read."""
        with self._lock:
            self._missing = missing
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="corpus", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Read no more."""
        with self._lock:
            self._missing = {}
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while some := self._some():
            try:
                self._load(some)
            except Exception:
                # Whoever asks next, and has the time, gets to see it.
                with self._lock:
                    self._missing = {}

    def _some(self) -> dict[VersionKey, bytes]:
        with self._lock:
            count = min(AT_ONCE, len(self._missing))
            some = dict(self._missing.popitem() for _ in range(count))
            if not some:
                self._thread = None
            return some
