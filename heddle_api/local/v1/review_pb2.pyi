from heddle_api.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RequirementStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REQUIREMENT_STATUS_UNSPECIFIED: _ClassVar[RequirementStatus]
    REQUIREMENT_STATUS_PASS: _ClassVar[RequirementStatus]
    REQUIREMENT_STATUS_FAIL: _ClassVar[RequirementStatus]
    REQUIREMENT_STATUS_NOT_APPLICABLE: _ClassVar[RequirementStatus]
REQUIREMENT_STATUS_UNSPECIFIED: RequirementStatus
REQUIREMENT_STATUS_PASS: RequirementStatus
REQUIREMENT_STATUS_FAIL: RequirementStatus
REQUIREMENT_STATUS_NOT_APPLICABLE: RequirementStatus

class ChangedFile(_message.Message):
    __slots__ = ("path", "old_path", "status", "added_lines", "removed_lines", "is_binary", "language", "outline", "by_merge")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OLD_PATH_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ADDED_LINES_FIELD_NUMBER: _ClassVar[int]
    REMOVED_LINES_FIELD_NUMBER: _ClassVar[int]
    IS_BINARY_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    OUTLINE_FIELD_NUMBER: _ClassVar[int]
    BY_MERGE_FIELD_NUMBER: _ClassVar[int]
    path: str
    old_path: str
    status: str
    added_lines: int
    removed_lines: int
    is_binary: bool
    language: str
    outline: str
    by_merge: bool
    def __init__(self, path: _Optional[str] = ..., old_path: _Optional[str] = ..., status: _Optional[str] = ..., added_lines: _Optional[int] = ..., removed_lines: _Optional[int] = ..., is_binary: _Optional[bool] = ..., language: _Optional[str] = ..., outline: _Optional[str] = ..., by_merge: _Optional[bool] = ...) -> None: ...

class ChangedSymbol(_message.Message):
    __slots__ = ("anchor", "previous", "kind", "changes", "start_line", "end_line", "changes_meaning")
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    START_LINE_FIELD_NUMBER: _ClassVar[int]
    END_LINE_FIELD_NUMBER: _ClassVar[int]
    CHANGES_MEANING_FIELD_NUMBER: _ClassVar[int]
    anchor: _common_pb2.PathSymbolRef
    previous: _common_pb2.PathSymbolRef
    kind: str
    changes: _containers.RepeatedScalarFieldContainer[str]
    start_line: int
    end_line: int
    changes_meaning: bool
    def __init__(self, anchor: _Optional[_Union[_common_pb2.PathSymbolRef, _Mapping]] = ..., previous: _Optional[_Union[_common_pb2.PathSymbolRef, _Mapping]] = ..., kind: _Optional[str] = ..., changes: _Optional[_Iterable[str]] = ..., start_line: _Optional[int] = ..., end_line: _Optional[int] = ..., changes_meaning: _Optional[bool] = ...) -> None: ...

class Annotation(_message.Message):
    __slots__ = ("id", "kind", "content", "tags", "anchor", "orphaned")
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    ORPHANED_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: str
    content: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    anchor: _common_pb2.PathSymbolRef
    orphaned: bool
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[str] = ..., content: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., anchor: _Optional[_Union[_common_pb2.PathSymbolRef, _Mapping]] = ..., orphaned: _Optional[bool] = ...) -> None: ...
