"""Keeping processes that compare trees ready, and ending those that nobody needs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, TypeAlias

from heddle_worker.repository.diff import Diff
from heddle_worker.repository.diff_process import DiffProcess
from heddle_worker.repository.errors import GitFailedError

_MOST_IDLE: Final = 2
_IDLE_SECONDS: Final = 30.0
_AGE_SECONDS: Final = 300.0

Surroundings: TypeAlias = tuple[bytes, ...]
"""What a process reads only once, as far as it shows from outside."""


class DiffProcesses:
    """Asks one of several processes, each of which serves one thread at a time.

    A process is started when all others are busy, and ended when it was idle for a while or is
    old: git keeps what it has read of attributes. A process dies with this one.

    Args:
        start: starts a process.
        surroundings: what the processes have to be in accord with; another value ends them.
        idle_seconds: how long one that nobody needs may stay.
    """

    def __init__(
        self,
        start: Callable[[], DiffProcess],
        surroundings: Callable[[], Surroundings],
        idle_seconds: float = _IDLE_SECONDS,
    ) -> None:
        self._start = start
        self._surroundings = surroundings
        self._idle_seconds = idle_seconds
        self._changed = threading.Condition()
        self._idle: list[_Kept] = []
        self._reaper: threading.Thread | None = None
        self._is_closed = False

    def ask(self, old_tree: bytes, new_tree: bytes) -> Diff:
        """Return how two trees differ.

        Raises:
            RepositoryError: see `DiffProcess.ask`.
        """
        surroundings = self._surroundings()
        kept = self._take(surroundings)
        if kept is not None:
            try:
                return self._asked(kept, old_tree, new_tree)
            except GitFailedError:
                # It may have been ended from outside while it was idle.
                pass
        return self._asked(_Kept(self._start(), surroundings), old_tree, new_tree)

    def close(self) -> None:
        """End all processes that are idle, and each of the others when it has answered."""
        with self._changed:
            self._is_closed = True
            idle, self._idle = self._idle, []
            reaper = self._reaper
            self._changed.notify_all()
        for kept in idle:
            kept.process.close()
        if reaper is not None:
            reaper.join()

    def _asked(self, kept: _Kept, old_tree: bytes, new_tree: bytes) -> Diff:
        try:
            return kept.process.ask(old_tree, new_tree)
        finally:
            self._give_back(kept)

    def _take(self, surroundings: Surroundings) -> _Kept | None:
        now = time.monotonic()
        outdated: list[_Kept] = []
        found = None
        with self._changed:
            while self._idle and found is None:
                kept = self._idle.pop()
                if kept.surroundings == surroundings and now < kept.old_at:
                    found = kept
                else:
                    outdated.append(kept)
        for kept in outdated:
            kept.process.close()
        return found

    def _give_back(self, kept: _Kept) -> None:
        with self._changed:
            is_kept = kept.process.is_reusable and not (
                self._is_closed or len(self._idle) >= _MOST_IDLE
            )
            if is_kept:
                kept.idle_until = time.monotonic() + self._idle_seconds
                self._idle.append(kept)
                if self._reaper is None:
                    self._reaper = threading.Thread(
                        target=self._reap, name="diff-processes", daemon=True
                    )
                    self._reaper.start()
        if not is_kept:
            kept.process.close()

    def _reap(self) -> None:
        """End processes that have been idle for long; return when none is left."""
        while True:
            with self._changed:
                now = time.monotonic()
                expired = [kept for kept in self._idle if kept.idle_until <= now]
                self._idle = [kept for kept in self._idle if kept.idle_until > now]
                if not expired:
                    if not self._idle:
                        self._reaper = None
                        return
                    self._changed.wait(min(kept.idle_until for kept in self._idle) - now)
            for kept in expired:
                kept.process.close()


class _Kept:
    """A process, what it was started in, and how long it may stay."""

    def __init__(self, process: DiffProcess, surroundings: Surroundings) -> None:
        self.process = process
        self.surroundings = surroundings
        self.old_at = time.monotonic() + _AGE_SECONDS
        self.idle_until = 0.0
