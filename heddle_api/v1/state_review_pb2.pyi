import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from heddle_api.local.v1 import review_pb2 as _review_pb2
from heddle_api.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetReviewPayloadRequest(_message.Message):
    __slots__ = ("repo_path", "state_id", "include_all_signals")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    STATE_ID_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_ALL_SIGNALS_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    state_id: bytes
    include_all_signals: bool
    def __init__(self, repo_path: _Optional[str] = ..., state_id: _Optional[bytes] = ..., include_all_signals: _Optional[bool] = ...) -> None: ...

class ReviewPayload(_message.Message):
    __slots__ = ("state_id", "summary", "agent_narrative", "partition", "in_budget_signals", "all_signals", "tick_budget", "discussions", "merge_requirements", "signing_footer", "changed_files", "changed_symbols", "annotations", "is_truncated", "signals_incomplete", "prior_state_id")
    STATE_ID_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    AGENT_NARRATIVE_FIELD_NUMBER: _ClassVar[int]
    PARTITION_FIELD_NUMBER: _ClassVar[int]
    IN_BUDGET_SIGNALS_FIELD_NUMBER: _ClassVar[int]
    ALL_SIGNALS_FIELD_NUMBER: _ClassVar[int]
    TICK_BUDGET_FIELD_NUMBER: _ClassVar[int]
    DISCUSSIONS_FIELD_NUMBER: _ClassVar[int]
    MERGE_REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
    SIGNING_FOOTER_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FILES_FIELD_NUMBER: _ClassVar[int]
    CHANGED_SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    IS_TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_INCOMPLETE_FIELD_NUMBER: _ClassVar[int]
    PRIOR_STATE_ID_FIELD_NUMBER: _ClassVar[int]
    state_id: bytes
    summary: ReviewSummary
    agent_narrative: str
    partition: ReadingOrderPartition
    in_budget_signals: _containers.RepeatedCompositeFieldContainer[_common_pb2.RiskSignal]
    all_signals: _containers.RepeatedCompositeFieldContainer[_common_pb2.RiskSignal]
    tick_budget: int
    discussions: _containers.RepeatedCompositeFieldContainer[AnchoredDiscussion]
    merge_requirements: _containers.RepeatedCompositeFieldContainer[MergeRequirement]
    signing_footer: SigningFooter
    changed_files: _containers.RepeatedCompositeFieldContainer[_review_pb2.ChangedFile]
    changed_symbols: _containers.RepeatedCompositeFieldContainer[_review_pb2.ChangedSymbol]
    annotations: _containers.RepeatedCompositeFieldContainer[_review_pb2.Annotation]
    is_truncated: bool
    signals_incomplete: bool
    prior_state_id: bytes
    def __init__(self, state_id: _Optional[bytes] = ..., summary: _Optional[_Union[ReviewSummary, _Mapping]] = ..., agent_narrative: _Optional[str] = ..., partition: _Optional[_Union[ReadingOrderPartition, _Mapping]] = ..., in_budget_signals: _Optional[_Iterable[_Union[_common_pb2.RiskSignal, _Mapping]]] = ..., all_signals: _Optional[_Iterable[_Union[_common_pb2.RiskSignal, _Mapping]]] = ..., tick_budget: _Optional[int] = ..., discussions: _Optional[_Iterable[_Union[AnchoredDiscussion, _Mapping]]] = ..., merge_requirements: _Optional[_Iterable[_Union[MergeRequirement, _Mapping]]] = ..., signing_footer: _Optional[_Union[SigningFooter, _Mapping]] = ..., changed_files: _Optional[_Iterable[_Union[_review_pb2.ChangedFile, _Mapping]]] = ..., changed_symbols: _Optional[_Iterable[_Union[_review_pb2.ChangedSymbol, _Mapping]]] = ..., annotations: _Optional[_Iterable[_Union[_review_pb2.Annotation, _Mapping]]] = ..., is_truncated: _Optional[bool] = ..., signals_incomplete: _Optional[bool] = ..., prior_state_id: _Optional[bytes] = ...) -> None: ...

