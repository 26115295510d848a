import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetDaemonRequest(_message.Message):
    __slots__ = ("repo_path",)
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    def __init__(self, repo_path: _Optional[str] = ...) -> None: ...

class Daemon(_message.Message):
    __slots__ = ("version", "api_level", "worker_pid", "generation", "started_at", "uptime_seconds", "repository_path", "features", "limits", "methods", "restarts")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    API_LEVEL_FIELD_NUMBER: _ClassVar[int]
    WORKER_PID_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    UPTIME_SECONDS_FIELD_NUMBER: _ClassVar[int]
    REPOSITORY_PATH_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    METHODS_FIELD_NUMBER: _ClassVar[int]
    RESTARTS_FIELD_NUMBER: _ClassVar[int]
    version: str
    api_level: int
    worker_pid: int
    generation: int
    started_at: _timestamp_pb2.Timestamp
    uptime_seconds: float
    repository_path: str
    features: _containers.RepeatedScalarFieldContainer[str]
    limits: Limits
    methods: _containers.RepeatedCompositeFieldContainer[MethodCounters]
    restarts: _containers.RepeatedCompositeFieldContainer[Restart]
    def __init__(self, version: _Optional[str] = ..., api_level: _Optional[int] = ..., worker_pid: _Optional[int] = ..., generation: _Optional[int] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., uptime_seconds: _Optional[float] = ..., repository_path: _Optional[str] = ..., features: _Optional[_Iterable[str]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., methods: _Optional[_Iterable[_Union[MethodCounters, _Mapping]]] = ..., restarts: _Optional[_Iterable[_Union[Restart, _Mapping]]] = ...) -> None: ...

class Restart(_message.Message):
    __slots__ = ("at", "reason")
    AT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    at: _timestamp_pb2.Timestamp
    reason: str
    def __init__(self, at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("max_message_bytes", "max_concurrent_calls", "max_streams")
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_CONCURRENT_CALLS_FIELD_NUMBER: _ClassVar[int]
    MAX_STREAMS_FIELD_NUMBER: _ClassVar[int]
    max_message_bytes: int
    max_concurrent_calls: int
    max_streams: int
    def __init__(self, max_message_bytes: _Optional[int] = ..., max_concurrent_calls: _Optional[int] = ..., max_streams: _Optional[int] = ...) -> None: ...

class MethodCounters(_message.Message):
    __slots__ = ("method", "calls", "errors", "p50_us", "p99_us")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    CALLS_FIELD_NUMBER: _ClassVar[int]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    P50_US_FIELD_NUMBER: _ClassVar[int]
    P99_US_FIELD_NUMBER: _ClassVar[int]
    method: str
    calls: int
    errors: int
    p50_us: int
    p99_us: int
    def __init__(self, method: _Optional[str] = ..., calls: _Optional[int] = ..., errors: _Optional[int] = ..., p50_us: _Optional[int] = ..., p99_us: _Optional[int] = ...) -> None: ...
