"""Signing states and listing signatures, asked by a client of a real worker."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from refusals import refusal
from signers import (
    Signer,
    ed25519_signer,
    needs_openssl,
    needs_ssh_keygen,
    openssl_signer,
    p256_signer,
    rsa_signer,
    ssh_signer,
)
from signing_client import SigningClient, scope_of
from worker_bench import Repository, Worker

from heddle_api.v1 import common_pb2, state_review_pb2
from heddle_worker.limits import MAX_JUSTIFICATION_BYTES, MAX_SIGNED_SYMBOLS
from heddle_worker.serving.socket_address import grpc_address

CODE = "class A:\n    def f(self):\n        return 1\n\ndef g(): pass\n"
INVALID = grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture
def client(repository: Repository, start_worker: Callable[..., Worker]) -> Iterator[SigningClient]:
    """A client of a worker, in a repository with some code."""
    commit_file(
        repository, "a.py", "class A:\n    def f(self):\n        return 1\n\ndef g(): pass\n"
    )
    with grpc.insecure_channel(grpc_address(start_worker().activate().path)) as channel:
        yield SigningClient(channel)


def commit_file(repository: Repository, name: str, text: str) -> str:
    (repository.root / name).write_text(text)
    repository.git("add", name)
    return repository.commit(f"change {name}")


def head(repository: Repository) -> str:
    return repository.git("rev-parse", "HEAD")


@pytest.fixture(scope="module")
def signer() -> Signer:
    return ed25519_signer()


def test_what_was_signed_is_listed_in_order(client: SigningClient, repository: Repository) -> None:
    repository.git("config", "user.name", "Grace")
    repository.git("config", "user.email", "grace@example.com")
    state = head(repository)
    assert client.listed(state) == []
    whole, some = p256_signer(), rsa_signer("rsa-pss")
    scope = scope_of(("a.py", "A::f"), ("a.py", "a.py"))
    first = client.request(whole, state, kind=2, justification="looked twice")
    second = client.request(some, state, scope=scope)
    assert [client.send(first), client.send(second)] == ["rs-0", "rs-1"]
    one, two = client.listed(state)
    assert one == state_review_pb2.ReviewSignature(
        signature_id="rs-0",
        actor_name="Grace",
        actor_email="grace@example.com",
        kind=common_pb2.REVIEW_KIND_AGENT_PREVIEW,
        scope=state_review_pb2.ReviewScope(whole_change=state_review_pb2.ReviewScope.WholeChange()),
        justification="looked twice",
        signed_at=first.signed_at,
        algorithm="p256",
        public_key=whole.public_key,
        signature=first.signature,
        signed_state_id=bytes.fromhex(state),
    )
    assert (two.signature_id, two.scope, two.kind) == ("rs-1", scope, 1)
    assert client.listed(repository.git("rev-parse", "HEAD~")) == []


@needs_ssh_keygen
@needs_openssl
def test_signatures_of_the_tools_are_taken(
    client: SigningClient, repository: Repository, tmp_path: Path
) -> None:
    signers = [
        *(openssl_signer(tmp_path, name) for name in ("ed25519", "p256", "rsa", "rsa-pss")),
        ssh_signer(tmp_path),
        ssh_signer(tmp_path, "ecdsa", 256),
        ssh_signer(tmp_path, "rsa", 2048, "sha256"),
    ]
    for number, signer in enumerate(signers):
        assert client.sign(signer, head(repository)) == f"rs-{number}"


def test_a_state_may_be_named_as_its_caller_likes(
    client: SigningClient, repository: Repository, signer: Signer
) -> None:
    state, now = head(repository), int(time.time())
    for number, name in enumerate((b"HEAD", b"main", state.encode(), state.upper().encode())):
        kinds = {"kind": 1 + number % 2, "justification": str(number)}
        time_of = Timestamp(seconds=now - number)
        assert (
            client.sign(signer, state, state_id=name, signed_at=time_of, **kinds) == f"rs-{number}"
        )
    assert len(client.listed(state)) == 4


def test_the_log_tells_which_symbols_were_signed(
    client: SigningClient, repository: Repository, signer: Signer
) -> None:
    state = head(repository)
    client.sign(signer, state, scope=scope_of(("a.py", "g"), ("a.py", "A")))
    (hit,) = client.logged(symbol="a.py:g")
    assert (hit.change_id, list(hit.symbols)) == (bytes.fromhex(state), ["a.py:g", "a.py:A"])
    assert hit.verb == "state_review.sign_state"


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "no kind": ({"kind": 0, "state_id": b""}, "kind", "0 is none of 1 (read)"),
    "unknown kind": ({"kind": 4, "signature": b"s"}, "kind", "4 is none of"),
    "no state": ({"state_id": b"", "scope": scope_of()}, "state_id", "it is empty"),
    "odd state": ({"state_id": b"\xff"}, "state_id", "are neither the 20 of an id"),
    "a tree": ({"state_id": b"HEAD^{tree}"}, "state_id", "names a tree"),
    "no symbols": ({"scope": scope_of(), "signed_at": None}, "scope.symbols", "names no symbol"),
    "no file": ({"scope": scope_of(("", "g"))}, "scope.symbols.symbols[0].file", "blank"),
    "no symbol": ({"scope": scope_of(("a.py", ""))}, "scope.symbols.symbols[0].symbol", "blank"),
    "a NUL": ({"scope": scope_of(("a\0", "g"))}, "scope.symbols.symbols[0].file", "NUL"),
    "too many symbols": (
        {"scope": scope_of(*[("a.py", "g")] * (MAX_SIGNED_SYMBOLS + 1))},
        "scope.symbols",
        "at most 1000",
    ),
    "no such file": (
        {"scope": scope_of(("a.py", "g"), ("b.py", "g"))},
        "scope.symbols.symbols[1].file",
        "has no file b.py",
    ),
    "no such symbol": (
        {"scope": scope_of(("a.py", "h"))},
        "scope.symbols.symbols[0].symbol",
        "a.py has no 'h'",
    ),
    "no time": ({"signed_at": None, "algorithm": ""}, "signed_at", "must be set"),
    "time zero": ({"signed_at": Timestamp()}, "signed_at", "must be set"),
    "odd time": ({"signed_at": Timestamp(seconds=1, nanos=-1)}, "signed_at", "nanoseconds"),
    "old": ({"signed_at": Timestamp(seconds=1_700_000_000)}, "signed_at", "away from the daemon's"),
    "far": ({"signed_at": Timestamp(seconds=-(2**62))}, "signed_at", "away from the daemon's"),
    "a NUL said": ({"justification": "a\0b"}, "justification", "NUL"),
    "too much said": (
        {"justification": "a" * (MAX_JUSTIFICATION_BYTES + 1)},
        "justification",
        "longer than",
    ),
    "no algorithm": ({"algorithm": "", "public_key": b""}, "algorithm", "must not be empty"),
    "no key": ({"public_key": b"", "signature": b""}, "public_key", "must not be empty"),
    "no signature": ({"signature": b""}, "signature", "must not be empty"),
    "unknown algorithm": ({"algorithm": "rot13"}, "algorithm", "'rot13' is none of"),
    "wrong": ({"signature": b"s" * 64}, "signature", "does not verify"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_in_the_order_of_the_contract(
    client: SigningClient, repository: Repository, signer: Signer, name: str
) -> None:
    fields, field, text = BAD[name]
    request = client.request(signer, head(repository), **{"signature": b"s"} | fields)
    refused = refusal(client.send, request)
    assert (refused.code, refused.fields[0]) == (INVALID, field)
    assert text in refused.message
    assert client.listed(head(repository)) == []


@pytest.mark.parametrize("away", [-310, 310])
def test_the_clocks_may_differ_by_five_minutes(
    client: SigningClient, repository: Repository, signer: Signer, away: int
) -> None:
    near = Timestamp(seconds=int(time.time()) + (280 if away > 0 else -280))
    client.sign(signer, head(repository), signed_at=near)
    far = Timestamp(seconds=int(time.time()) + away)
    request = client.request(signer, head(repository), signed_at=far)
    assert refusal(client.send, request).fields == ["signed_at"]


def test_states_and_paths_have_to_be_there(
    client: SigningClient, repository: Repository, signer: Signer, tmp_path: Path
) -> None:
    missing = client.request(signer, "12" * 20)
    refused = refusal(client.send, missing)
    assert refused.code is grpc.StatusCode.NOT_FOUND
    assert "state 1212" in refused.message
    listing = state_review_pb2.ListSignaturesRequest
    assert refusal(client.list_request, listing(state_id=b"\x12" * 20)).code is missing_code()
    assert refusal(client.list_request, listing()).fields == ["state_id"]
    elsewhere = client.request(signer, head(repository), repo_path=str(tmp_path))
    assert refusal(client.send, elsewhere).code is missing_code()


def missing_code() -> grpc.StatusCode:
    return grpc.StatusCode.NOT_FOUND


def test_the_same_again_is_refused(
    client: SigningClient, repository: Repository, signer: Signer
) -> None:
    request = client.request(signer, head(repository))
    assert client.send(request) == "rs-0"
    refused = refusal(client.send, request)
    assert refused.code is grpc.StatusCode.ALREADY_EXISTS
    assert "rs-0" in refused.message
    later = Timestamp(seconds=request.signed_at.seconds + 1)
    assert client.sign(signer, head(repository), signed_at=later) == "rs-1"
    assert client.sign(signer, head(repository), kind=3, signed_at=request.signed_at) == "rs-2"


def test_the_other_signature_of_a_pair_of_ecdsa_is_the_same_again(
    client: SigningClient, repository: Repository
) -> None:
    request = client.request(p256_signer(raw=True), head(repository))
    client.send(request)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r, s = request.signature[:32], int.from_bytes(request.signature[32:])
    request.signature = r + (order - s).to_bytes(32)
    assert refusal(client.send, request).code is grpc.StatusCode.ALREADY_EXISTS


def test_a_retry_gets_its_reply_however_late(
    client: SigningClient, repository: Repository, signer: Signer
) -> None:
    operation_id = str(uuid.uuid4())
    request = client.request(signer, head(repository), client_operation_id=operation_id)
    assert [client.send(request), client.send(request)] == ["rs-0", "rs-0"]
    assert len(client.listed(head(repository))) == 1
    request.signed_at.seconds -= 4_000
    assert refusal(client.send, request).code is grpc.StatusCode.FAILED_PRECONDITION
    request.client_operation_id = str(uuid.uuid4())
    assert refusal(client.send, request).fields == ["signed_at"]


def test_what_a_transaction_signed_goes_with_it(
    client: SigningClient, repository: Repository, signer: Signer
) -> None:
    state = head(repository)
    client.sign(signer, state)
    transaction_id = client.transactions.begin()
    request = client.request(signer, state, kind=2, scope=scope_of(("a.py", "g")))
    assert client.send(request, transaction_id) == "rs-1"
    assert len(client.listed(state)) == 2
    client.transactions.abort(transaction_id)
    assert [each.signature_id for each in client.listed(state)] == ["rs-0"]
    assert client.send(request) == "rs-1"


def test_nanoseconds_are_not_signed_and_not_kept(
    client: SigningClient, repository: Repository, signer: Signer
) -> None:
    now = Timestamp(seconds=int(time.time()), nanos=999_999_999)
    client.sign(signer, head(repository), signed_at=now)
    (listed,) = client.listed(head(repository))
    assert listed.signed_at == Timestamp(seconds=now.seconds)


def test_a_state_holds_no_more_signatures_than_a_reply(
    client: SigningClient, repository: Repository, signer: Signer
) -> None:
    said = "a" * MAX_JUSTIFICATION_BYTES
    base = int(time.time()) - 200
    times = (Timestamp(seconds=base + number) for number in range(100))
    for number, at in enumerate(times):
        request = client.request(signer, head(repository), signed_at=at, justification=said)
        if number == 47:
            refused = refusal(client.send, request)
            assert refused.code is grpc.StatusCode.RESOURCE_EXHAUSTED
            break
        client.send(request)
    assert len(client.listed(head(repository))) == 47
