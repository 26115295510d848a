"""Values against the messages that they are made from: every field of every reply is there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from heddle_api.local.v1 import daemon_pb2, git_hook_pb2, snapshot_pb2
from heddle_api.v1 import (
    common_pb2,
    discussion_pb2,
    hook_pb2,
    operation_log_pb2,
    signal_pb2,
    state_review_pb2,
    transaction_pb2,
)
from heddle_client import values
from heddle_client.values import ContextAnnotationKind, ReviewKind, RiskSignal
from heddle_client.wire import moment

FILES: Final = (
    daemon_pb2,
    git_hook_pb2,
    snapshot_pb2,
    discussion_pb2,
    hook_pb2,
    operation_log_pb2,
    signal_pb2,
    state_review_pb2,
    transaction_pb2,
)


def services() -> Iterator[ServiceDescriptor]:
    for file in FILES:
        yield from file.DESCRIPTOR.services_by_name.values()


def replies() -> list[Descriptor]:
    """Return the messages that replies are, or hold."""
    found: dict[str, Descriptor] = {}
    waiting = [method.output_type for service in services() for method in service.methods]
    while waiting:
        message = waiting.pop()
        if message.full_name.startswith("heddle.") and message.full_name not in found:
            found[message.full_name] = message
            waiting += [field.message_type for field in message.fields if field.message_type]
    return [found[name] for name in sorted(found)]


def value_class(message: Descriptor) -> Any:
    if message.containing_type is not None:
        return getattr(value_class(message.containing_type), message.name)
    return getattr(values, message.name)


def filled(message: Descriptor, seed: int = 1) -> Message:
    """Return a message in which every field has a value of its own; of a oneof, the last."""
    made = GetMessageClass(message)()
    for field in message.fields:
        seed += 1
        if field.is_repeated and field.message_type:
            for number in range(2):
                getattr(made, field.name).add().CopyFrom(filled(field.message_type, seed + number))
        elif field.is_repeated:
            getattr(made, field.name).extend([scalar(field, seed), scalar(field, seed + 1)])
        elif field.message_type is Timestamp.DESCRIPTOR:
            getattr(made, field.name).FromMilliseconds(seed * 1001)
        elif field.message_type:
            getattr(made, field.name).CopyFrom(filled(field.message_type, seed))
            getattr(made, field.name).SetInParent()
        else:
            setattr(made, field.name, scalar(field, seed))
    return made


def scalar(field: FieldDescriptor, seed: int) -> Any:
    if field.enum_type:
        return field.enum_type.values[-1].number
    by_kind = {
        FieldDescriptor.CPPTYPE_STRING: b"%d" % seed
        if field.type == FieldDescriptor.TYPE_BYTES
        else f"text {seed}",
        FieldDescriptor.CPPTYPE_BOOL: True,
        FieldDescriptor.CPPTYPE_DOUBLE: seed + 0.5,
        FieldDescriptor.CPPTYPE_FLOAT: seed + 0.5,
    }
    return by_kind.get(field.cpp_type, seed)


def expected(message: Message) -> dict[str, Any]:
    """Return what the value's fields have to be, by looking at the message field by field."""
    return {
        field.name: tuple(map(plain, getattr(message, field.name)))
        if field.is_repeated
        else None
        if field.message_type and not message.HasField(field.name)
        else plain(getattr(message, field.name))
        for field in message.DESCRIPTOR.fields
    }


def plain(value: Any) -> Any:
    if isinstance(value, Timestamp):
        return value.ToDatetime(UTC)
    return expected(value) if isinstance(value, Message) else value


@pytest.mark.parametrize("message", replies(), ids=lambda message: message.full_name)
def test_every_field_arrives_under_its_name(message: Descriptor) -> None:
    given = filled(message)
    value = value_class(message).of(given)
    assert dataclasses.asdict(value) == expected(given)
    assert [field.name for field in dataclasses.fields(value)] == [f.name for f in message.fields]
    assert not hasattr(value, "__dict__")


def test_all_names_can_be_imported_and_only_those() -> None:
    assert {getattr(values, name).__name__ for name in values.__all__} == set(values.__all__)
    with pytest.raises(AttributeError, match="no attribute 'GetReviewPayloadRequest'"):
        _ = values.GetReviewPayloadRequest


def test_what_may_be_absent_is_none() -> None:
    assert RiskSignal.of(common_pb2.RiskSignal(kind="x")).computed_at is None
    resolution = values.DiscussionResolution.of(
        common_pb2.DiscussionResolution(dismissed={"reason": "no"})
    )
    assert (resolution.open, resolution.by_edit) == (None, None)
    assert resolution.dismissed == values.DiscussionResolution.Dismissed("no")


def test_a_number_that_only_a_newer_daemon_knows_is_kept() -> None:
    kind = ReviewKind(77)
    assert (kind, kind.name, isinstance(kind, ReviewKind)) == (77, "UNRECOGNIZED_77", True)


def test_enums_by_their_names() -> None:
    assert ContextAnnotationKind.named("Invariant") == ContextAnnotationKind.INVARIANT
    assert ReviewKind.named("agent-preview") == ReviewKind.named(2) == 2
    with pytest.raises(ValueError, match="none of: read, agent_preview, agent_co_review"):
        ReviewKind.named("seen")


def test_times_that_python_cannot_tell_become_the_outermost() -> None:
    assert moment(Timestamp(seconds=1, nanos=5_000)) == datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC)
    assert moment(Timestamp(seconds=2**62)).year == 9999
    assert moment(Timestamp(seconds=-(2**62))).year == 1
