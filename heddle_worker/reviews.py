"""Reviews: a change, with what signals, discussions, annotations and requirements say about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from heddle_worker.changes import Changes
from heddle_worker.discussions.discussions import Discussions
from heddle_worker.discussions.placed import PlacedDiscussion
from heddle_worker.repository.display import displayed
from heddle_worker.repository.state import State
from heddle_worker.review.change import Annotation, Change, Place
from heddle_worker.review.configuration import ReviewSettings
from heddle_worker.review.narrative import agent_narrative
from heddle_worker.review.partition import Partition, partition
from heddle_worker.signals.computing import SignalReport, Signals
from heddle_worker.signals.diff_summary import diff_summary
from heddle_worker.signals.signal import Signal
from heddle_worker.signing.ground import Ground
from heddle_worker.signing.requirements import Facts, OpenDiscussion, Requirement, evaluate

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
        changes: of the repository.
        signals: of changes.
        discussions: of the repository.
        ground: what signatures are held against.
    """

    def __init__(
        self, changes: Changes, signals: Signals, discussions: Discussions, ground: Ground
    ) -> None:
        self._changes = changes
        self._signals = signals
        self._discussions = discussions
        self._ground = ground

    def of_state(self, state: State, settings: ReviewSettings, seconds: float) -> Review:
        """Return the review of a state.

        Args:
            state: the state.
            settings: of reviews.
            seconds: for signals that need files which were never read.
        """
        return self._of(self._changes.of_state(state), state, settings, seconds)

    def of_worktree(
        self, root: Path, head: State | None, settings: ReviewSettings, seconds: float
    ) -> Review:
        """Return the review of a worktree: of what a commit of everything in it would change.

        Args:
            root: of the worktree.
            head: its `HEAD`; `None` before the first commit.
            settings: of reviews.
            seconds: for signals that need files which were never read.

        Raises:
            NoWorktreeError: there is none at `root`.
        """
        return self._of(self._changes.of_worktree(root, head), head, settings, seconds)

    def _of(
        self, change: Change, near: State | None, settings: ReviewSettings, seconds: float
    ) -> Review:
        places = _touched_places(change)
        annotations: tuple[Annotation, ...] = ()
        talk: tuple[PlacedDiscussion, ...] = ()
        left_out = 0
        if near is not None:
            known = self._discussions.annotations_in(near)
            annotations = tuple(one for one in known if (one.path, one.symbol) in places)
            selected = self._discussions.of_symbols(near, places, _TALK_BYTES)
            talk, left_out = selected.discussions, selected.left_out
        report = self._signals.of(change, annotations, settings, seconds)
        return Review(
            change=change,
            partition=partition(change),
            narrative=agent_narrative(change.state) if change.state is not None else "",
            signals=report,
            summary_signals=diff_summary(change.diff),
            discussions=talk,
            annotations=annotations,
            requirements=self._requirements(change, settings, report, talk),
            is_truncated=change.diff.is_truncated or left_out > 0,
        )

    def _requirements(
        self,
        change: Change,
        settings: ReviewSettings,
        report: SignalReport,
        talk: Iterable[PlacedDiscussion],
    ) -> tuple[Requirement, ...]:
        touching = self._ground.touching_of(change)
        state = change.state
        return evaluate(
            settings.requirements,
            Facts(
                touched=touching.touched,
                holding=self._ground.holding(state, touching) if state is not None else (),
                discussions=tuple(
                    OpenDiscussion(one.discussion.id, one.log_symbol)
                    for one in talk
                    if one.discussion.is_open
                ),
                signals=tuple(one.signal for one in report.signals),
            ),
        )


def _touched_places(change: Change) -> set[tuple[bytes, str]]:
    """Return the files and symbols that a change touches, with all that these are nested in."""
    places = {
        (version.path, displayed(version.path))
        for file in change.diff.files
        for version in (file.old, file.new)
        if version is not None
    }
    for symbol in change.symbols:
        for place in (symbol.old, symbol.new):
            if place is not None:
                places.update(_with_holders(place))
    return places


def _with_holders(place: Place) -> Iterable[tuple[bytes, str]]:
    parts = place.symbol.name.split("::")
    return ((place.path, "::".join(parts[:count])) for count in range(1, len(parts) + 1))
