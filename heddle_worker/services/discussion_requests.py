"""What is asked for about discussions: is it as it should be, and what does it mean?"""

from __future__ import annotations

from typing import Final, TypeAlias

from heddle_api.v1 import common_pb2, discussion_pb2
from heddle_worker.discussions.changes import Settlement
from heddle_worker.discussions.wanted import Status, Wanted
from heddle_worker.limits import MAX_TAG_BYTES, MAX_TAGS
from heddle_worker.services.validation import FieldChecks
from heddle_worker.store.discussions import Resolution

DEFAULT_VISIBILITY: Final = "public"
"""Of a discussion for which none is said."""

ListRequest: TypeAlias = (
    discussion_pb2.ListDiscussionsByStateRequest | discussion_pb2.ListDiscussionsBySymbolRequest
)

_VISIBILITIES: Final = ("", DEFAULT_VISIBILITY, "internal", "team_scoped", "restricted")
_KINDS: Final = {
    common_pb2.CONTEXT_ANNOTATION_KIND_CONSTRAINT: "constraint",
    common_pb2.CONTEXT_ANNOTATION_KIND_INVARIANT: "invariant",
    common_pb2.CONTEXT_ANNOTATION_KIND_RATIONALE: "rationale",
}


def check_opening(request: discussion_pb2.OpenDiscussionRequest) -> None:
    """Check what can be checked without looking at the repository.

    Raises:
        InvalidRequestError: a field is not what it should be.
    """
    checks = FieldChecks(request)
    checks.name("anchor.file", request.anchor.file)
    checks.name("anchor.symbol", request.anchor.symbol)
    checks.body("body", request.body)
    checks.one_of("visibility", request.visibility, _VISIBILITIES)
    checks.text("thread_ref", request.thread_ref)
    checks.done()


def check_settlement(request: discussion_pb2.ResolveDiscussionRequest) -> None:
    """Check what can be checked without looking at the repository.

    Raises:
        InvalidRequestError: a field is not what it should be.
    """
    checks = FieldChecks(request)
    checks.name("discussion_id", request.discussion_id)
    match request.WhichOneof("resolution"):
        case "into_annotation":
            into = request.into_annotation
            if into.kind not in _KINDS:
                checks.fault(
                    "into_annotation.kind", f"{into.kind} is not constraint, invariant or rationale"
                )
            checks.body("into_annotation.content", into.content)
            checks.texts("into_annotation.tags", into.tags, MAX_TAGS, MAX_TAG_BYTES)
        case "dismissed":
            checks.body("dismissed.reason", request.dismissed.reason)
        case None:
            checks.fault("resolution", "set into_annotation, by_edit or dismissed")
    checks.done()


def settlement_of(
    request: discussion_pb2.ResolveDiscussionRequest, resolved_by: bytes
) -> Settlement:
    """Return what a checked request asks for.

    Args:
        request: the request.
        resolved_by: raw id of the state with the edit, if there is one.
    """
    match request.WhichOneof("resolution"):
        case "into_annotation":
            into = request.into_annotation
            return Settlement(
                Resolution.INTO_ANNOTATION,
                kind=_KINDS[into.kind],
                content=into.content,
                tags=tuple(dict.fromkeys(into.tags)),
            )
        case "by_edit":
            return Settlement(Resolution.BY_EDIT, resolved_by=resolved_by)
    return Settlement(Resolution.DISMISSED, reason=request.dismissed.reason)


def check_wanted(checks: FieldChecks, request: ListRequest) -> None:
    """Check what is said about which part of a list is asked for."""
    checks.one_of("status", request.status, list(Status))
    checks.text("after_id", request.after_id)


def wanted_of(request: ListRequest) -> Wanted:
    """Return what a checked request asks for of a list."""
    return Wanted(Status(request.status), request.after_id, request.limit)
