"""The signals of states and of worktrees, with what is written about their symbols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from heddle_worker.attached_signals import AttachedSignals
from heddle_worker.changes import Changes
from heddle_worker.codebase import Codebase
from heddle_worker.discussions.discussions import Discussions
from heddle_worker.repository.state import State
from heddle_worker.review.change import Annotation, Change
from heddle_worker.review.configuration import ReviewSettings
from heddle_worker.signals.budget import preferred
from heddle_worker.signals.computing import CORPUS_SECONDS, SignalReport, Signals
from heddle_worker.signals.corpora import Corpora, Coverage
from heddle_worker.signals.health import SECONDS, Health, HealthReport

_PATIENT_SECONDS: Final = 10.0
"""For files that were never looked at, where nobody waits."""


@dataclass(frozen=True, slots=True)
class Signalling:
    """Computes signals of one repository. Its methods block, and may be called from any thread.

    Each of them raises a `RepositoryError` when the repository lacks what it refers to or cannot be
    read, a `StoreError` when the store cannot, and a `ConfigurationError` for settings that make no
    sense.

    Attributes:
        changes: lays changes out.
        signals: of changes.
        discussions: which have left annotations.
        code: of the repository.
        attached: by hooks.
    """

    changes: Changes
    signals: Signals
    discussions: Discussions
    code: Codebase
    attached: AttachedSignals

    @classmethod
    def of(
        cls,
        code: Codebase,
        changes: Changes,
        discussions: Discussions,
        settings: Callable[[], ReviewSettings],
        attached: AttachedSignals,
    ) -> Signalling:
        """Return what computes the signals of a repository's code.

        Args:
            code: of the repository.
            changes: lays changes out.
            discussions: which have left annotations.
            settings: returns those that hold now.
            attached: by hooks.
        """
        states = code.states
        corpora = Corpora(lambda state: states.get(state).tree, states.walk_files, code.outlines.of)
        signals = Signals(corpora, code.cache, settings, attached=attached.of)
        return cls(changes, signals, discussions, code, attached)

    def of_state(
        self, state: State, prior: State | None = None, corpus_seconds: float = CORPUS_SECONDS
    ) -> SignalReport:
        """Return the signals of a state.

        Args:
            state: the state.
            prior: what to compare it with; its first parent by default.
            corpus_seconds: for files of the repository that were never looked at.
        """
        change = (
            self.changes.of_state(state) if prior is None else self.changes.between(prior, state)
        )
        return self._of(change, state, corpus_seconds)

    def kinds_of(self, state: bytes) -> tuple[list[str], bool]:
        """Return the kinds of the signals of a state's raw id, the most important first.

        Besides, whether there may be more of them when it is asked again.
        """
        report = self.of_state(self.code.states.get(state), corpus_seconds=_PATIENT_SECONDS)
        kinds = [signal.kind for signal in preferred(each.signal for each in report.signals)]
        return list(dict.fromkeys(kinds)), report.coverage is Coverage.PENDING

    def of_worktree(
        self, root: Path, head: State | None, corpus_seconds: float = CORPUS_SECONDS
    ) -> SignalReport:
        """Return the signals of a worktree, as if everything in it were committed.

        Args:
            root: of the worktree.
            head: its `HEAD`; `None` before the first commit.
            corpus_seconds: as in `of_state`.
        """
        return self._of(self.changes.of_worktree(root, head), head, corpus_seconds)

    def health(self, newest: bytes, window: int, seconds: float = SECONDS) -> HealthReport:
        """Return how often the modules fired in a state and those before it; see `Health`."""
        has_annotations = self.discussions.has_annotations()
        health = Health(
            self.signals,
            self.code.cache,
            self.code.states.first_parents,
            self.changes.of_state,
            self.discussions.annotations_in if has_annotations else _none,
            self.attached.modules,
        )
        return health.report(newest, window, seconds)

    def close(self) -> None:
        """Read no more files in the background. May block."""
        self.signals.corpora.close()

    def _of(self, change: Change, near: State | None, corpus_seconds: float) -> SignalReport:
        annotations = self.discussions.annotations_in(near) if near is not None else ()
        return self.signals.of(change, annotations, corpus_seconds)


def _none(_state: State) -> Sequence[Annotation]:
    return ()
