"""A worker takes no request that was tampered with.

`HEDDLE_FORGERIES` is how many are tried; by default some hundred.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from forgery import SYMBOLS, Forger
from signers import (
    SecurityKey,
    Signer,
    ed25519_signer,
    p256_signer,
    rsa_signer,
    ssh_signer,
)
from signing_client import SigningClient, scope_of
from worker_bench import Repository, Worker

from heddle_worker.serving.socket_address import grpc_address

FORGERIES = int(os.environ.get("HEDDLE_FORGERIES", "400"))
_BATCH = 1_000
_WAYS = 9
# Refusals by what a request says, not by a failure of the worker.
REFUSALS = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND}
CODE = """
class A:
    def f(self):
        return 1

    def h(self):
        return 2


def g():
    return 3


def k():
    return 4
"""


def signers(directory: Path) -> list[Signer]:
    """Return a key of every kind there is."""
    keys = [
        ed25519_signer(),
        p256_signer(),
        p256_signer(compressed=True, raw=True),
        rsa_signer(),
        rsa_signer("rsa-pss"),
        SecurityKey().signer(),
        SecurityKey(elliptic=True).signer(),
    ]
    if shutil.which("ssh-keygen"):
        keys += [
            ssh_signer(directory),
            ssh_signer(directory, "ecdsa", 256),
            ssh_signer(directory, "ecdsa", 521, "sha256"),
            ssh_signer(directory, "rsa", 2048),
        ]
    return keys


@pytest.mark.timeout(1_200)
def test_nothing_that_was_tampered_with_is_taken(
    repository: Repository, start_worker: Callable[..., Worker], tmp_path: Path
) -> None:
    (repository.root / "a.py").write_text(CODE)
    repository.git("add", "a.py")
    states = [bytes.fromhex(repository.commit(name)) for name in ("one", "two", "three")]
    state = states[0].hex()
    path = start_worker().activate().path
    numbers = random.Random(20)
    keys = signers(tmp_path)
    made: Counter[str] = Counter()
    codes: Counter[grpc.StatusCode] = Counter()
    with grpc.insecure_channel(grpc_address(path)) as channel:
        client = SigningClient(channel)
        for start in range(0, FORGERIES, _BATCH):
            # Signed anew for each batch, so that none is refused for its age.
            right = [
                client.request(
                    key,
                    state,
                    scope=scope_of(*numbers.sample(SYMBOLS, 2)) if number % 3 else None,
                    justification="looked at it" if number % 2 else "",
                )
                for number, key in enumerate(keys)
            ]
            forger = Forger(numbers, right, [*states[1:], b"HEAD", bytes(20)])
            for number in range(start, min(start + _BATCH, FORGERIES)):
                way, forged = forger.forged(right[number % len(right)])
                with pytest.raises(grpc.RpcError) as caught:
                    client.send(forged)
                error: Any = caught.value
                assert error.code() in REFUSALS, f"{number} {way}: {error}"
                made[way] += 1
                codes[error.code()] += 1
            assert [client.listed(each.hex()) for each in states] == [[], [], []]
        for request in right:
            client.send(request)
    assert len(made) == _WAYS, made
    assert codes[grpc.StatusCode.INVALID_ARGUMENT] > FORGERIES * 0.9, codes
