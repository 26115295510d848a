from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RunGitHookRequest(_message.Message):
    __slots__ = ("repo_path", "hook", "arguments", "input", "index_file", "message", "environment")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    HOOK_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    INDEX_FILE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    hook: str
    arguments: _containers.RepeatedScalarFieldContainer[bytes]
    input: bytes
    index_file: bytes
    message: bytes
    environment: _containers.ScalarMap[str, bytes]
    def __init__(self, repo_path: _Optional[str] = ..., hook: _Optional[str] = ..., arguments: _Optional[_Iterable[bytes]] = ..., input: _Optional[bytes] = ..., index_file: _Optional[bytes] = ..., message: _Optional[bytes] = ..., environment: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class TestHookEventRequest(_message.Message):
    __slots__ = ("repo_path", "event_name", "payload_json")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    EVENT_NAME_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_JSON_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    event_name: str
    payload_json: str
    def __init__(self, repo_path: _Optional[str] = ..., event_name: _Optional[str] = ..., payload_json: _Optional[str] = ...) -> None: ...

class HookVerdict(_message.Message):
    __slots__ = ("vetoed", "reason", "author", "answers")
    VETOED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    vetoed: bool
    reason: str
    author: str
    answers: _containers.RepeatedCompositeFieldContainer[HookAnswer]
    def __init__(self, vetoed: _Optional[bool] = ..., reason: _Optional[str] = ..., author: _Optional[str] = ..., answers: _Optional[_Iterable[_Union[HookAnswer, _Mapping]]] = ...) -> None: ...

class HookAnswer(_message.Message):
    __slots__ = ("author", "event_name", "outcome", "detail", "duration_ms")
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    EVENT_NAME_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    author: str
    event_name: str
    outcome: str
    detail: str
    duration_ms: int
    def __init__(self, author: _Optional[str] = ..., event_name: _Optional[str] = ..., outcome: _Optional[str] = ..., detail: _Optional[str] = ..., duration_ms: _Optional[int] = ...) -> None: ...
