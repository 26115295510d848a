"""Tells of the conflicts that git stops at, each once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from heddle_worker.hooks.events import Event
from heddle_worker.hooks.git_runs import displayed_path
from heddle_worker.hooks.hub import HookHub
from heddle_worker.repository.checked_out import branch_at, git_dir_of, is_rebasing
from heddle_worker.repository.conflicts import Conflict, conflict_at
from heddle_worker.repository.display import displayed
from heddle_worker.repository.repository import Repository
from heddle_worker.store import told
from heddle_worker.store.errors import StoreError
from heddle_worker.store.readers import Readers
from heddle_worker.store.writer import Writer

_MOST_PATHS: Final = 1_000


class ConflictTeller:
    """Looks for conflicts when something has changed. On any thread; may block.

    Args:
        repository: whose worktrees are looked at.
        hub: is told of each event.
        writer, readers: of the store.
        say: writes a line to the daemon's log.
    """

    def __init__(
        self,
        repository: Repository,
        hub: HookHub,
        writer: Writer,
        readers: Readers,
        say: Callable[[str], None],
    ) -> None:
        self._repository = repository
        self._hub = hub
        self._writer = writer
        self._readers = readers
        self._say = say
        self._known: dict[Path, tuple[str, bytes]] | None = None
        self._untold: set[Path] = set()
        self._looking = threading.Lock()

    def look(self) -> None:
        """Tell of every conflict that was not there at the last look.

        At the first, that of the worker before counts; where there was none, nothing is told.

        Raises:
            StoreError: the store cannot be read.
        """
        if not self._hub.has_begun:
            return
        with self._looking:
            found = {conflict.root: conflict for conflict in self._conflicts()}
            causes = {root: conflict.cause for root, conflict in found.items()}
            before = self._known if self._known is not None else self._kept(causes)
            # While a rebase stops, the file is another one, or none, for a moment.
            causes |= {
                root: cause
                for root, cause in before.items()
                if root not in causes and is_rebasing(git_dir_of(root))
            }
            self._known = causes
            new = [
                root
                for root, (_name, content) in causes.items()
                if root not in before or before[root][1] != content
            ]
            self._untold |= set(new)
        for root in new:
            self._hub.tell_soon(_event(found[root]), partial(self._note_told, root))
        if causes != before and not new:
            self._keep()

    def _kept(self, causes: dict[Path, tuple[str, bytes]]) -> dict[Path, tuple[str, bytes]]:
        """Return what is known when this worker begins."""
        with self._readers.snapshot() as connection:
            kept = told.conflicts(connection)
        before = {Path(os.fsdecode(root)): cause for root, cause in kept.items()}
        if before != causes and not self._hub.returning.is_successor():
            self._known = causes
            self._keep()
            return causes
        return before

    def _note_told(self, root: Path) -> None:
        self._untold.discard(root)
        self._keep()

    def _keep(self) -> None:
        """Write down of what everybody was told; waits for nothing."""
        known = self._known or {}
        causes = {
            os.fsencode(root): cause for root, cause in known.items() if root not in self._untold
        }
        try:
            self._writer.submit(partial(told.set_conflicts, found=causes))
        except StoreError as error:
            self._say(f"what hooks were told of conflicts is not kept: {error}")

    def _conflicts(self) -> list[Conflict]:
        roots = self._repository.worktrees
        found = (conflict_at(root, git_dir_of(root)) for root in roots)
        return [conflict for conflict in found if conflict is not None]


def _event(conflict: Conflict) -> Event:
    payload = {
        "conflicts": [{"path": displayed(path)} for path in conflict.paths[:_MOST_PATHS]],
        "thread": displayed(branch_at(conflict.root)),
        "worktree": displayed_path(conflict.root),
    }
    return Event("on_conflict", payload, conflict.root)
