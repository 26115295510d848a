"""What a merge requires, as a client of a real worker sees it change with what is signed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import grpc
import pytest
from refusals import refusal
from signers import ed25519_signer, p256_signer
from signing_client import SigningClient, scope_of
from waiting import wait_until
from worker_bench import Repository, Worker

from heddle_api.local.v1 import review_pb2
from heddle_worker.configuration_file import FRESH_SECONDS
from heddle_worker.serving.socket_address import grpc_address

MARGIN = "\n" * 8
PASS, FAIL, NONE = (
    review_pb2.REQUIREMENT_STATUS_PASS,
    review_pb2.REQUIREMENT_STATUS_FAIL,
    review_pb2.REQUIREMENT_STATUS_NOT_APPLICABLE,
)


@pytest.fixture
def client(repository: Repository, start_worker: Callable[..., Worker]) -> Iterator[SigningClient]:
    """A client of a worker."""
    repository.git("config", "user.email", "ada@example.com")
    with grpc.insecure_channel(grpc_address(start_worker().activate().path)) as channel:
        yield SigningClient(channel)


def commit(repository: Repository, first: str, second: str) -> str:
    text = f"def f():\n    return {first}\n{MARGIN}def g():\n    return {second}\n"
    (repository.root / "a.py").write_text(text)
    repository.git("add", "a.py")
    return repository.commit("change")


def configure(repository: Repository, text: str) -> None:
    written = repository.heddle_dir / "written"
    written.write_text(f"[review.requirements]\n{text}\n")
    written.replace(repository.heddle_dir / "config.toml")
    end = time.monotonic() + FRESH_SECONDS
    wait_until(lambda: time.monotonic() > end, "it is looked at again")


def test_signatures_meet_what_is_required_and_follow_a_rebase(
    client: SigningClient, repository: Repository
) -> None:
    commit(repository, "1", "2")
    feature = commit(repository, "10", "2")
    assert client.required(feature)["signed_by"].status == NONE
    configure(repository, 'signed_by = ["ada@example.com"]\nmin_signatures = 2')
    required = client.required(feature)
    assert (required["signed_by"].status, required["signed_by"].satisfied) == (FAIL, False)
    assert required["signed_by"].explanation.startswith("ada@example.com has not signed")

    client.sign(ed25519_signer(), feature)
    required = client.required(feature)
    assert (required["signed_by"].status, required["signed_by"].satisfied) == (PASS, True)
    assert required["min_signatures"].status == FAIL
    client.sign(p256_signer(), feature, scope=scope_of(("a.py", "f")))
    assert client.required(feature)["min_signatures"].status == PASS

    repository.git("checkout", "-q", "--detach", f"{feature}~")
    commit(repository, "1", "20")
    repository.git("cherry-pick", feature)
    rebased = repository.git("rev-parse", "HEAD")
    assert {each.status for each in client.required(rebased).values()} == {PASS, NONE}
    assert not client.listed(rebased)
    assert list(client.carried(rebased)) == list(client.listed(feature))
    assert not client.carried(feature)

    edited = commit(repository, "11", "20")
    assert client.required(edited)["signed_by"].status == FAIL
    assert client.required(edited)["min_signatures"].status == FAIL
    assert not client.carried(edited)


def test_a_fault_in_the_configuration_is_told_until_it_is_mended(
    client: SigningClient, repository: Repository
) -> None:
    state = commit(repository, "1", "2")
    configure(repository, "min_signatures = -1")
    refused = refusal(client.required, state)
    assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
    assert "config.toml: review.requirements.min_signatures is -1; it has to be" in refused.message
    # Signing does not depend on it.
    client.sign(ed25519_signer(), state)
    configure(repository, "min_signatures = 1")
    assert client.required(state)["min_signatures"].satisfied
