"""Requests that cannot be answered: each gets its status, with details, and never INTERNAL."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from call_load import log_stub, query
from git_repository import GitRepository
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from heddle_daemon import HeddleDaemon

from heddle_api.v1 import operation_log_pb2

Code = grpc.StatusCode
Request = operation_log_pb2.QueryOperationsRequest

_NUL: Final = "a\0b"
_LONG: Final = "x" * 5_000


def refusal(daemon: HeddleDaemon, request: Request) -> grpc.RpcError:
    """Make the call, which has to be refused."""
    with log_stub(daemon.config.socket_path) as stub, pytest.raises(grpc.RpcError) as refused:
        stub.QueryOperations(request, timeout=30)
    return refused.value


def details(error: grpc.RpcError) -> tuple[error_details_pb2.ErrorInfo, list[str]]:
    """Return the reason for machines, and the names of the fields at fault."""
    assert isinstance(error, grpc.Call)
    status: status_pb2.Status = rpc_status.from_call(error)
    assert (status.code, status.message) == (error.code().value[0], error.details())
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        for message in (info, bad):
            if detail.Is(message.DESCRIPTOR):
                detail.Unpack(message)
    return info, [violation.field for violation in bad.field_violations]


WRONG: Final[list[tuple[dict[str, Any], list[str]]]] = [
    ({"repo_path": _LONG}, ["repo_path"]),
    ({"repo_path": _NUL}, ["repo_path"]),
    ({"actor": _LONG}, ["actor"]),
    ({"symbol": _LONG, "thread": _NUL}, ["symbol", "thread"]),
    ({"signal_kind": _NUL}, ["signal_kind"]),
    ({"verbs": ["snapshot", _LONG]}, ["verbs[1]"]),
    ({"verbs": ["snapshot"] * 1_000}, ["verbs"]),
    ({"since_secs": -1}, ["since_secs"]),
    ({"until_secs": 2**62}, ["until_secs"]),
    ({"since_secs": -(2**63), "until_secs": -1}, ["since_secs", "until_secs"]),
]


def test_each_field_that_is_wrong_is_named(daemon: HeddleDaemon) -> None:
    daemon.start("--no-standby")
    for fields, at_fault in WRONG:
        error = refusal(daemon, Request(**fields))
        assert error.code() is Code.INVALID_ARGUMENT, fields
        info, violated = details(error)
        assert (info.reason, violated) == ("INVALID_REQUEST", at_fault)
        assert (error.details() or "").startswith(f"invalid {at_fault[0]}: ")


def test_a_repo_path_of_another_repository_is_not_found(
    daemon: HeddleDaemon, repository: GitRepository, room: Path
) -> None:
    GitRepository.init(room / "another").commit()
    GitRepository.init(repository.root / "nested").commit()
    daemon.start("--no-standby")
    for path in (
        room / "another",
        room / "nowhere",
        repository.root / "nested",
        repository.root / ".." / "another",
        repository.root.parent,
        Path("/"),
        Path("..") / "another",
        room / ("n" * 300),
    ):
        error = refusal(daemon, Request(repo_path=str(path)))
        assert error.code() is Code.NOT_FOUND, path
        assert str(path) in (error.details() or "")
        assert details(error)[0].reason == "NOT_FOUND"


def test_a_cursor_from_another_log_is_out_of_range(daemon: HeddleDaemon) -> None:
    daemon.start("--no-standby")
    for cursor in (2, 1_000_000, 2**63, 2**64 - 1):
        error = refusal(daemon, Request(after_seq=cursor))
        assert error.code() is Code.OUT_OF_RANGE, cursor
        assert details(error)[0].reason == "OUT_OF_RANGE"
        assert str(cursor) in (error.details() or "")


def test_a_message_that_is_too_large_is_refused_and_the_next_is_answered(
    daemon: HeddleDaemon,
) -> None:
    daemon.start("--no-standby")
    error = refusal(daemon, Request(actor="x" * 5_000_000))
    assert error.code() is Code.RESOURCE_EXHAUSTED
    with log_stub(daemon.config.socket_path) as stub:
        assert len(stub.QueryOperations(Request(), timeout=30).hits) == 1


def test_bytes_that_are_no_message_are_refused(daemon: HeddleDaemon) -> None:
    daemon.start("--no-standby")
    with grpc.insecure_channel(f"unix:{daemon.config.socket_path}") as channel:
        call: Any = channel.unary_unary("/heddle.v1.OperationLogQueryService/QueryOperations")
        for garbage in (b"\xff", b"\x0a\xff", b"\x0a\x02\xff\xfe", b"\x00" * 100):
            with pytest.raises(grpc.RpcError) as refused:
                call(garbage, timeout=30)
            assert refused.value.code() is Code.INVALID_ARGUMENT, garbage


def test_a_repository_that_is_damaged_meanwhile_is_no_internal_error(
    daemon: HeddleDaemon, repository: GitRepository
) -> None:
    daemon.start("--no-standby")
    head_log = repository.git_dir() / "logs" / "HEAD"
    with head_log.open("ab") as log:
        log.write(b"\xff\xfe no line of a reflog \x00\n" * 3)
    (repository.git_dir() / "refs" / "heads" / "broken").write_bytes(b"\x00" * 40)
    (repository.git_dir() / "packed-refs").write_bytes(b"\xffgarbage\n" * 10)
    with log_stub(daemon.config.socket_path) as stub:
        assert stub.QueryOperations(Request(), timeout=30).hits


def test_a_store_that_is_deleted_meanwhile_is_no_internal_error(
    daemon: HeddleDaemon, repository: GitRepository
) -> None:
    daemon.start("--no-standby")
    query(daemon.config.socket_path)
    for path in daemon.config.state_dir.iterdir():
        path.unlink()
    repository.commit("later")
    error = refusal(daemon, Request())
    assert error.code() is Code.FAILED_PRECONDITION
    assert "was deleted or replaced while it was in use" in (error.details() or "")
    # The advice helps.
    daemon.stop()
    daemon.start("--no-standby")
    with log_stub(daemon.config.socket_path) as stub:
        assert len(stub.QueryOperations(Request(), timeout=30).hits) == 2
