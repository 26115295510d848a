"""Messages serialize to bytes that were worked out by hand."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message

from heddle_api.v1 import (
    common_pb2,
    discussion_pb2,
    operation_log_pb2,
    signal_pb2,
    state_review_pb2,
)


@pytest.mark.parametrize(
    ("message", "wire"),
    [
        (operation_log_pb2.QueryOperationsRequest(limit=5), "48 05"),
        (
            operation_log_pb2.QueryOperationsRequest(
                repo_path="/r",
                verbs=["goto", "fork"],
                since_secs=-1,
                limit=300,
                include_checkpoints=True,
                after_seq=7,
            ),
            "0a 02 2f72 32 04 676f746f 32 04 666f726b 38 ffffffffffffffffff01 48 ac02 50 01"
            " a006 07",
        ),
        (
            operation_log_pb2.StreamOperationsRequest(
                query=operation_log_pb2.QueryOperationsRequest(limit=1), follow=True
            ),
            "12 02 48 01 a006 01",
        ),
        (
            discussion_pb2.AppendTurnRequest(discussion_id="d", body="é", client_operation_id="u"),
            "12 01 64 1a 02 c3a9 7a 01 75",
        ),
        (
            discussion_pb2.ResolveDiscussionRequest(
                into_annotation=discussion_pb2.ResolveDiscussionRequest.ResolveIntoAnnotation(
                    kind=common_pb2.CONTEXT_ANNOTATION_KIND_INVARIANT
                )
            ),
            "1a 02 08 02",
        ),
        (
            state_review_pb2.ReviewScope(whole_change=state_review_pb2.ReviewScope.WholeChange()),
            "0a 00",
        ),
        (
            state_review_pb2.SigningFooter(
                available_kinds=[
                    common_pb2.REVIEW_KIND_READ,
                    common_pb2.REVIEW_KIND_AGENT_PREVIEW,
                    common_pb2.REVIEW_KIND_AGENT_CO_REVIEW,
                ]
            ),
            "0a 03 010203",
        ),
        (signal_pb2.SignalHealthEntry(fire_rate=0.5, warn=True), "15 0000003f 18 01"),
    ],
)
def test_bytes_on_the_wire(message: Message, wire: str) -> None:
    expected = bytes.fromhex(wire)

    assert message.SerializeToString(deterministic=True) == expected
    assert type(message).FromString(expected) == message
