from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class QueryOperationsRequest(_message.Message):
    __slots__ = ("repo_path", "actor", "symbol", "signal_kind", "thread", "verbs", "since_secs", "until_secs", "limit", "include_checkpoints", "after_seq")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_KIND_FIELD_NUMBER: _ClassVar[int]
    THREAD_FIELD_NUMBER: _ClassVar[int]
    VERBS_FIELD_NUMBER: _ClassVar[int]
    SINCE_SECS_FIELD_NUMBER: _ClassVar[int]
    UNTIL_SECS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_CHECKPOINTS_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQ_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    actor: str
    symbol: str
    signal_kind: str
    thread: str
    verbs: _containers.RepeatedScalarFieldContainer[str]
    since_secs: int
    until_secs: int
    limit: int
    include_checkpoints: bool
    after_seq: int
    def __init__(self, repo_path: _Optional[str] = ..., actor: _Optional[str] = ..., symbol: _Optional[str] = ..., signal_kind: _Optional[str] = ..., thread: _Optional[str] = ..., verbs: _Optional[_Iterable[str]] = ..., since_secs: _Optional[int] = ..., until_secs: _Optional[int] = ..., limit: _Optional[int] = ..., include_checkpoints: _Optional[bool] = ..., after_seq: _Optional[int] = ...) -> None: ...

class QueryOperationsResponse(_message.Message):
    __slots__ = ("hits",)
    HITS_FIELD_NUMBER: _ClassVar[int]
    hits: _containers.RepeatedCompositeFieldContainer[OperationHit]
    def __init__(self, hits: _Optional[_Iterable[_Union[OperationHit, _Mapping]]] = ...) -> None: ...

class OperationHit(_message.Message):
    __slots__ = ("seq", "timestamp_secs", "verb", "actor_email", "operation_id", "thread", "symbols", "signal_kinds", "change_id", "old_state_id", "detail")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_SECS_FIELD_NUMBER: _ClassVar[int]
    VERB_FIELD_NUMBER: _ClassVar[int]
    ACTOR_EMAIL_FIELD_NUMBER: _ClassVar[int]
    OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    THREAD_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_KINDS_FIELD_NUMBER: _ClassVar[int]
    CHANGE_ID_FIELD_NUMBER: _ClassVar[int]
    OLD_STATE_ID_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    seq: int
    timestamp_secs: int
    verb: str
    actor_email: str
    operation_id: str
    thread: str
    symbols: _containers.RepeatedScalarFieldContainer[str]
    signal_kinds: _containers.RepeatedScalarFieldContainer[str]
    change_id: bytes
    old_state_id: bytes
    detail: str
    def __init__(self, seq: _Optional[int] = ..., timestamp_secs: _Optional[int] = ..., verb: _Optional[str] = ..., actor_email: _Optional[str] = ..., operation_id: _Optional[str] = ..., thread: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ..., signal_kinds: _Optional[_Iterable[str]] = ..., change_id: _Optional[bytes] = ..., old_state_id: _Optional[bytes] = ..., detail: _Optional[str] = ...) -> None: ...

class StreamOperationsRequest(_message.Message):
    __slots__ = ("repo_path", "query", "follow")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    FOLLOW_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    query: QueryOperationsRequest
    follow: bool
    def __init__(self, repo_path: _Optional[str] = ..., query: _Optional[_Union[QueryOperationsRequest, _Mapping]] = ..., follow: _Optional[bool] = ...) -> None: ...
