import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from heddle_api.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Discussion(_message.Message):
    __slots__ = ("id", "anchor", "opened_against_state", "opened_at", "thread_ref", "turns", "resolution", "body_changed_since_open", "orphaned", "visibility", "resolved_annotation_id", "opened_anchor", "start_line", "end_line")
    ID_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    OPENED_AGAINST_STATE_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    THREAD_REF_FIELD_NUMBER: _ClassVar[int]
    TURNS_FIELD_NUMBER: _ClassVar[int]
    RESOLUTION_FIELD_NUMBER: _ClassVar[int]
    BODY_CHANGED_SINCE_OPEN_FIELD_NUMBER: _ClassVar[int]
    ORPHANED_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_ANNOTATION_ID_FIELD_NUMBER: _ClassVar[int]
    OPENED_ANCHOR_FIELD_NUMBER: _ClassVar[int]
    START_LINE_FIELD_NUMBER: _ClassVar[int]
    END_LINE_FIELD_NUMBER: _ClassVar[int]
    id: str
    anchor: _common_pb2.PathSymbolRef
    opened_against_state: bytes
    opened_at: _timestamp_pb2.Timestamp
    thread_ref: str
    turns: _containers.RepeatedCompositeFieldContainer[_common_pb2.DiscussionTurn]
    resolution: _common_pb2.DiscussionResolution
    body_changed_since_open: bool
    orphaned: bool
    visibility: str
    resolved_annotation_id: str
    opened_anchor: _common_pb2.PathSymbolRef
    start_line: int
    end_line: int
    def __init__(self, id: _Optional[str] = ..., anchor: _Optional[_Union[_common_pb2.PathSymbolRef, _Mapping]] = ..., opened_against_state: _Optional[bytes] = ..., opened_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., thread_ref: _Optional[str] = ..., turns: _Optional[_Iterable[_Union[_common_pb2.DiscussionTurn, _Mapping]]] = ..., resolution: _Optional[_Union[_common_pb2.DiscussionResolution, _Mapping]] = ..., body_changed_since_open: _Optional[bool] = ..., orphaned: _Optional[bool] = ..., visibility: _Optional[str] = ..., resolved_annotation_id: _Optional[str] = ..., opened_anchor: _Optional[_Union[_common_pb2.PathSymbolRef, _Mapping]] = ..., start_line: _Optional[int] = ..., end_line: _Optional[int] = ...) -> None: ...

class OpenDiscussionRequest(_message.Message):
    __slots__ = ("repo_path", "state_id", "anchor", "body", "visibility", "thread_ref", "client_operation_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    STATE_ID_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    THREAD_REF_FIELD_NUMBER: _ClassVar[int]
    CLIENT_OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    state_id: bytes
    anchor: _common_pb2.PathSymbolRef
    body: str
    visibility: str
    thread_ref: str
    client_operation_id: str
    def __init__(self, repo_path: _Optional[str] = ..., state_id: _Optional[bytes] = ..., anchor: _Optional[_Union[_common_pb2.PathSymbolRef, _Mapping]] = ..., body: _Optional[str] = ..., visibility: _Optional[str] = ..., thread_ref: _Optional[str] = ..., client_operation_id: _Optional[str] = ...) -> None: ...

class AppendTurnRequest(_message.Message):
    __slots__ = ("repo_path", "discussion_id", "body", "client_operation_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    DISCUSSION_ID_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    CLIENT_OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    discussion_id: str
    body: str
    client_operation_id: str
    def __init__(self, repo_path: _Optional[str] = ..., discussion_id: _Optional[str] = ..., body: _Optional[str] = ..., client_operation_id: _Optional[str] = ...) -> None: ...

class ResolveDiscussionRequest(_message.Message):
    __slots__ = ("repo_path", "discussion_id", "into_annotation", "by_edit", "dismissed", "client_operation_id")
    class ResolveIntoAnnotation(_message.Message):
        __slots__ = ("kind", "content", "tags")
        KIND_FIELD_NUMBER: _ClassVar[int]
        CONTENT_FIELD_NUMBER: _ClassVar[int]
        TAGS_FIELD_NUMBER: _ClassVar[int]
        kind: _common_pb2.ContextAnnotationKind
        content: str
        tags: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, kind: _Optional[_Union[_common_pb2.ContextAnnotationKind, str]] = ..., content: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ...) -> None: ...
    class ResolveByEdit(_message.Message):
        __slots__ = ("state_id",)
        STATE_ID_FIELD_NUMBER: _ClassVar[int]
        state_id: bytes
        def __init__(self, state_id: _Optional[bytes] = ...) -> None: ...
    class ResolveDismissed(_message.Message):
        __slots__ = ("reason",)
        REASON_FIELD_NUMBER: _ClassVar[int]
        reason: str
        def __init__(self, reason: _Optional[str] = ...) -> None: ...
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    DISCUSSION_ID_FIELD_NUMBER: _ClassVar[int]
    INTO_ANNOTATION_FIELD_NUMBER: _ClassVar[int]
    BY_EDIT_FIELD_NUMBER: _ClassVar[int]
    DISMISSED_FIELD_NUMBER: _ClassVar[int]
    CLIENT_OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    discussion_id: str
    into_annotation: ResolveDiscussionRequest.ResolveIntoAnnotation
    by_edit: ResolveDiscussionRequest.ResolveByEdit
    dismissed: ResolveDiscussionRequest.ResolveDismissed
    client_operation_id: str
    def __init__(self, repo_path: _Optional[str] = ..., discussion_id: _Optional[str] = ..., into_annotation: _Optional[_Union[ResolveDiscussionRequest.ResolveIntoAnnotation, _Mapping]] = ..., by_edit: _Optional[_Union[ResolveDiscussionRequest.ResolveByEdit, _Mapping]] = ..., dismissed: _Optional[_Union[ResolveDiscussionRequest.ResolveDismissed, _Mapping]] = ..., client_operation_id: _Optional[str] = ...) -> None: ...

class ListDiscussionsByStateRequest(_message.Message):
    __slots__ = ("repo_path", "state_id", "status", "limit", "after_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    STATE_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    AFTER_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    state_id: bytes
    status: str
    limit: int
    after_id: str
    def __init__(self, repo_path: _Optional[str] = ..., state_id: _Optional[bytes] = ..., status: _Optional[str] = ..., limit: _Optional[int] = ..., after_id: _Optional[str] = ...) -> None: ...

class ListDiscussionsBySymbolRequest(_message.Message):
    __slots__ = ("repo_path", "anchor", "status", "limit", "after_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    AFTER_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    anchor: _common_pb2.PathSymbolRef
    status: str
    limit: int
    after_id: str
    def __init__(self, repo_path: _Optional[str] = ..., anchor: _Optional[_Union[_common_pb2.PathSymbolRef, _Mapping]] = ..., status: _Optional[str] = ..., limit: _Optional[int] = ..., after_id: _Optional[str] = ...) -> None: ...

class ListDiscussionsResponse(_message.Message):
    __slots__ = ("discussions",)
    DISCUSSIONS_FIELD_NUMBER: _ClassVar[int]
    discussions: _containers.RepeatedCompositeFieldContainer[Discussion]
    def __init__(self, discussions: _Optional[_Iterable[_Union[Discussion, _Mapping]]] = ...) -> None: ...

class GetDiscussionRequest(_message.Message):
    __slots__ = ("repo_path", "discussion_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    DISCUSSION_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    discussion_id: str
    def __init__(self, repo_path: _Optional[str] = ..., discussion_id: _Optional[str] = ...) -> None: ...
