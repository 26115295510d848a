"""The tools that people use with any gRPC server: grpcurl and grpc-health-probe themselves.

`tox -e interop` installs them with Go; without it there is nothing to test.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from git_repository import GitRepository

from release.artifacts import run

HEDDLE: Final = Path(sys.executable).with_name("heddle")
TOOLS: Final = {
    "grpcurl": "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4",
    "grpc-health-probe": "github.com/grpc-ecosystem/grpc-health-probe@v0.4.61",
}
pytestmark = pytest.mark.skipif(shutil.which("go") is None, reason="Go is not installed")


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tools")
    for source in TOOLS.values():
        run("go", "install", source, variables={"GOBIN": str(place)})
    return place


@pytest.fixture(scope="module")
def socket_path(repository: GitRepository) -> Iterator[Path]:
    """The socket of a daemon; grpcurl takes only an absolute path."""
    run(HEDDLE, "agent", "serve", "--detach", at=repository.root)
    try:
        yield repository.root / ".heddle" / "sockets" / "grpc.sock"
    finally:
        run(HEDDLE, "agent", "stop", at=repository.root)


class Grpcurl:
    """grpcurl on one socket, which knows only what the server's reflection tells it."""

    def __init__(self, tools: Path, socket_path: Path) -> None:
        self._words = (tools / "grpcurl", "-plaintext", "-unix")
        self._socket = socket_path

    def tell(self, *words: str) -> str:
        return run(*self._words, self._socket, *words)

    def call(self, method: str, **fields: Any) -> Any:
        words = (*self._words, "-d", json.dumps(fields), self._socket, f"heddle.v1.{method}")
        return json.loads(run(*words))


@pytest.fixture
def grpcurl(tools: Path, socket_path: Path) -> Grpcurl:
    return Grpcurl(tools, socket_path)


def test_grpcurl_lists_and_describes(grpcurl: Grpcurl) -> None:
    services = grpcurl.tell("list").split()
    assert {"heddle.v1.StateReviewService", "heddle.local.v1.SnapshotService"} <= set(services)
    for service in services:
        assert f"service {service.rpartition('.')[2]} {{" in grpcurl.tell("describe", service)
        assert grpcurl.tell("list", service).split()
    described = grpcurl.tell("describe", "heddle.v1.QueryOperationsRequest")
    assert "uint64 after_seq = 100;" in described


def test_grpcurl_calls(grpcurl: Grpcurl, repository: GitRepository) -> None:
    payload = grpcurl.call("StateReviewService/GetReviewPayload")
    assert payload["summary"]["files_changed"] == 1
    begun = grpcurl.call("TransactionService/BeginTransaction", message="try")
    aborted = grpcurl.call(
        "TransactionService/AbortTransaction", transaction_id=begun["transaction_id"]
    )
    assert aborted["aborted"] is True
    streamed = grpcurl.call("OperationLogQueryService/StreamOperations", query={"limit": 1})
    assert streamed["detail"] == "commit (initial): Add an engine"


def test_grpcurl_shows_the_details_of_a_refusal(grpcurl: Grpcurl) -> None:
    with pytest.raises(AssertionError) as refused:
        grpcurl.call("StateReviewService/GetReviewPayload", state_id="MTIz")
    told = str(refused.value)
    assert "Code: InvalidArgument" in told
    assert "google.rpc.BadRequest" in told
    assert '"field": "state_id"' in told


@pytest.mark.parametrize(
    ("service", "code"), [("", 0), ("heddle.v1.HookService", 0), ("nobody", 3)]
)
def test_the_health_probe_answers(tools: Path, socket_path: Path, service: str, code: int) -> None:
    probe = str(tools / "grpc-health-probe")
    words = [probe, f"-addr=unix:{socket_path}", f"-service={service}"]
    done = subprocess.run(words, check=False, capture_output=True, env=os.environ, timeout=60)
    assert done.returncode == code, done.stderr
