from heddle_api.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ComputeStateSignalsRequest(_message.Message):
    __slots__ = ("repo_path", "state_id", "prior_state_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    STATE_ID_FIELD_NUMBER: _ClassVar[int]
    PRIOR_STATE_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    state_id: bytes
    prior_state_id: bytes
    def __init__(self, repo_path: _Optional[str] = ..., state_id: _Optional[bytes] = ..., prior_state_id: _Optional[bytes] = ...) -> None: ...

class ComputeStateSignalsResponse(_message.Message):
    __slots__ = ("signals", "tick_budget", "is_incomplete")
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    TICK_BUDGET_FIELD_NUMBER: _ClassVar[int]
    IS_INCOMPLETE_FIELD_NUMBER: _ClassVar[int]
    signals: _containers.RepeatedCompositeFieldContainer[_common_pb2.RiskSignal]
    tick_budget: int
    is_incomplete: bool
    def __init__(self, signals: _Optional[_Iterable[_Union[_common_pb2.RiskSignal, _Mapping]]] = ..., tick_budget: _Optional[int] = ..., is_incomplete: _Optional[bool] = ...) -> None: ...

class GetRepoSignalHealthRequest(_message.Message):
    __slots__ = ("repo_path", "window_states")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    WINDOW_STATES_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    window_states: int
    def __init__(self, repo_path: _Optional[str] = ..., window_states: _Optional[int] = ...) -> None: ...

class RepoSignalHealthReport(_message.Message):
    __slots__ = ("entries", "window_states")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    WINDOW_STATES_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[SignalHealthEntry]
    window_states: int
    def __init__(self, entries: _Optional[_Iterable[_Union[SignalHealthEntry, _Mapping]]] = ..., window_states: _Optional[int] = ...) -> None: ...

class SignalHealthEntry(_message.Message):
    __slots__ = ("module_id", "fire_rate", "warn")
    MODULE_ID_FIELD_NUMBER: _ClassVar[int]
    FIRE_RATE_FIELD_NUMBER: _ClassVar[int]
    WARN_FIELD_NUMBER: _ClassVar[int]
    module_id: str
    fire_rate: float
    warn: bool
    def __init__(self, module_id: _Optional[str] = ..., fire_rate: _Optional[float] = ..., warn: _Optional[bool] = ...) -> None: ...

class SubscribeSignalUpdatesRequest(_message.Message):
    __slots__ = ("repo_path",)
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    def __init__(self, repo_path: _Optional[str] = ...) -> None: ...

class SignalUpdate(_message.Message):
    __slots__ = ("state_id", "signals", "worktree", "threads", "is_incomplete")
    STATE_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    WORKTREE_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    IS_INCOMPLETE_FIELD_NUMBER: _ClassVar[int]
    state_id: bytes
    signals: _containers.RepeatedCompositeFieldContainer[_common_pb2.RiskSignal]
    worktree: str
    threads: _containers.RepeatedScalarFieldContainer[str]
    is_incomplete: bool
    def __init__(self, state_id: _Optional[bytes] = ..., signals: _Optional[_Iterable[_Union[_common_pb2.RiskSignal, _Mapping]]] = ..., worktree: _Optional[str] = ..., threads: _Optional[_Iterable[str]] = ..., is_incomplete: _Optional[bool] = ...) -> None: ...
