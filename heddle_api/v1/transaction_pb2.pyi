import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BeginTransactionRequest(_message.Message):
    __slots__ = ("repo_path", "thread", "message", "client_operation_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    THREAD_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CLIENT_OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    thread: str
    message: str
    client_operation_id: str
    def __init__(self, repo_path: _Optional[str] = ..., thread: _Optional[str] = ..., message: _Optional[str] = ..., client_operation_id: _Optional[str] = ...) -> None: ...

class BeginTransactionResponse(_message.Message):
    __slots__ = ("transaction_id", "started_at")
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    transaction_id: str
    started_at: _timestamp_pb2.Timestamp
    def __init__(self, transaction_id: _Optional[str] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CommitTransactionRequest(_message.Message):
    __slots__ = ("repo_path", "transaction_id", "client_operation_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    transaction_id: str
    client_operation_id: str
    def __init__(self, repo_path: _Optional[str] = ..., transaction_id: _Optional[str] = ..., client_operation_id: _Optional[str] = ...) -> None: ...

class CommitTransactionResponse(_message.Message):
    __slots__ = ("state_id", "op_count")
    STATE_ID_FIELD_NUMBER: _ClassVar[int]
    OP_COUNT_FIELD_NUMBER: _ClassVar[int]
    state_id: bytes
    op_count: int
    def __init__(self, state_id: _Optional[bytes] = ..., op_count: _Optional[int] = ...) -> None: ...

class AbortTransactionRequest(_message.Message):
    __slots__ = ("repo_path", "transaction_id", "reason", "client_operation_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CLIENT_OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    transaction_id: str
    reason: str
    client_operation_id: str
    def __init__(self, repo_path: _Optional[str] = ..., transaction_id: _Optional[str] = ..., reason: _Optional[str] = ..., client_operation_id: _Optional[str] = ...) -> None: ...

class AbortTransactionResponse(_message.Message):
    __slots__ = ("aborted", "kept_ref")
    ABORTED_FIELD_NUMBER: _ClassVar[int]
    KEPT_REF_FIELD_NUMBER: _ClassVar[int]
    aborted: bool
    kept_ref: str
    def __init__(self, aborted: _Optional[bool] = ..., kept_ref: _Optional[str] = ...) -> None: ...

class GetTransactionStatusRequest(_message.Message):
    __slots__ = ("repo_path", "transaction_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    transaction_id: str
    def __init__(self, repo_path: _Optional[str] = ..., transaction_id: _Optional[str] = ...) -> None: ...

class TransactionStatus(_message.Message):
    __slots__ = ("transaction_id", "state", "started_at", "buffered_ops")
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    BUFFERED_OPS_FIELD_NUMBER: _ClassVar[int]
    transaction_id: str
    state: str
    started_at: _timestamp_pb2.Timestamp
    buffered_ops: int
    def __init__(self, transaction_id: _Optional[str] = ..., state: _Optional[str] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., buffered_ops: _Optional[int] = ...) -> None: ...