class ReviewSummary(_message.Message):
    __slots__ = ("headline", "files_changed", "added_lines", "removed_lines", "in_budget_signal_count", "hidden_signal_count")
    HEADLINE_FIELD_NUMBER: _ClassVar[int]
    FILES_CHANGED_FIELD_NUMBER: _ClassVar[int]
    ADDED_LINES_FIELD_NUMBER: _ClassVar[int]
    REMOVED_LINES_FIELD_NUMBER: _ClassVar[int]
    IN_BUDGET_SIGNAL_COUNT_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_SIGNAL_COUNT_FIELD_NUMBER: _ClassVar[int]
    headline: str
    files_changed: int
    added_lines: int
    removed_lines: int
    in_budget_signal_count: int
    hidden_signal_count: int
    def __init__(self, headline: _Optional[str] = ..., files_changed: _Optional[int] = ..., added_lines: _Optional[int] = ..., removed_lines: _Optional[int] = ..., in_budget_signal_count: _Optional[int] = ..., hidden_signal_count: _Optional[int] = ...) -> None: ...

class ReadingOrderPartition(_message.Message):
    __slots__ = ("structural", "consequence", "tests_and_docs")
    STRUCTURAL_FIELD_NUMBER: _ClassVar[int]
    CONSEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TESTS_AND_DOCS_FIELD_NUMBER: _ClassVar[int]
    structural: _containers.RepeatedCompositeFieldContainer[_common_pb2.PathSymbolRef]
    consequence: _containers.RepeatedCompositeFieldContainer[_common_pb2.PathSymbolRef]
    tests_and_docs: _containers.RepeatedCompositeFieldContainer[_common_pb2.PathSymbolRef]
    def __init__(self, structural: _Optional[_Iterable[_Union[_common_pb2.PathSymbolRef, _Mapping]]] = ..., consequence: _Optional[_Iterable[_Union[_common_pb2.PathSymbolRef, _Mapping]]] = ..., tests_and_docs: _Optional[_Iterable[_Union[_common_pb2.PathSymbolRef, _Mapping]]] = ...) -> None: ...

class AnchoredDiscussion(_message.Message):
    __slots__ = ("id", "anchor", "opened_against_state", "opened_at", "turns", "resolution", "body_changed_since_open", "orphaned", "visibility", "start_line", "end_line")
    ID_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    OPENED_AGAINST_STATE_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    TURNS_FIELD_NUMBER: _ClassVar[int]
    RESOLUTION_FIELD_NUMBER: _ClassVar[int]
    BODY_CHANGED_SINCE_OPEN_FIELD_NUMBER: _ClassVar[int]
    ORPHANED_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    START_LINE_FIELD_NUMBER: _ClassVar[int]
    END_LINE_FIELD_NUMBER: _ClassVar[int]
    id: str
    anchor: _common_pb2.PathSymbolRef
    opened_against_state: bytes
    opened_at: _timestamp_pb2.Timestamp
    turns: _containers.RepeatedCompositeFieldContainer[_common_pb2.DiscussionTurn]
    resolution: _common_pb2.DiscussionResolution
    body_changed_since_open: bool
    orphaned: bool
    visibility: str
    start_line: int
    end_line: int
    def __init__(self, id: _Optional[str] = ..., anchor: _Optional[_Union[_common_pb2.PathSymbolRef, _Mapping]] = ..., opened_against_state: _Optional[bytes] = ..., opened_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., turns: _Optional[_Iterable[_Union[_common_pb2.DiscussionTurn, _Mapping]]] = ..., resolution: _Optional[_Union[_common_pb2.DiscussionResolution, _Mapping]] = ..., body_changed_since_open: _Optional[bool] = ..., orphaned: _Optional[bool] = ..., visibility: _Optional[str] = ..., start_line: _Optional[int] = ..., end_line: _Optional[int] = ...) -> None: ...

class MergeRequirement(_message.Message):
    __slots__ = ("description", "satisfied", "id", "status", "explanation")
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SATISFIED_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    description: str
    satisfied: bool
    id: str
    status: _review_pb2.RequirementStatus
    explanation: str
    def __init__(self, description: _Optional[str] = ..., satisfied: _Optional[bool] = ..., id: _Optional[str] = ..., status: _Optional[_Union[_review_pb2.RequirementStatus, str]] = ..., explanation: _Optional[str] = ...) -> None: ...

class SigningFooter(_message.Message):
    __slots__ = ("available_kinds",)
    AVAILABLE_KINDS_FIELD_NUMBER: _ClassVar[int]
    available_kinds: _containers.RepeatedScalarFieldContainer[_common_pb2.ReviewKind]
    def __init__(self, available_kinds: _Optional[_Iterable[_Union[_common_pb2.ReviewKind, str]]] = ...) -> None: ...

