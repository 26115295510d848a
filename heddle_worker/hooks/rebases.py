"""Rebases of a detached `HEAD`: git's records have each of their steps, but not their end."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from heddle_worker.repository.checked_out import detached_at, is_rebasing
from heddle_worker.store.operations import Operation

_STEP: Final = re.compile(r"(?:rebase|pull)\b[^:]*\((?P<step>[\w -]+)\)(?::|$)")
_ENDS: Final = frozenset({"finish", "abort"})


class DetachedRebases:
    """Finds out when they are over.

    Args:
        common_dir: of the repository.
    """

    def __init__(self, common_dir: Path) -> None:
        self._common_dir = common_dir
        # By the state that each has come to: its last step.
        self._steps: dict[bytes, Operation] = {}
        self._left: list[Operation] = []

    @property
    def is_waiting(self) -> bool:
        """Whether there is one that may not be over."""
        return bool(self._steps or self._left)

    def note(self, entry: Operation) -> None:
        """Take notice of an entry of the operation log, each after those before it."""
        match = _STEP.match(entry.detail)
        last = self._steps.pop(entry.old_id, None) if entry.old_id else None
        if match is None:
            if last is not None:
                # Somebody has gone on from there, or there was a stop.
                self._left.append(last)
        elif match["step"] in _ENDS:
            # That of a branch ends in the state of its last step.
            self._steps.pop(entry.change_id, None)
        elif entry.change_id and not entry.thread:
            self._steps[entry.change_id] = entry

    def over(self) -> list[Operation]:
        """Return the last steps of those that are over; each once. May block.

        While one goes on, git keeps a directory; when that of a branch is over, `HEAD` has returned
        to the branch before the directory goes.
        """
        git_dirs = [self._common_dir, *sorted(self._common_dir.glob("worktrees/*"))]
        left, self._left = self._left, []
        if any(map(is_rebasing, git_dirs)):
            return []
        heads = {detached_at(git_dir) for git_dir in git_dirs}
        steps, self._steps = self._steps, {}
        return left + [entry for state, entry in steps.items() if state in heads]
