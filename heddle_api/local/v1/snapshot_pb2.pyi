import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ListTransactionsRequest(_message.Message):
    __slots__ = ("repo_path", "limit")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    limit: int
    def __init__(self, repo_path: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class ListTransactionsResponse(_message.Message):
    __slots__ = ("transactions",)
    TRANSACTIONS_FIELD_NUMBER: _ClassVar[int]
    transactions: _containers.RepeatedCompositeFieldContainer[Transaction]
    def __init__(self, transactions: _Optional[_Iterable[_Union[Transaction, _Mapping]]] = ...) -> None: ...

class Transaction(_message.Message):
    __slots__ = ("transaction_id", "state", "started_at", "message", "thread", "worktree", "base_state_id")
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    THREAD_FIELD_NUMBER: _ClassVar[int]
    WORKTREE_FIELD_NUMBER: _ClassVar[int]
    BASE_STATE_ID_FIELD_NUMBER: _ClassVar[int]
    transaction_id: str
    state: str
    started_at: _timestamp_pb2.Timestamp
    message: str
    thread: str
    worktree: str
    base_state_id: bytes
    def __init__(self, transaction_id: _Optional[str] = ..., state: _Optional[str] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., message: _Optional[str] = ..., thread: _Optional[str] = ..., worktree: _Optional[str] = ..., base_state_id: _Optional[bytes] = ...) -> None: ...

class ListSnapshotsRequest(_message.Message):
    __slots__ = ("repo_path", "transaction_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    transaction_id: str
    def __init__(self, repo_path: _Optional[str] = ..., transaction_id: _Optional[str] = ...) -> None: ...

class ListSnapshotsResponse(_message.Message):
    __slots__ = ("snapshots",)
    SNAPSHOTS_FIELD_NUMBER: _ClassVar[int]
    snapshots: _containers.RepeatedCompositeFieldContainer[Snapshot]
    def __init__(self, snapshots: _Optional[_Iterable[_Union[Snapshot, _Mapping]]] = ...) -> None: ...

class Snapshot(_message.Message):
    __slots__ = ("name", "ref", "commit_id", "taken_at", "branch", "head_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    COMMIT_ID_FIELD_NUMBER: _ClassVar[int]
    TAKEN_AT_FIELD_NUMBER: _ClassVar[int]
    BRANCH_FIELD_NUMBER: _ClassVar[int]
    HEAD_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    ref: str
    commit_id: bytes
    taken_at: _timestamp_pb2.Timestamp
    branch: str
    head_id: bytes
    def __init__(self, name: _Optional[str] = ..., ref: _Optional[str] = ..., commit_id: _Optional[bytes] = ..., taken_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., branch: _Optional[str] = ..., head_id: _Optional[bytes] = ...) -> None: ...

class CompareSnapshotRequest(_message.Message):
    __slots__ = ("repo_path", "transaction_id", "snapshot", "include_diff")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_DIFF_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    transaction_id: str
    snapshot: str
    include_diff: bool
    def __init__(self, repo_path: _Optional[str] = ..., transaction_id: _Optional[str] = ..., snapshot: _Optional[str] = ..., include_diff: _Optional[bool] = ...) -> None: ...

class CompareSnapshotResponse(_message.Message):
    __slots__ = ("changes", "diff", "diff_truncated")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    DIFF_FIELD_NUMBER: _ClassVar[int]
    DIFF_TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[PathChange]
    diff: bytes
    diff_truncated: bool
    def __init__(self, changes: _Optional[_Iterable[_Union[PathChange, _Mapping]]] = ..., diff: _Optional[bytes] = ..., diff_truncated: _Optional[bool] = ...) -> None: ...

class PathChange(_message.Message):
    __slots__ = ("path", "kind", "side")
    PATH_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    path: str
    kind: str
    side: str
    def __init__(self, path: _Optional[str] = ..., kind: _Optional[str] = ..., side: _Optional[str] = ...) -> None: ...

class PlanRestoreRequest(_message.Message):
    __slots__ = ("repo_path", "transaction_id", "snapshot")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    transaction_id: str
    snapshot: str
    def __init__(self, repo_path: _Optional[str] = ..., transaction_id: _Optional[str] = ..., snapshot: _Optional[str] = ...) -> None: ...

class PlanRestoreResponse(_message.Message):
    __slots__ = ("steps",)
    STEPS_FIELD_NUMBER: _ClassVar[int]
    steps: _containers.RepeatedCompositeFieldContainer[RestoreStep]
    def __init__(self, steps: _Optional[_Iterable[_Union[RestoreStep, _Mapping]]] = ...) -> None: ...

class RestoreStep(_message.Message):
    __slots__ = ("action", "target")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    action: str
    target: str
    def __init__(self, action: _Optional[str] = ..., target: _Optional[str] = ...) -> None: ...

class RestorePathsRequest(_message.Message):
    __slots__ = ("repo_path", "transaction_id", "snapshot", "paths", "client_operation_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    PATHS_FIELD_NUMBER: _ClassVar[int]
    CLIENT_OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    transaction_id: str
    snapshot: str
    paths: _containers.RepeatedScalarFieldContainer[str]
    client_operation_id: str
    def __init__(self, repo_path: _Optional[str] = ..., transaction_id: _Optional[str] = ..., snapshot: _Optional[str] = ..., paths: _Optional[_Iterable[str]] = ..., client_operation_id: _Optional[str] = ...) -> None: ...

class RestorePathsResponse(_message.Message):
    __slots__ = ("restored", "kept_as")
    RESTORED_FIELD_NUMBER: _ClassVar[int]
    KEPT_AS_FIELD_NUMBER: _ClassVar[int]
    restored: _containers.RepeatedScalarFieldContainer[str]
    kept_as: str
    def __init__(self, restored: _Optional[_Iterable[str]] = ..., kept_as: _Optional[str] = ...) -> None: ...

class UndoAbortRequest(_message.Message):
    __slots__ = ("repo_path", "transaction_id", "client_operation_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    transaction_id: str
    client_operation_id: str
    def __init__(self, repo_path: _Optional[str] = ..., transaction_id: _Optional[str] = ..., client_operation_id: _Optional[str] = ...) -> None: ...

class UndoAbortResponse(_message.Message):
    __slots__ = ("kept_as",)
    KEPT_AS_FIELD_NUMBER: _ClassVar[int]
    kept_as: str
    def __init__(self, kept_as: _Optional[str] = ...) -> None: ...