class SignStateRequest(_message.Message):
    __slots__ = ("repo_path", "state_id", "kind", "scope", "justification", "algorithm", "public_key", "signature", "signed_at", "client_operation_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    STATE_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    JUSTIFICATION_FIELD_NUMBER: _ClassVar[int]
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    SIGNED_AT_FIELD_NUMBER: _ClassVar[int]
    CLIENT_OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    state_id: bytes
    kind: _common_pb2.ReviewKind
    scope: ReviewScope
    justification: str
    algorithm: str
    public_key: bytes
    signature: bytes
    signed_at: _timestamp_pb2.Timestamp
    client_operation_id: str
    def __init__(self, repo_path: _Optional[str] = ..., state_id: _Optional[bytes] = ..., kind: _Optional[_Union[_common_pb2.ReviewKind, str]] = ..., scope: _Optional[_Union[ReviewScope, _Mapping]] = ..., justification: _Optional[str] = ..., algorithm: _Optional[str] = ..., public_key: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., signed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., client_operation_id: _Optional[str] = ...) -> None: ...

class SignStateResponse(_message.Message):
    __slots__ = ("signature_id", "state_id")
    SIGNATURE_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_ID_FIELD_NUMBER: _ClassVar[int]
    signature_id: str
    state_id: bytes
    def __init__(self, signature_id: _Optional[str] = ..., state_id: _Optional[bytes] = ...) -> None: ...

class ReviewScope(_message.Message):
    __slots__ = ("whole_change", "symbols")
    class WholeChange(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class SymbolList(_message.Message):
        __slots__ = ("symbols",)
        SYMBOLS_FIELD_NUMBER: _ClassVar[int]
        symbols: _containers.RepeatedCompositeFieldContainer[_common_pb2.PathSymbolRef]
        def __init__(self, symbols: _Optional[_Iterable[_Union[_common_pb2.PathSymbolRef, _Mapping]]] = ...) -> None: ...
    WHOLE_CHANGE_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    whole_change: ReviewScope.WholeChange
    symbols: ReviewScope.SymbolList
    def __init__(self, whole_change: _Optional[_Union[ReviewScope.WholeChange, _Mapping]] = ..., symbols: _Optional[_Union[ReviewScope.SymbolList, _Mapping]] = ...) -> None: ...

class ListSignaturesRequest(_message.Message):
    __slots__ = ("repo_path", "state_id")
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    STATE_ID_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    state_id: bytes
    def __init__(self, repo_path: _Optional[str] = ..., state_id: _Optional[bytes] = ...) -> None: ...

class ListSignaturesResponse(_message.Message):
    __slots__ = ("signatures", "carried")
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    CARRIED_FIELD_NUMBER: _ClassVar[int]
    signatures: _containers.RepeatedCompositeFieldContainer[ReviewSignature]
    carried: _containers.RepeatedCompositeFieldContainer[ReviewSignature]
    def __init__(self, signatures: _Optional[_Iterable[_Union[ReviewSignature, _Mapping]]] = ..., carried: _Optional[_Iterable[_Union[ReviewSignature, _Mapping]]] = ...) -> None: ...

class ReviewSignature(_message.Message):
    __slots__ = ("signature_id", "actor_name", "actor_email", "kind", "scope", "justification", "signed_at", "algorithm", "public_key", "signature", "signed_state_id")
    SIGNATURE_ID_FIELD_NUMBER: _ClassVar[int]
    ACTOR_NAME_FIELD_NUMBER: _ClassVar[int]
    ACTOR_EMAIL_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    JUSTIFICATION_FIELD_NUMBER: _ClassVar[int]
    SIGNED_AT_FIELD_NUMBER: _ClassVar[int]
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    SIGNED_STATE_ID_FIELD_NUMBER: _ClassVar[int]
    signature_id: str
    actor_name: str
    actor_email: str
    kind: _common_pb2.ReviewKind
    scope: ReviewScope
    justification: str
    signed_at: _timestamp_pb2.Timestamp
    algorithm: str
    public_key: bytes
    signature: bytes
    signed_state_id: bytes
    def __init__(self, signature_id: _Optional[str] = ..., actor_name: _Optional[str] = ..., actor_email: _Optional[str] = ..., kind: _Optional[_Union[_common_pb2.ReviewKind, str]] = ..., scope: _Optional[_Union[ReviewScope, _Mapping]] = ..., justification: _Optional[str] = ..., signed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., algorithm: _Optional[str] = ..., public_key: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., signed_state_id: _Optional[bytes] = ...) -> None: ...
