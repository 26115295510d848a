"""Values of the client library, of which a test says only what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from heddle_client.values import (
    AnchoredDiscussion,
    Annotation,
    ChangedFile,
    ChangedSymbol,
    Discussion,
    DiscussionResolution,
    DiscussionTurn,
    ListSignaturesResponse,
    MergeRequirement,
    PathSymbolRef,
    ReadingOrderPartition,
    RequirementStatus,
    ReviewKind,
    ReviewPayload,
    ReviewScope,
    ReviewSignature,
    ReviewSummary,
    RiskSignal,
    SignalAnchor,
    SigningFooter,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OPEN = DiscussionResolution(DiscussionResolution.Open(), None, None, None)
KINDS = (ReviewKind.READ, ReviewKind.AGENT_PREVIEW, ReviewKind.AGENT_CO_REVIEW)


def symbol(file: str, name: str, *changes: str, **fields: Any) -> ChangedSymbol:
    """A symbol, which was edited unless told otherwise."""
    changes = changes or ("edited",)
    plain = ChangedSymbol(
        anchor=PathSymbolRef(file, name),
        previous=None,
        kind="function",
        changes=changes,
        start_line=5,
        end_line=6,
        changes_meaning=bool({"added", "deleted", "edited"} & set(changes)),
    )
    return replace(plain, **fields)


def changed_file(path: str, status: str = "M", **fields: Any) -> ChangedFile:
    """A file with three more lines and one less."""
    return replace(
        ChangedFile(path, "", status, 3, 1, False, "python", "complete", False), **fields
    )


def signal(file: str, name: str = "", **fields: Any) -> RiskSignal:
    """A signal about a symbol."""
    plain = RiskSignal(
        kind="novelty",
        anchor=SignalAnchor(file, name, 0, 0),
        reason="it resembles nothing",
        producer_module="novelty.tree_sitter",
        producer_version=1,
        computed_at=NOON,
        visibility="visible",
    )
    return replace(plain, **fields)


def turn(body: str, author: str = "Ada") -> DiscussionTurn:
    """Something that somebody has said."""
    return DiscussionTurn(author, f"{author.lower()}@example.com", body, NOON)


def anchored(file: str, name: str, *bodies: str, **fields: Any) -> AnchoredDiscussion:
    """An open discussion of a review."""
    plain = AnchoredDiscussion(
        id="0123456789abcdef",
        anchor=PathSymbolRef(file, name),
        opened_against_state=b"\1" * 20,
        opened_at=NOON,
        turns=tuple(map(turn, bodies or ("Why?",))),
        resolution=OPEN,
        body_changed_since_open=False,
        orphaned=False,
        visibility="public",
        start_line=5,
        end_line=6,
    )
    return replace(plain, **fields)


def discussion(discussion_id: str, *bodies: str, **fields: Any) -> Discussion:
    """An open discussion."""
    ref = PathSymbolRef("engine.py", "start")
    plain = Discussion(
        id=discussion_id,
        anchor=ref,
        opened_against_state=b"\1" * 20,
        opened_at=NOON,
        thread_ref="",
        turns=tuple(map(turn, bodies or ("Why?",))),
        resolution=OPEN,
        body_changed_since_open=False,
        orphaned=False,
        visibility="public",
        resolved_annotation_id="",
        opened_anchor=ref,
        start_line=5,
        end_line=6,
    )
    return replace(plain, **fields)


def annotation(file: str, name: str, content: str) -> Annotation:
    """An invariant of a symbol."""
    return Annotation("a-1", "invariant", content, (), PathSymbolRef(file, name), False)


def requirement(status: RequirementStatus, explanation: str = "") -> MergeRequirement:
    """Something that a merge requires."""
    return MergeRequirement(
        "signed by ada", status is not RequirementStatus.FAIL, "signed_by", status, explanation
    )


def signature(**fields: Any) -> ReviewSignature:
    """A signature over a whole change."""
    plain = ReviewSignature(
        signature_id="rs-0",
        actor_name="Ada",
        actor_email="ada@example.com",
        kind=ReviewKind.READ,
        scope=ReviewScope(ReviewScope.WholeChange(), None),
        justification="",
        signed_at=NOON,
        algorithm="ed25519",
        public_key=b"key",
        signature=b"signature",
        signed_state_id=b"\2" * 20,
    )
    return replace(plain, **fields)


def signatures(
    *own: ReviewSignature, carried: Sequence[ReviewSignature] = ()
) -> ListSignaturesResponse:
    """The signatures of a state."""
    return ListSignaturesResponse(own, tuple(carried))


def review(
    *symbols: ChangedSymbol,
    files: Sequence[ChangedFile] = (),
    group: str = "consequence",
    headline: str = "Split at commas",
    hidden: int = 0,
    **fields: Any,
) -> ReviewPayload:
    """A review of a state: its symbols are all in one group, and its files without any as well."""
    refs = [each.anchor for each in symbols]
    with_symbols = {ref.file for ref in refs}
    refs += [PathSymbolRef(f.path, f.path) for f in files if f.path not in with_symbols]
    groups = dict.fromkeys(("structural", "consequence", "tests_and_docs"), ())
    plain = ReviewPayload(
        state_id=b"\2" * 20,
        summary=ReviewSummary(headline, len(files), 30, 10, 0, hidden),
        agent_narrative="",
        partition=ReadingOrderPartition(**{**groups, group: tuple(refs)}),
        in_budget_signals=(),
        all_signals=(),
        tick_budget=3,
        discussions=(),
        merge_requirements=(),
        signing_footer=SigningFooter(KINDS),
        changed_files=tuple(files),
        changed_symbols=symbols,
        annotations=(),
        is_truncated=False,
        signals_incomplete=False,
        prior_state_id=b"\1" * 20,
    )
    return replace(plain, **fields)
