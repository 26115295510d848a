"""The compiled API is the contract in `contract.json`, name by name and number by number."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    ServiceDescriptorProto,
)

import heddle_api.local.v1
import heddle_api.v1

# Fields that the contract doesn't have start here.
FIRST_ADDITION: Final = 100

PROTOS: Final = Path(__file__).parents[2] / "protos"
CONTRACT: Final[dict[str, Any]] = json.loads(
    Path(__file__).with_name("contract.json").read_text("utf-8")
)

ADDITIONS: Final = {
    "QueryOperationsRequest": {"after_seq": (100, "uint64", "singular", None)},
    "StreamOperationsRequest": {"follow": (100, "bool", "singular", None)},
    "OperationHit": {
        "old_state_id": (100, "bytes", "singular", None),
        "detail": (101, "string", "singular", None),
    },
    "AbortTransactionResponse": {"kept_ref": (100, "string", "singular", None)},
    "ReviewPayload": {
        "changed_files": (100, "heddle.local.v1.ChangedFile", "repeated", None),
        "changed_symbols": (101, "heddle.local.v1.ChangedSymbol", "repeated", None),
        "annotations": (102, "heddle.local.v1.Annotation", "repeated", None),
        "is_truncated": (103, "bool", "singular", None),
        "signals_incomplete": (104, "bool", "singular", None),
        "prior_state_id": (105, "bytes", "singular", None),
    },
    "MergeRequirement": {
        "id": (100, "string", "singular", None),
        "status": (101, "heddle.local.v1.RequirementStatus", "singular", None),
        "explanation": (102, "string", "singular", None),
    },
    "ListSignaturesResponse": {
        "carried": (100, "heddle.v1.ReviewSignature", "repeated", None),
    },
    "ReviewSignature": {"signed_state_id": (100, "bytes", "singular", None)},
    "ComputeStateSignalsResponse": {"is_incomplete": (100, "bool", "singular", None)},
    "SignalUpdate": {
        "worktree": (100, "string", "singular", None),
        "threads": (101, "string", "repeated", None),
        "is_incomplete": (102, "bool", "singular", None),
    },
    "Discussion": {
        "opened_anchor": (100, "heddle.v1.PathSymbolRef", "singular", None),
        "start_line": (101, "uint32", "singular", None),
        "end_line": (102, "uint32", "singular", None),
    },
    "AnchoredDiscussion": {
        "start_line": (100, "uint32", "singular", None),
        "end_line": (101, "uint32", "singular", None),
    },
    "ListDiscussionsByStateRequest": {
        "limit": (100, "uint32", "singular", None),
        "after_id": (101, "string", "singular", None),
    },
    "ListDiscussionsBySymbolRequest": {
        "limit": (100, "uint32", "singular", None),
        "after_id": (101, "string", "singular", None),
    },
}

LOCAL: Final = {
    "RunGitHookRequest": {
        "repo_path": (1, "string", "singular", None),
        "hook": (2, "string", "singular", None),
        "arguments": (3, "bytes", "repeated", None),
        "input": (4, "bytes", "singular", None),
        "index_file": (5, "bytes", "singular", None),
        "message": (6, "bytes", "singular", None),
        "environment": (
            7,
            "heddle.local.v1.RunGitHookRequest.EnvironmentEntry",
            "repeated",
            None,
        ),
    },
    "RunGitHookRequest.EnvironmentEntry": {
        "key": (1, "string", "singular", None),
        "value": (2, "bytes", "singular", None),
    },
    "TestHookEventRequest": {
        "repo_path": (1, "string", "singular", None),
        "event_name": (2, "string", "singular", None),
        "payload_json": (3, "string", "singular", None),
    },
    "HookVerdict": {
        "vetoed": (1, "bool", "singular", None),
        "reason": (2, "string", "singular", None),
        "author": (3, "string", "singular", None),
        "answers": (4, "heddle.local.v1.HookAnswer", "repeated", None),
    },
    "HookAnswer": {
        "author": (1, "string", "singular", None),
        "event_name": (2, "string", "singular", None),
        "outcome": (3, "string", "singular", None),
        "detail": (4, "string", "singular", None),
        "duration_ms": (5, "uint32", "singular", None),
    },
    "ChangedFile": {
        "path": (1, "string", "singular", None),
        "old_path": (2, "string", "singular", None),
        "status": (3, "string", "singular", None),
        "added_lines": (4, "uint32", "singular", None),
        "removed_lines": (5, "uint32", "singular", None),
        "is_binary": (6, "bool", "singular", None),
        "language": (7, "string", "singular", None),
        "outline": (8, "string", "singular", None),
        "by_merge": (9, "bool", "singular", None),
    },
    "ChangedSymbol": {
        "anchor": (1, "heddle.v1.PathSymbolRef", "singular", None),
        "previous": (2, "heddle.v1.PathSymbolRef", "singular", None),
        "kind": (3, "string", "singular", None),
        "changes": (4, "string", "repeated", None),
        "start_line": (5, "uint32", "singular", None),
        "end_line": (6, "uint32", "singular", None),
        "changes_meaning": (7, "bool", "singular", None),
    },
    "Annotation": {
        "id": (1, "string", "singular", None),
        "kind": (2, "string", "singular", None),
        "content": (3, "string", "singular", None),
        "tags": (4, "string", "repeated", None),
        "anchor": (5, "heddle.v1.PathSymbolRef", "singular", None),
        "orphaned": (6, "bool", "singular", None),
    },
    "GetDaemonRequest": {"repo_path": (1, "string", "singular", None)},
    "Daemon": {
        "version": (1, "string", "singular", None),
        "api_level": (2, "uint32", "singular", None),
        "worker_pid": (3, "int32", "singular", None),
        "generation": (4, "uint32", "singular", None),
        "started_at": (5, "google.protobuf.Timestamp", "singular", None),
        "uptime_seconds": (6, "double", "singular", None),
        "repository_path": (7, "string", "singular", None),
        "features": (8, "string", "repeated", None),
        "limits": (9, "heddle.local.v1.Limits", "singular", None),
        "methods": (10, "heddle.local.v1.MethodCounters", "repeated", None),
        "restarts": (11, "heddle.local.v1.Restart", "repeated", None),
    },
    "Restart": {
        "at": (1, "google.protobuf.Timestamp", "singular", None),
        "reason": (2, "string", "singular", None),
    },
    "Limits": {
        "max_message_bytes": (1, "uint64", "singular", None),
        "max_concurrent_calls": (2, "uint32", "singular", None),
        "max_streams": (3, "uint32", "singular", None),
    },
    "MethodCounters": {
        "method": (1, "string", "singular", None),
        "calls": (2, "uint64", "singular", None),
        "errors": (3, "uint64", "singular", None),
        "p50_us": (4, "uint64", "singular", None),
        "p99_us": (5, "uint64", "singular", None),
    },
    "ListTransactionsRequest": {
        "repo_path": (1, "string", "singular", None),
        "limit": (2, "uint32", "singular", None),
    },
    "ListTransactionsResponse": {
        "transactions": (1, "heddle.local.v1.Transaction", "repeated", None),
    },
    "Transaction": {
        "transaction_id": (1, "string", "singular", None),
        "state": (2, "string", "singular", None),
        "started_at": (3, "google.protobuf.Timestamp", "singular", None),
        "message": (4, "string", "singular", None),
        "thread": (5, "string", "singular", None),
        "worktree": (6, "string", "singular", None),
        "base_state_id": (7, "bytes", "singular", None),
    },
    "ListSnapshotsRequest": {
        "repo_path": (1, "string", "singular", None),
        "transaction_id": (2, "string", "singular", None),
    },
    "ListSnapshotsResponse": {
        "snapshots": (1, "heddle.local.v1.Snapshot", "repeated", None),
    },
    "Snapshot": {
        "name": (1, "string", "singular", None),
        "ref": (2, "string", "singular", None),
        "commit_id": (3, "bytes", "singular", None),
        "taken_at": (4, "google.protobuf.Timestamp", "singular", None),
        "branch": (5, "string", "singular", None),
        "head_id": (6, "bytes", "singular", None),
    },
    "CompareSnapshotRequest": {
        "repo_path": (1, "string", "singular", None),
        "transaction_id": (2, "string", "singular", None),
        "snapshot": (3, "string", "singular", None),
        "include_diff": (4, "bool", "singular", None),
    },
    "CompareSnapshotResponse": {
        "changes": (1, "heddle.local.v1.PathChange", "repeated", None),
        "diff": (2, "bytes", "singular", None),
        "diff_truncated": (3, "bool", "singular", None),
    },
    "PathChange": {
        "path": (1, "string", "singular", None),
        "kind": (2, "string", "singular", None),
        "side": (3, "string", "singular", None),
    },
    "PlanRestoreRequest": {
        "repo_path": (1, "string", "singular", None),
        "transaction_id": (2, "string", "singular", None),
        "snapshot": (3, "string", "singular", None),
    },
    "PlanRestoreResponse": {
        "steps": (1, "heddle.local.v1.RestoreStep", "repeated", None),
    },
    "RestoreStep": {
        "action": (1, "string", "singular", None),
        "target": (2, "string", "singular", None),
    },
    "RestorePathsRequest": {
        "repo_path": (1, "string", "singular", None),
        "transaction_id": (2, "string", "singular", None),
        "snapshot": (3, "string", "singular", None),
        "paths": (4, "string", "repeated", None),
        "client_operation_id": (15, "string", "singular", None),
    },
    "RestorePathsResponse": {
        "restored": (1, "string", "repeated", None),
        "kept_as": (2, "string", "singular", None),
    },
    "UndoAbortRequest": {
        "repo_path": (1, "string", "singular", None),
        "transaction_id": (2, "string", "singular", None),
        "client_operation_id": (15, "string", "singular", None),
    },
    "UndoAbortResponse": {"kept_as": (1, "string", "singular", None)},
}

LOCAL_SERVICES: Final = {
    "DaemonService": {"GetDaemon": "Daemon"},
    "SnapshotService": {
        "ListTransactions": "ListTransactionsResponse",
        "ListSnapshots": "ListSnapshotsResponse",
        "CompareSnapshot": "CompareSnapshotResponse",
        "PlanRestore": "PlanRestoreResponse",
        "RestorePaths": "RestorePathsResponse",
        "UndoAbort": "UndoAbortResponse",
    },
    "GitHookService": {"RunGitHook": "HookVerdict", "TestHookEvent": "HookVerdict"},
}

MUTATING: Final = {
    "SignStateRequest",
    "OpenDiscussionRequest",
    "AppendTurnRequest",
    "ResolveDiscussionRequest",
    "BeginTransactionRequest",
    "CommitTransactionRequest",
    "AbortTransactionRequest",
    "RegisterHookRequest",
    "DeregisterHookRequest",
    "RespondToHookRequest",
}

# The same answer everywhere, so it needs no repository.
WITHOUT_REPOSITORY: Final = {"GetHookEventSchemaRequest"}

Field = tuple[int, str, str, str | None]
"""Number, type, label and oneof of a field."""


def compiled_files(package: str, path: list[str]) -> list[FileDescriptorProto]:
    files = []
    for module in pkgutil.iter_modules(path, f"{package}."):
        if module.name.endswith("_pb2"):
            file = FileDescriptorProto()
            importlib.import_module(module.name).DESCRIPTOR.CopyToProto(file)
            files.append(file)
    return files


def with_nested(
    message: DescriptorProto, prefix: str = ""
) -> Iterator[tuple[str, DescriptorProto]]:
    name = f"{prefix}{message.name}"
    yield name, message
    for nested in message.nested_type:
        yield from with_nested(nested, f"{name}.")


def field_of(message: DescriptorProto, field: FieldDescriptorProto) -> Field:
    kind = field.type_name.removeprefix(".") or (
        FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    )
    label = {
        FieldDescriptorProto.LABEL_REPEATED: "repeated",
        FieldDescriptorProto.LABEL_OPTIONAL: "singular",
    }[field.label]
    oneof = message.oneof_decl[field.oneof_index].name if field.HasField("oneof_index") else None
    return field.number, kind, label, oneof


def fields_of(message: DescriptorProto) -> dict[str, Field]:
    return {field.name: field_of(message, field) for field in message.field}


def messages_of(files: list[FileDescriptorProto]) -> dict[str, dict[str, Field]]:
    return {
        name: fields_of(message)
        for file in files
        for top in file.message_type
        for name, message in with_nested(top)
    }


def methods_of(service: ServiceDescriptorProto, package: str) -> dict[str, dict[str, object]]:
    assert not any(method.client_streaming for method in service.method)
    return {
        method.name: {
            "request": method.input_type.removeprefix(f".{package}."),
            "response": method.output_type.removeprefix(f".{package}."),
            "server_streaming": method.server_streaming,
        }
        for method in service.method
    }


def values_of(enum: EnumDescriptorProto) -> dict[str, int]:
    return {value.name: value.number for value in enum.value}


FILES: Final = compiled_files("heddle_api.v1", list(heddle_api.v1.__path__))
LOCAL_FILES: Final = compiled_files("heddle_api.local.v1", list(heddle_api.local.v1.__path__))
MESSAGES: Final = messages_of(FILES)
REQUESTS: Final = sorted(
    method["request"] for methods in CONTRACT["services"].values() for method in methods.values()
)


def test_each_file_is_compiled_under_its_own_name_and_package() -> None:
    compiled = {file.name: (file.package, file.syntax) for file in FILES + LOCAL_FILES}

    sources = [path.relative_to(PROTOS) for path in PROTOS.rglob("*.proto")]
    assert compiled == {
        source.as_posix(): (".".join(source.parent.parts), "proto3") for source in sources
    }


def test_services_and_methods() -> None:
    services = {
        service.name: methods_of(service, "heddle.v1") for file in FILES for service in file.service
    }

    assert services == CONTRACT["services"]


def test_no_message_is_missing_and_none_is_new() -> None:
    assert MESSAGES.keys() == CONTRACT["messages"].keys()


@pytest.mark.parametrize("name", CONTRACT["messages"])
def test_fields(name: str) -> None:
    expected = {
        field: (row["number"], row["type"], row["label"], row["oneof"])
        for field, row in CONTRACT["messages"][name].items()
    }

    by_contract = {field: row for field, row in MESSAGES[name].items() if row[0] < FIRST_ADDITION}
    assert by_contract == expected


def test_additions() -> None:
    additions = {
        name: {field: row for field, row in fields.items() if row[0] >= FIRST_ADDITION}
        for name, fields in MESSAGES.items()
    }

    assert {name: fields for name, fields in additions.items() if fields} == ADDITIONS


def test_enums() -> None:
    enums = {enum.name: values_of(enum) for file in FILES for enum in file.enum_type}

    assert enums == CONTRACT["enums"]


def test_no_enum_hides_in_a_message() -> None:
    for file in FILES:
        for top in file.message_type:
            assert not [name for name, message in with_nested(top) if message.enum_type]


def test_the_services_of_our_own() -> None:
    services = {
        service.name: methods_of(service, "heddle.local.v1")
        for file in LOCAL_FILES
        for service in file.service
    }

    assert services == {
        service: {
            method: {"request": f"{method}Request", "response": response, "server_streaming": False}
            for method, response in methods.items()
        }
        for service, methods in LOCAL_SERVICES.items()
    }
    assert messages_of(LOCAL_FILES) == LOCAL


@pytest.mark.parametrize("name", REQUESTS)
def test_requests_name_their_repository_first(name: str) -> None:
    expected = None if name in WITHOUT_REPOSITORY else (1, "string", "singular", None)

    assert MESSAGES[name].get("repo_path") == expected


@pytest.mark.parametrize("name", REQUESTS)
def test_requests_that_change_something_can_be_repeated(name: str) -> None:
    expected = (15, "string", "singular", None) if name in MUTATING else None

    assert MESSAGES[name].get("client_operation_id") == expected


def test_every_mutating_request_belongs_to_a_method() -> None:
    assert set(REQUESTS) > MUTATING
