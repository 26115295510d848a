"""A review as the message of `GetReviewPayload`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSequence
from typing import Final, TypeVar

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from heddle_api.local.v1 import review_pb2
from heddle_api.v1 import common_pb2, state_review_pb2
from heddle_worker.discussions.placed import PlacedDiscussion
from heddle_worker.limits import MAX_MESSAGE_BYTES
from heddle_worker.repository.diff import FileStatus
from heddle_worker.repository.display import displayed
from heddle_worker.review.change import Annotation, FilePair, Place, SymbolChange
from heddle_worker.review.partition import Entry
from heddle_worker.reviews import Review
from heddle_worker.services.discussion_messages import resolution_message, turn_message
from heddle_worker.services.signal_messages import budgeted_message, signal_message
from heddle_worker.signals.budget import TICK_BUDGET
from heddle_worker.signing.requirements import Requirement, RequirementStatus

_KINDS: Final = (
    common_pb2.REVIEW_KIND_READ,
    common_pb2.REVIEW_KIND_AGENT_PREVIEW,
    common_pb2.REVIEW_KIND_AGENT_CO_REVIEW,
)
_STATUSES: Final = {
    RequirementStatus.PASS: review_pb2.REQUIREMENT_STATUS_PASS,
    RequirementStatus.FAIL: review_pb2.REQUIREMENT_STATUS_FAIL,
    RequirementStatus.NOT_APPLICABLE: review_pb2.REQUIREMENT_STATUS_NOT_APPLICABLE,
}
_Item = TypeVar("_Item", bound=Message)

_FRAME_BYTES: Final = 5
"""What an item takes in its list besides its own bytes, at most."""
_LISTS_BYTES: Final = MAX_MESSAGE_BYTES // 2
"""What the lists of files, symbols and entries may take; the rest is for signals and talk."""


def review_payload(review: Review, *, include_all_signals: bool) -> bytes:
    """Return the bytes of a review's message, which has what fits into it."""
    payload = _payload(review, include_all_signals=include_all_signals)
    groups = review.partition
    room = _Room(_LISTS_BYTES)
    room.fill(payload.changed_files, map(_file, review.change.pairs))
    room.fill(payload.partition.structural, map(_entry, groups.structural))
    room.fill(payload.partition.consequence, map(_entry, groups.consequence))
    room.fill(payload.partition.tests_and_docs, map(_entry, groups.tests_and_docs))
    room.fill(payload.changed_symbols, map(_symbol, review.change.symbols))
    payload.is_truncated |= room.was_too_small
    return payload.SerializeToString()


class _Room:
    """What is left of a message's size."""

    def __init__(self, size: int) -> None:
        self._left = size
        self.was_too_small = False

    def fill(self, listed: MutableSequence[_Item], items: Iterable[_Item]) -> None:
        """Append items to a list of the message, as many as there is room for."""
        for item in items:
            self._left -= item.ByteSize() + _FRAME_BYTES
            if self._left < 0:
                self.was_too_small = True
                return
            listed.append(item)


def _payload(review: Review, *, include_all_signals: bool) -> state_review_pb2.ReviewPayload:
    change, report = review.change, review.signals
    raised = [budgeted_message(one, change.state) for one in report.signals]
    summaries = [signal_message(one, change.state) for one in review.summary_signals]
    visible = [signal_message(one, change.state) for one in report.in_budget]
    return state_review_pb2.ReviewPayload(
        state_id=change.state.id if change.state is not None else b"",
        prior_state_id=change.prior,
        summary=state_review_pb2.ReviewSummary(
            headline=change.state.subject if change.state is not None else "",
            files_changed=change.diff.files_changed,
            added_lines=change.diff.added_lines,
            removed_lines=change.diff.removed_lines,
            in_budget_signal_count=len(visible) + len(summaries),
            hidden_signal_count=len(raised) - len(visible),
        ),
        agent_narrative=review.narrative,
        in_budget_signals=[*visible, *summaries],
        all_signals=[*raised, *summaries] if include_all_signals else (),
        tick_budget=TICK_BUDGET,
        discussions=map(_discussion, review.discussions),
        annotations=map(_annotation, review.annotations),
        merge_requirements=map(_requirement, review.requirements),
        signing_footer=state_review_pb2.SigningFooter(available_kinds=_KINDS),
        is_truncated=review.is_truncated,
        signals_incomplete=not report.is_complete,
    )


