"""Discussions as messages."""

from __future__ import annotations

from collections.abc import Iterable

from google.protobuf.timestamp_pb2 import Timestamp

from heddle_api.v1 import common_pb2, discussion_pb2
from heddle_worker.discussions.placed import PlacedDiscussion
from heddle_worker.repository.display import displayed
from heddle_worker.store.discussions import Discussion, Resolution, Turn


def discussion_message(placed: PlacedDiscussion) -> discussion_pb2.Discussion:
    """Return the message of a discussion in one state."""
    found = placed.discussion
    return discussion_pb2.Discussion(
        id=found.id,
        anchor=common_pb2.PathSymbolRef(file=displayed(placed.path), symbol=placed.symbol),
        opened_against_state=found.origin.state_id,
        opened_at=Timestamp(seconds=found.opened_at),
        thread_ref=found.thread_ref,
        turns=map(turn_message, found.turns),
        resolution=resolution_message(found),
        body_changed_since_open=placed.body_changed_since_open,
        orphaned=placed.is_orphaned,
        visibility=found.visibility,
        resolved_annotation_id=found.annotation_id,
        opened_anchor=common_pb2.PathSymbolRef(
            file=displayed(found.origin.path), symbol=found.origin.symbol
        ),
        start_line=placed.place.start_line,
        end_line=placed.place.end_line,
    )


def list_message(placed: Iterable[PlacedDiscussion]) -> discussion_pb2.ListDiscussionsResponse:
    """Return the message of several discussions."""
    return discussion_pb2.ListDiscussionsResponse(discussions=map(discussion_message, placed))


def resolution_message(found: Discussion) -> common_pb2.DiscussionResolution:
    """Return the message of what came of a discussion."""
    resolution = common_pb2.DiscussionResolution
    match found.resolution:
        case Resolution.INTO_ANNOTATION:
            into = resolution.ResolvedIntoAnnotation(annotation_id=found.annotation_id)
            return resolution(into_annotation=into)
        case Resolution.BY_EDIT:
            return resolution(by_edit=resolution.ResolvedByEdit(state_id=found.resolved_by))
        case Resolution.DISMISSED:
            return resolution(dismissed=resolution.Dismissed(reason=found.reason))
    return resolution(open=resolution.Open())


def turn_message(turn: Turn) -> common_pb2.DiscussionTurn:
    """Return the message of one turn."""
    return common_pb2.DiscussionTurn(
        author_name=turn.author_name,
        author_email=turn.author_email,
        body=turn.body,
        posted_at=Timestamp(seconds=turn.posted_at),
    )
