"""Reviews: a change, with what signals, discussions, annotations and requirements say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from heddle_worker.discussions.discussions import Discussions
from heddle_worker.discussions.placed import PlacedDiscussion
from heddle_worker.repository.state import State
from heddle_worker.review.change import Annotation, Change
from heddle_worker.review.configuration import ReviewSettings
from heddle_worker.review.narrative import agent_narrative
from heddle_worker.review.partition import Partition, partition
from heddle_worker.review.places import touched_places
from heddle_worker.signalling import Signalling
from heddle_worker.signals.computing import SignalReport
from heddle_worker.signals.diff_summary import diff_summary
from heddle_worker.signals.signal import Signal
from heddle_worker.signing.carrying import Holding
from heddle_worker.signing.ground import Ground
from heddle_worker.signing.requirements import (
    Facts,
    OpenDiscussion,
    Requirement,
    evaluate,
    wants_signatures,
)
from heddle_worker.signing.touching import Touched

_TALK_BYTES: Final = 1024 * 1024
"""What the discussions in one review may take."""


@dataclass(frozen=True, slots=True)
class Review:
    """All that is to be said about a change.

    Attributes:
        change: the change itself.
        partition: the order in which it is best read.
        narrative: what the agent that made it says; empty when a person did.
        signals: what deserves attention.
        summary_signals: how large it is, file by file.
        discussions: those on what it touches.
        annotations: of what it touches.
        requirements: for merging it.
        is_truncated: there is more than is listed.
    """

    change: Change
    partition: Partition
    narrative: str
    signals: SignalReport
    summary_signals: tuple[Signal, ...]
    discussions: tuple[PlacedDiscussion, ...]
    annotations: tuple[Annotation, ...]
    requirements: tuple[Requirement, ...]
    is_truncated: bool


class Reviews:
    """Makes reviews. Its methods block, and may be called from any thread.

    Each of them raises a `RepositoryError` when the repository lacks what it refers to or cannot be
    read, and a `StoreError` when the store cannot.

    Args:
        signalling: lays changes out, and computes their signals.
        discussions: of the repository.
        ground: what signatures are held against.
        settings: returns those that hold now.
    """

    def __init__(
        self,
        signalling: Signalling,
        discussions: Discussions,
        ground: Ground,
        settings: Callable[[], ReviewSettings],
    ) -> None:
        self._changes = signalling.changes
        self._signals = signalling.signals
        self._discussions = discussions
        self._ground = ground
        self._settings = settings

    def of_state(self, state: State, corpus_seconds: float) -> Review:
        """Return the review of a state.

        Args:
            state: the state.
            corpus_seconds: for files of the repository that were never looked at.

        Raises:
            ConfigurationError: the settings cannot be read.
        """
        return self._of(self._changes.of_state(state), state, corpus_seconds)

    def of_worktree(self, root: Path, head: State | None, corpus_seconds: float) -> Review:
        """Return the review of a worktree: of what a commit of everything in it would change.

        Args:
            root: of the worktree.
            head: its `HEAD`; `None` before the first commit.
            corpus_seconds: for files of the repository that were never looked at.

        Raises:
            NoWorktreeError: there is none at `root`.
            ConfigurationError: the settings cannot be read.
        """
        return self._of(self._changes.of_worktree(root, head), head, corpus_seconds)

    def _of(self, change: Change, near: State | None, corpus_seconds: float) -> Review:
        places = touched_places(change)
        known: Sequence[Annotation] = ()
        talk: tuple[PlacedDiscussion, ...] = ()
        left_out = 0
        if near is not None:
            head = self._discussions.head()
            known = self._discussions.annotations_in(near, head)
            selected = self._discussions.of_symbols(near, places, _TALK_BYTES, head)
            talk, left_out = selected.discussions, selected.left_out
        report = self._signals.of(change, known, corpus_seconds)
        return Review(
            change=change,
            partition=partition(change),
            narrative=agent_narrative(change.state) if change.state is not None else "",
            signals=report,
            summary_signals=diff_summary(change.diff),
            discussions=talk,
            annotations=tuple(one for one in known if (one.path, one.symbol) in places),
            requirements=self._requirements(change, report, talk),
            is_truncated=change.diff.is_truncated or left_out > 0,
        )

    def _requirements(
        self, change: Change, report: SignalReport, talk: Iterable[PlacedDiscussion]
    ) -> tuple[Requirement, ...]:
        wanted = self._settings().requirements
        touched: tuple[Touched, ...] = ()
        holding: tuple[Holding, ...] = ()
        if wants_signatures(wanted):
            touching = self._ground.touching_of(change.state, change.diff, change.pairs)
            touched = touching.touched
            if change.state is not None:
                holding = self._ground.holding(change.state, touching)
        facts = Facts(
            has_changed=change.diff.files_changed > 0,
            touched=touched,
            holding=holding,
            discussions=tuple(
                OpenDiscussion(one.discussion.id, one.log_symbol)
                for one in talk
                if one.discussion.is_open
            ),
            signals=tuple(one.signal for one in report.signals),
        )
        return evaluate(wanted, facts)
