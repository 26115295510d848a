import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReviewKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REVIEW_KIND_UNSPECIFIED: _ClassVar[ReviewKind]
    REVIEW_KIND_READ: _ClassVar[ReviewKind]
    REVIEW_KIND_AGENT_PREVIEW: _ClassVar[ReviewKind]
    REVIEW_KIND_AGENT_CO_REVIEW: _ClassVar[ReviewKind]

class ContextAnnotationKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONTEXT_ANNOTATION_KIND_UNSPECIFIED: _ClassVar[ContextAnnotationKind]
    CONTEXT_ANNOTATION_KIND_CONSTRAINT: _ClassVar[ContextAnnotationKind]
    CONTEXT_ANNOTATION_KIND_INVARIANT: _ClassVar[ContextAnnotationKind]
    CONTEXT_ANNOTATION_KIND_RATIONALE: _ClassVar[ContextAnnotationKind]
REVIEW_KIND_UNSPECIFIED: ReviewKind
REVIEW_KIND_READ: ReviewKind
REVIEW_KIND_AGENT_PREVIEW: ReviewKind
REVIEW_KIND_AGENT_CO_REVIEW: ReviewKind
CONTEXT_ANNOTATION_KIND_UNSPECIFIED: ContextAnnotationKind
CONTEXT_ANNOTATION_KIND_CONSTRAINT: ContextAnnotationKind
CONTEXT_ANNOTATION_KIND_INVARIANT: ContextAnnotationKind
CONTEXT_ANNOTATION_KIND_RATIONALE: ContextAnnotationKind

class PathSymbolRef(_message.Message):
    __slots__ = ("file", "symbol")
    FILE_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    file: str
    symbol: str
    def __init__(self, file: _Optional[str] = ..., symbol: _Optional[str] = ...) -> None: ...

class DeleteResponse(_message.Message):
    __slots__ = ("deleted",)
    DELETED_FIELD_NUMBER: _ClassVar[int]
    deleted: bool
    def __init__(self, deleted: _Optional[bool] = ...) -> None: ...

class RiskSignal(_message.Message):
    __slots__ = ("kind", "anchor", "reason", "producer_module", "producer_version", "computed_at", "visibility")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_MODULE_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_VERSION_FIELD_NUMBER: _ClassVar[int]
    COMPUTED_AT_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    kind: str
    anchor: SignalAnchor
    reason: str
    producer_module: str
    producer_version: int
    computed_at: _timestamp_pb2.Timestamp
    visibility: str
    def __init__(self, kind: _Optional[str] = ..., anchor: _Optional[_Union[SignalAnchor, _Mapping]] = ..., reason: _Optional[str] = ..., producer_module: _Optional[str] = ..., producer_version: _Optional[int] = ..., computed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., visibility: _Optional[str] = ...) -> None: ...

class SignalAnchor(_message.Message):
    __slots__ = ("file", "symbol", "start_line", "end_line")
    FILE_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    START_LINE_FIELD_NUMBER: _ClassVar[int]
    END_LINE_FIELD_NUMBER: _ClassVar[int]
    file: str
    symbol: str
    start_line: int
    end_line: int
    def __init__(self, file: _Optional[str] = ..., symbol: _Optional[str] = ..., start_line: _Optional[int] = ..., end_line: _Optional[int] = ...) -> None: ...

class DiscussionTurn(_message.Message):
    __slots__ = ("author_name", "author_email", "body", "posted_at")
    AUTHOR_NAME_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_EMAIL_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    POSTED_AT_FIELD_NUMBER: _ClassVar[int]
    author_name: str
    author_email: str
    body: str
    posted_at: _timestamp_pb2.Timestamp
    def __init__(self, author_name: _Optional[str] = ..., author_email: _Optional[str] = ..., body: _Optional[str] = ..., posted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DiscussionResolution(_message.Message):
    __slots__ = ("open", "into_annotation", "by_edit", "dismissed")
    class Open(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class ResolvedIntoAnnotation(_message.Message):
        __slots__ = ("annotation_id",)
        ANNOTATION_ID_FIELD_NUMBER: _ClassVar[int]
        annotation_id: str
        def __init__(self, annotation_id: _Optional[str] = ...) -> None: ...
    class ResolvedByEdit(_message.Message):
        __slots__ = ("state_id",)
        STATE_ID_FIELD_NUMBER: _ClassVar[int]
        state_id: bytes
        def __init__(self, state_id: _Optional[bytes] = ...) -> None: ...
    class Dismissed(_message.Message):
        __slots__ = ("reason",)
        REASON_FIELD_NUMBER: _ClassVar[int]
        reason: str
        def __init__(self, reason: _Optional[str] = ...) -> None: ...
    OPEN_FIELD_NUMBER: _ClassVar[int]
    INTO_ANNOTATION_FIELD_NUMBER: _ClassVar[int]
    BY_EDIT_FIELD_NUMBER: _ClassVar[int]
    DISMISSED_FIELD_NUMBER: _ClassVar[int]
    open: DiscussionResolution.Open
    into_annotation: DiscussionResolution.ResolvedIntoAnnotation
    by_edit: DiscussionResolution.ResolvedByEdit
    dismissed: DiscussionResolution.Dismissed
    def __init__(self, open: _Optional[_Union[DiscussionResolution.Open, _Mapping]] = ..., into_annotation: _Optional[_Union[DiscussionResolution.ResolvedIntoAnnotation, _Mapping]] = ..., by_edit: _Optional[_Union[DiscussionResolution.ResolvedByEdit, _Mapping]] = ..., dismissed: _Optional[_Union[DiscussionResolution.Dismissed, _Mapping]] = ...) -> None: ...
