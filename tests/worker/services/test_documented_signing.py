"""What the documents say about settings and signing works as it is written there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from signers import Signer, needs_openssl, needs_ssh_keygen, run
from signing_client import SigningClient
from worker_bench import Repository, Worker

from heddle_worker.review.configuration import RequirementSettings, SignalSettings
from heddle_worker.review_config import SIGNAL_KEYS, ReviewConfiguration
from heddle_worker.serving.socket_address import grpc_address

DOCS = Path(__file__).parents[3] / "docs"
_BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
_COMMENT = re.compile(r"^<!-- .* -->\n", re.MULTILINE)


def blocks_of(page: str, heading: str) -> dict[str, tuple[str, str]]:
    """Return the blocks of code below a heading, by what is quoted first in the line before."""
    text = (DOCS / page).read_text(encoding="utf-8")
    text = text[text.index(heading) + len(heading) :]
    text = _COMMENT.sub("", text.partition("\n### ")[0])
    found = {}
    for match in _BLOCK.finditer(text):
        introduction = text[: match.start()].rstrip().rpartition("\n")[2]
        name = next(iter(re.findall(r"`([\w-]+)`", introduction)), introduction)
        found[name] = (match[1], match[2])
    return found


WAYS = {
    **blocks_of("guides/signing.md", "### The bytes\n"),
    **blocks_of("guides/signing.md", "### The signature\n"),
}
PAYLOAD = next(iter(WAYS))


@pytest.fixture
def client(repository: Repository, start_worker: Callable[..., Worker]) -> Iterator[SigningClient]:
    """A client of a worker."""
    with grpc.insecure_channel(grpc_address(start_worker().activate().path)) as channel:
        yield SigningClient(channel)


@needs_openssl
@needs_ssh_keygen
@pytest.mark.parametrize("way", [name for name in WAYS if name != PAYLOAD])
def test_each_way_to_sign_is_taken(
    client: SigningClient, repository: Repository, tmp_path: Path, way: str
) -> None:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / ".ssh" / "id_ed25519")
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}

    def execute(words: list[str]) -> bytes:
        return subprocess.run(
            words, cwd=repository.root, env=environment, check=True, stdout=subprocess.PIPE
        ).stdout

    before = int(time.time())
    printed = execute(["sh", "-euc", f"{WAYS[PAYLOAD][1]}\necho $signed_at"])
    signed_at = int(printed)
    assert before <= signed_at <= time.time()
    language, program = WAYS[way]
    execute(["sh", "-euc", program] if language == "sh" else [sys.executable, "-c", program])
    public_key, signature = (
        (repository.root / name).read_bytes() for name in ("public_key", "signature")
    )
    algorithm = way if way != "cryptography" else "ed25519"
    signer = Signer(algorithm, public_key, lambda _payload: signature)
    state = repository.git("rev-parse", "HEAD")
    assert client.sign(signer, state, signed_at=Timestamp(seconds=signed_at)) == "rs-0"


def test_every_algorithm_is_documented() -> None:
    assert {"ssh", "ed25519", "p256", "rsa", "rsa-pss", "cryptography"} <= set(WAYS)


def test_the_settings_that_are_documented_are_the_defaults(tmp_path: Path) -> None:
    ((_language, text),) = blocks_of("reference/reviews.md", "### What a merge requires\n").values()
    (tmp_path / "config.toml").write_text(text)
    found = ReviewConfiguration(tmp_path).current()
    assert found.requirements == RequirementSettings()
    assert set(found.signals.values()) == {SignalSettings()}
    documented = re.findall(r"^(\w+) =", text, re.MULTILINE)
    wanted = {
        *RequirementSettings.__slots__,
        *(key for keys in SIGNAL_KEYS.values() for key in keys),
    }
    assert set(documented) == wanted | {"enabled"}
