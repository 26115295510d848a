"""The repository's history, as following symbols asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from heddle_worker.repository.ancestry import Ancestry
from heddle_worker.repository.diff import Diff, FileVersion
from heddle_worker.repository.states import States
from heddle_worker.repository.tree_diff import TreeDiffs
from heddle_worker.symbols.outline import Outline, Source


class GitHistory:
    """A `History` of a repository.

    Args:
        ancestry: of its commits.
        states: its states.
        diffs: compares its trees.
        outlines: returns what versions of files define, in their order.
    """

    def __init__(
        self,
        ancestry: Ancestry,
        states: States,
        diffs: TreeDiffs,
        outlines: Callable[[Sequence[Source]], Sequence[Outline]],
    ) -> None:
        self._ancestry = ancestry
        self._states = states
        self._diffs = diffs
        self.outlines = outlines

    def has(self, state: bytes) -> bool:
        """Return whether the state is there, reachable from a ref or not."""
        return self._ancestry.has(state)

    def parents(self, state: bytes) -> tuple[bytes, ...]:
        """Return the parents that are there, the first first."""
        return self._ancestry.parents(state)

    def merge_base(self, one: bytes, other: bytes) -> bytes | None:
        """Return a best common ancestor."""
        return self._states.merge_base(one, other)

    def file_at(self, state: bytes, path: bytes) -> FileVersion | None:
        """Return the file at a path."""
        return self._states.file_at(self._ancestry.tree(state), path)

    def files(self, state: bytes) -> Iterable[FileVersion]:
        """Yield all files."""
        return self._states.tree_files(self._ancestry.tree(state))

    def diff(self, old: bytes, new: bytes) -> Diff:
        """Return what differs between the trees of two states, with renames."""
        return self._diffs.between(self._ancestry.tree(old), self._ancestry.tree(new))