def _file(pair: FilePair) -> review_pb2.ChangedFile:
    change, outline = pair.change, pair.new or pair.old
    is_renamed = change.status is FileStatus.RENAMED and change.old is not None
    return review_pb2.ChangedFile(
        path=displayed(change.path),
        old_path=displayed(change.old.path) if is_renamed and change.old is not None else "",
        status=change.status.value,
        added_lines=change.added_lines,
        removed_lines=change.removed_lines,
        is_binary=change.is_binary,
        language=outline.language if outline is not None else "",
        outline=outline.status.value if outline is not None else "",
        by_merge=change.by_merge,
    )


def _entry(entry: Entry) -> common_pb2.PathSymbolRef:
    file = displayed(entry.path)
    return common_pb2.PathSymbolRef(
        file=file, symbol=file if entry.symbol is None else entry.symbol
    )


def _symbol(change: SymbolChange) -> review_pb2.ChangedSymbol:
    symbol = change.place.symbol
    has_another_name = (
        change.old is not None
        and change.new is not None
        and ((change.old.path, change.old.symbol.name) != (change.new.path, symbol.name))
    )
    return review_pb2.ChangedSymbol(
        anchor=_ref(change.place),
        previous=_ref(change.old) if has_another_name and change.old is not None else None,
        kind=symbol.kind.value,
        changes=_words(change),
        start_line=symbol.start_line,
        end_line=symbol.end_line,
        changes_meaning=change.changes_meaning,
    )


def _words(change: SymbolChange) -> Iterator[str]:
    for word, holds in (
        ("added", change.old is None),
        ("deleted", change.new is None),
        ("moved", change.is_moved),
        ("renamed", change.is_renamed),
        ("edited", change.is_edited),
        ("reformatted", change.is_reformatted),
    ):
        if holds:
            yield word


def _ref(place: Place) -> common_pb2.PathSymbolRef:
    return common_pb2.PathSymbolRef(file=displayed(place.path), symbol=place.symbol.name)


def _discussion(placed: PlacedDiscussion) -> state_review_pb2.AnchoredDiscussion:
    found = placed.discussion
    return state_review_pb2.AnchoredDiscussion(
        id=found.id,
        anchor=common_pb2.PathSymbolRef(file=displayed(placed.path), symbol=placed.symbol),
        opened_against_state=found.origin.state_id,
        opened_at=Timestamp(seconds=found.opened_at),
        turns=map(turn_message, found.turns),
        resolution=resolution_message(found),
        body_changed_since_open=placed.body_changed_since_open,
        orphaned=placed.is_orphaned,
        visibility=found.visibility,
        start_line=placed.place.start_line,
        end_line=placed.place.end_line,
    )


def _annotation(found: Annotation) -> review_pb2.Annotation:
    return review_pb2.Annotation(
        id=found.id,
        kind=found.kind,
        content=found.content,
        tags=found.tags,
        anchor=common_pb2.PathSymbolRef(file=displayed(found.path), symbol=found.symbol),
        orphaned=found.is_orphaned,
    )


def _requirement(found: Requirement) -> state_review_pb2.MergeRequirement:
    return state_review_pb2.MergeRequirement(
        description=found.description,
        satisfied=found.status is not RequirementStatus.FAIL,
        id=found.id,
        status=_STATUSES[found.status],
        explanation=found.explanation,
    )
