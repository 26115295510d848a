"""Tells of the conflicts that git stops at, each once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from heddle_worker.hooks.events import Event
from heddle_worker.hooks.git_runs import displayed_path
from heddle_worker.repository.checked_out import branch_at, git_dir_of
from heddle_worker.repository.conflicts import Conflict, conflict_at
from heddle_worker.repository.display import displayed
from heddle_worker.repository.repository import Repository

_MOST_PATHS: Final = 1_000


class ConflictTeller:
    """Looks for conflicts when something has changed. On any thread; may block.

    Args:
        repository: whose worktrees are looked at.
        tell: is called with each event.
    """

    def __init__(self, repository: Repository, tell: Callable[[Event], None]) -> None:
        self._repository = repository
        self._tell = tell
        self._known: dict[Path, tuple[str, bytes]] | None = None
        self._looking = threading.Lock()

    def look(self) -> None:
        """Tell of every conflict that was not there at the last look; of none at the first."""
        with self._looking:
            found = {conflict.root: conflict for conflict in self._conflicts()}
            known, is_first = self._known or {}, self._known is None
            self._known = {root: conflict.cause for root, conflict in found.items()}
        for root, conflict in found.items():
            if not is_first and known.get(root) != conflict.cause:
                self._tell(_event(conflict))

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
