"""A review as the list that one reads: each symbol with all that is known of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from heddle_client.values.review import RequirementStatus

if TYPE_CHECKING:
    from heddle_client.values import (
        AnchoredDiscussion,
        Annotation,
        ChangedFile,
        ChangedSymbol,
        MergeRequirement,
        PathSymbolRef,
        ReviewPayload,
        RiskSignal,
    )

_SUMMARIES: Final = "diff_summary."
_UNREAD: Final = {
    "partial": "read around its syntax errors",
    "too_large": "too large",
    "too_slow": "took too long",
    "failed": "its parser failed",
    "missing": "its contents are not in the repository",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to read.

    Attributes:
        file: the path.
        symbol: its name; the path for the file as a whole.
        change: what became of the symbol; None for a file.
        changed_file: what became of the file; None when the list of files was cut off before it.
        signals: those that point at it.
        discussions: the open ones on it.
        annotations: what was written down about it.
    """

    file: str
    symbol: str
    change: ChangedSymbol | None
    changed_file: ChangedFile | None
    signals: tuple[RiskSignal, ...]
    discussions: tuple[AnchoredDiscussion, ...]
    annotations: tuple[Annotation, ...]

    @property
    def is_file(self) -> bool:
        """Whether it stands for the file as a whole."""
        return self.symbol == self.file


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the reading order."""

    title: str
    entries: tuple[Entry, ...]


def reading_order(review: ReviewPayload) -> tuple[Group, ...]:
    """Return the groups of a review that have something in them, in the order of reading."""
    known = _Known(review)
    partition = review.partition
    groups = (
        ("Structural", partition.structural),
        ("Consequences", partition.consequence),
        ("Tests and docs", partition.tests_and_docs),
    )
    return tuple(Group(title, tuple(map(known.entry, refs))) for title, refs in groups if refs)


def raised_signals(review: ReviewPayload) -> tuple[RiskSignal, ...]:
    """Return the signals that modules raised, all that the review has: first the visible ones."""
    found = without_summaries(review.all_signals or review.in_budget_signals)
    return tuple(sorted(found, key=lambda signal: signal.visibility == "hidden"))


def without_summaries(signals: Iterable[RiskSignal]) -> tuple[RiskSignal, ...]:
    """Return signals without those that merely say how large the change of a file is."""
    return tuple(each for each in signals if not each.kind.startswith(_SUMMARIES))


def unread_files(review: ReviewPayload) -> tuple[tuple[str, str], ...]:
    """Return the files whose symbols could not all be read, each with the reason."""
    return tuple(
        (file.path, _UNREAD[file.outline])
        for file in review.changed_files
        if file.outline in _UNREAD
    )


def is_open(discussion: AnchoredDiscussion) -> bool:
    """Return whether nobody has settled a discussion."""
    return discussion.resolution.open is not None


def applying(review: ReviewPayload) -> tuple[MergeRequirement, ...]:
    """Return what a merge requires of this very change."""
    return tuple(
        each
        for each in review.merge_requirements
        if each.status is not RequirementStatus.NOT_APPLICABLE
    )


class _Known:
    """What a review tells, by place."""

    def __init__(self, review: ReviewPayload) -> None:
        self._files = {file.path: file for file in review.changed_files}
        self._symbols = {
            (each.anchor.file, each.anchor.symbol): each for each in review.changed_symbols
        }
        self._signals: dict[tuple[str, str], list[RiskSignal]] = defaultdict(list)
        for signal in raised_signals(review):
            place = signal.anchor.file, signal.anchor.symbol or signal.anchor.file
            self._signals[place].append(signal)
        self._discussions: dict[tuple[str, str], list[AnchoredDiscussion]] = defaultdict(list)
        for discussion in filter(is_open, review.discussions):
            place = discussion.anchor.file, discussion.anchor.symbol
            self._discussions[place].append(discussion)
        self._annotations: dict[tuple[str, str], list[Annotation]] = defaultdict(list)
        for annotation in review.annotations:
            place = annotation.anchor.file, annotation.anchor.symbol
            self._annotations[place].append(annotation)

    def entry(self, ref: PathSymbolRef) -> Entry:
        """Return the entry of a symbol, or of a file."""
        place = ref.file, ref.symbol
        return Entry(
            file=ref.file,
            symbol=ref.symbol,
            change=self._symbols.get(place),
            changed_file=self._files.get(ref.file),
            signals=tuple(self._signals.get(place, ())),
            discussions=tuple(self._discussions.get(place, ())),
            annotations=tuple(self._annotations.get(place, ())),
        )
