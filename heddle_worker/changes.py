"""Changes, laid out: how a state or a worktree differs, with the outlines of what is touched."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

from heddle_worker.repository.diff import Diff, FileVersion
from heddle_worker.repository.state import State
from heddle_worker.repository.states import States
from heddle_worker.repository.tree_diff import TreeDiffs
from heddle_worker.repository.worktree_diff import of_worktree
from heddle_worker.review.change import Change, FilePair
from heddle_worker.review.matching import match
from heddle_worker.symbols.outline import Outline, OutlineStatus, Source
from heddle_worker.symbols.outlines import Outlines

_NO_SYMBOLS: Final = Outline("", OutlineStatus.UNKNOWN_LANGUAGE)
_TOO_LARGE: Final = Outline("", OutlineStatus.TOO_LARGE)
_MOST_KEPT_SYMBOLS: Final = 10_000
_MOST_AHEAD: Final = 64
"""Files of a state that are parsed before it is known how they differ."""

_Key: TypeAlias = tuple[bytes, bytes]
"""Path and blob."""


class Changes:
    """Lays changes out. Its methods block, and may be called from any thread.

    Each of them raises a `RepositoryError` when the repository lacks what it refers to, or cannot
    be read.

    Args:
        states: of the repository.
        trees: compares the repository's trees.
        outlines: of the repository's files.
    """

    def __init__(self, states: States, trees: TreeDiffs, outlines: Outlines) -> None:
        self._states = states
        self._trees = trees
        self._outlines = outlines
        self._kept = _RecentChanges()

    def of_state(self, state: State) -> Change:
        """Return what a state changes: compared with its first parent, a root with nothing."""
        kept = self._kept.get(state.id)
        if kept is not None:
            return kept
        # The parsers have the most to do, and need not know what git has to say.
        ahead = self._begun(self._trees.touched_by(state, _MOST_AHEAD))
        diff = self._trees.of_state(state)
        change = self._laid_out(state, state.parents[0] if state.parents else b"", diff, ahead())
        self._kept.put(state.id, change)
        return change

    def between(self, prior: State, state: State) -> Change:
        """Return what a state changes compared with any other."""
        if state.parents and state.parents[0] == prior.id:
            return self.of_state(state)
        return self._laid_out(state, prior.id, self._trees.between(prior.tree, state.tree))

    def of_worktree(self, root: Path, head: State | None) -> Change:
        """Return what a worktree changes compared with its `HEAD`, which may have no commit yet.

        Raises:
            NoWorktreeError: there is none at `root`.
        """
        return self._laid_out(None, head.id if head is not None else b"", of_worktree(root))

    def _begun(self, versions: Sequence[FileVersion]) -> Callable[[], dict[_Key, Outline]]:
        sources = [Source(each.path, each.blob) for each in versions]
        finish = self._outlines.begin(sources)
        return lambda: {
            (source.path, source.blob): outline
            for source, outline in zip(sources, finish(), strict=True)
        }

    def _laid_out(
        self,
        state: State | None,
        prior: bytes,
        diff: Diff,
        outlines: Mapping[_Key, Outline] = MappingProxyType({}),
    ) -> Change:
        """Return a change, of whose outlines some may be known already."""
        others = {
            (version.path, version.blob): Source(version.path, version.blob, version.content)
            for file in diff.files
            for version in (file.old, file.new)
            if version is not None and version.is_regular and not version.is_left_out
            if (version.path, version.blob) not in outlines
        }
        known = {
            **outlines,
            **dict(zip(others, self._outlines.of([*others.values()]), strict=True)),
        }
        pairs = tuple(
            FilePair(file, _outline(known, file.old), _outline(known, file.new))
            for file in diff.files
        )
        return Change(state, prior, diff, pairs, match(pairs))


class _RecentChanges:
    """The changes asked for last: one call after the other is about the same state."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes: OrderedDict[bytes, tuple[int, Change]] = OrderedDict()
        self._symbols = 0

    def get(self, state: bytes) -> Change | None:
        with self._lock:
            if state not in self._changes:
                return None
            self._changes.move_to_end(state)
            return self._changes[state][1]

    def put(self, state: bytes, change: Change) -> None:
        size = sum(
            len(side.symbols) for pair in change.pairs for side in (pair.old, pair.new) if side
        )
        with self._lock:
            if state in self._changes:
                return
            self._changes[state] = size, change
            self._symbols += size
            while self._symbols > _MOST_KEPT_SYMBOLS:
                _, (size, _change) = self._changes.popitem(last=False)
                self._symbols -= size


def _outline(outlines: Mapping[_Key, Outline], version: FileVersion | None) -> Outline | None:
    if version is None:
        return None
    if version.is_left_out:
        return _TOO_LARGE
    known = outlines.get((version.path, version.blob)) if version.is_regular else None
    return known or _NO_SYMBOLS
