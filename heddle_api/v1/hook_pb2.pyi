import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from heddle_api.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Hook(_message.Message):
    __slots__ = ("name", "command", "events", "timeout_ms")
    NAME_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    name: str
    command: str
    events: _containers.RepeatedScalarFieldContainer[str]
    timeout_ms: int
    def __init__(self, name: _Optional[str] = ..., command: _Optional[str] = ..., events: _Optional[_Iterable[str]] = ..., timeout_ms: _Optional[int] = ...) -> None: ...

class RegisterHookRequest(_message.Message):
    __slots__ = ("repo_path", "name", "command", "events", "timeout_ms", "client_operation_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    CLIENT_OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    name: str
    command: str
    events: _containers.RepeatedScalarFieldContainer[str]
    timeout_ms: int
    client_operation_id: str
    def __init__(self, repo_path: _Optional[str] = ..., name: _Optional[str] = ..., command: _Optional[str] = ..., events: _Optional[_Iterable[str]] = ..., timeout_ms: _Optional[int] = ..., client_operation_id: _Optional[str] = ...) -> None: ...

class DeregisterHookRequest(_message.Message):
    __slots__ = ("repo_path", "name", "client_operation_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CLIENT_OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    name: str
    client_operation_id: str
    def __init__(self, repo_path: _Optional[str] = ..., name: _Optional[str] = ..., client_operation_id: _Optional[str] = ...) -> None: ...

class ListHooksRequest(_message.Message):
    __slots__ = ("repo_path",)
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    def __init__(self, repo_path: _Optional[str] = ...) -> None: ...

class ListHooksResponse(_message.Message):
    __slots__ = ("hooks",)
    HOOKS_FIELD_NUMBER: _ClassVar[int]
    hooks: _containers.RepeatedCompositeFieldContainer[Hook]
    def __init__(self, hooks: _Optional[_Iterable[_Union[Hook, _Mapping]]] = ...) -> None: ...

class GetHookEventSchemaRequest(_message.Message):
    __slots__ = ("event_name",)
    EVENT_NAME_FIELD_NUMBER: _ClassVar[int]
    event_name: str
    def __init__(self, event_name: _Optional[str] = ...) -> None: ...

class GetHookEventSchemaResponse(_message.Message):
    __slots__ = ("schemas",)
    SCHEMAS_FIELD_NUMBER: _ClassVar[int]
    schemas: _containers.RepeatedCompositeFieldContainer[HookEventSchema]
    def __init__(self, schemas: _Optional[_Iterable[_Union[HookEventSchema, _Mapping]]] = ...) -> None: ...

class HookEventSchema(_message.Message):
    __slots__ = ("event_name", "schema_version", "payload_schema_json", "response_schema_json")
    EVENT_NAME_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_SCHEMA_JSON_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_SCHEMA_JSON_FIELD_NUMBER: _ClassVar[int]
    event_name: str
    schema_version: int
    payload_schema_json: str
    response_schema_json: str
    def __init__(self, event_name: _Optional[str] = ..., schema_version: _Optional[int] = ..., payload_schema_json: _Optional[str] = ..., response_schema_json: _Optional[str] = ...) -> None: ...

class SubscribeHookEventsRequest(_message.Message):
    __slots__ = ("repo_path", "events")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    events: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, repo_path: _Optional[str] = ..., events: _Optional[_Iterable[str]] = ...) -> None: ...

class HookEvent(_message.Message):
    __slots__ = ("hook_event_id", "event_name", "payload_json", "emitted_at")
    HOOK_EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_NAME_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_JSON_FIELD_NUMBER: _ClassVar[int]
    EMITTED_AT_FIELD_NUMBER: _ClassVar[int]
    hook_event_id: str
    event_name: str
    payload_json: str
    emitted_at: _timestamp_pb2.Timestamp
    def __init__(self, hook_event_id: _Optional[str] = ..., event_name: _Optional[str] = ..., payload_json: _Optional[str] = ..., emitted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RespondToHookRequest(_message.Message):
    __slots__ = ("repo_path", "hook_event_id", "abort", "extra_signals_json", "client_operation_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    HOOK_EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    ABORT_FIELD_NUMBER: _ClassVar[int]
    EXTRA_SIGNALS_JSON_FIELD_NUMBER: _ClassVar[int]
    CLIENT_OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    hook_event_id: str
    abort: str
    extra_signals_json: str
    client_operation_id: str
    def __init__(self, repo_path: _Optional[str] = ..., hook_event_id: _Optional[str] = ..., abort: _Optional[str] = ..., extra_signals_json: _Optional[str] = ..., client_operation_id: _Optional[str] = ...) -> None: ...

class RespondToHookResponse(_message.Message):
    __slots__ = ("accepted",)
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    accepted: bool
    def __init__(self, accepted: _Optional[bool] = ...) -> None: ...
