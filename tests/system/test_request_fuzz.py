"""Thousands of requests that make no sense: each gets a clear answer, and the worker lives on."""

from __future__ import annotations

import os
import random
from collections import Counter
from typing import Any, Final

import grpc
import pytest
from git_repository import GitRepository
from google.protobuf.descriptor import MethodDescriptor
from google.rpc import error_details_pb2, status_pb2
from heddle_daemon import HeddleDaemon
from request_fuzz import RequestFuzz

from heddle_api.v1 import discussion_pb2, signal_pb2, state_review_pb2
from heddle_worker.serving.socket_address import grpc_address

REQUESTS: Final = int(os.environ.get("HEDDLE_FUZZ", "1000"))
SEED: Final = int(os.environ.get("HEDDLE_SEED", str(random.SystemRandom().randrange(10**6))))

Code = grpc.StatusCode

# What a caller can cause in a repository in which nothing is missing.
_EXPECTED: Final = {
    Code.INVALID_ARGUMENT,
    Code.NOT_FOUND,
    Code.FAILED_PRECONDITION,
    Code.ALREADY_EXISTS,
    Code.RESOURCE_EXHAUSTED,
}
_METHODS: Final[list[MethodDescriptor]] = [
    method
    for file in (discussion_pb2, signal_pb2, state_review_pb2)
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
    if not method.server_streaming
]
_SOURCE: Final = "class Parser:\n    def parse(self, text):\n        return text{}\n"


@pytest.mark.timeout(1_800)
def test_no_request_gets_an_unclear_answer(daemon: HeddleDaemon, repository: GitRepository) -> None:
    for version in range(3):
        repository.write("parser.py", _SOURCE.format(f"[{version}:]" if version else ""))
        repository.commit(f"version {version}")
    daemon.start("--no-standby")
    head = repository.head()
    fuzz = RequestFuzz(
        SEED,
        {
            "repo_path": ["", ".", str(repository.root)],
            "state_id": [bytes.fromhex(head), head.encode(), b"HEAD", b"HEAD~1", b"HEAD~9", b""],
            "prior_state_id": [b"", b"HEAD~1", repository.git("rev-parse", "HEAD^{tree}").encode()],
            "file": ["parser.py", "nowhere.py"],
            "symbol": ["Parser", "Parser::parse", "parser.py", "nothing"],
            "visibility": ["", "public", "restricted"],
            "status": ["", "open", "resolved", "orphaned"],
            "algorithm": ["ed25519", "p256", "rsa", "rsa-pss", "ssh", "SSH", "dsa"],
            "body": ["Why?"],
            "content": ["Never empty."],
            "limit": [0, 1, 10],
            "client_operation_id": [""],
        },
    )
    seen: Counter[str] = Counter()
    with grpc.insecure_channel(grpc_address(daemon.config.socket_path)) as channel:
        worker = daemon.status()["worker_pid"]
        for number in range(REQUESTS):
            method = _METHODS[number % len(_METHODS)]
            request = fuzz.request(method)
            told = f"request {number} of seed {SEED}: {method.full_name} {request!r}"
            seen[_answer(channel, method, request, told)] += 1
        assert daemon.status()["worker_pid"] == worker, f"a worker has died; seed {SEED}"
    assert seen["OK"], seen
    assert seen["INVALID_ARGUMENT"], seen


def _answer(channel: grpc.Channel, method: MethodDescriptor, request: bytes, told: str) -> str:
    """Send a request; return the name of its status, which has to be a clear one."""
    call: Any = channel.unary_unary(f"/{method.containing_service.full_name}/{method.name}")
    try:
        call(request, timeout=60)
    except grpc.RpcError as caught:
        error: Any = caught
        assert error.code() in _EXPECTED, f"{told}: {error}"
        assert error.details().strip(), told
        is_message = not error.details().startswith("the request is not a valid ")
        if error.code() is Code.INVALID_ARGUMENT and is_message:
            assert _fields_of(error), f"no field is named for {told}: {error.details()}"
        return str(error.code().name)
    return "OK"


def _fields_of(error: Any) -> list[str]:
    trailers = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    bad_request = error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(bad_request)
    return [violation.field for violation in bad_request.field_violations if violation.field]
