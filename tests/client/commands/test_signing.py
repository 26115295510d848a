"""`heddle sign` and `heddle signatures`, with a real daemon and real keys."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from heddle_daemon import HEDDLE
from repository_commands import Commands
from signers import SecurityKey, needs_ssh_keygen, run
from terminal import on_a_terminal

from heddle_client.rendering.signature_text import fingerprint

FILE = "engine.py"


def new_key(path: Path, passphrase: str = "") -> Path:
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "", "-f", path)
    return path


def printed_fingerprint(path: Path) -> str:
    """Return what `ssh-keygen -l` says of a key."""
    return run("ssh-keygen", "-l", "-f", path).decode().split()[1]


@pytest.fixture
def configured(bench: Commands) -> Iterator[Commands]:
    """The repository; what git's configuration says of keys is gone afterwards."""
    yield bench
    for section in ("gpg", "user"):
        bench.repository.git("config", "--remove-section", section, may_fail=True)


def signing_keys(bench: Commands) -> list[str]:
    """Return the fingerprints of the keys that HEAD was signed with, in that order."""
    body = bench.heddle("signatures", "--json").expect(0).body()
    return [
        fingerprint(each["algorithm"], bytes.fromhex(each["public_key"]))
        for each in body["signatures"]
    ]


def test_without_a_key_it_says_where_one_could_be(bench: Commands) -> None:
    assert bench.heddle("signatures").expect(0).stdout == "nobody has signed it\n"
    assert "there is no key to sign with" in bench.heddle("sign").expect(1).complaint()


@needs_ssh_keygen
def test_the_key_is_the_one_that_git_would_sign_with(configured: Commands, tmp_path: Path) -> None:
    bench = configured
    home = Path(bench.daemon.environment["HOME"])
    (home / ".ssh").mkdir(mode=0o700)
    usual = new_key(home / ".ssh" / "id_ed25519")
    done = bench.heddle("sign", "-m", "read it twice").expect(0)
    head = bench.repository.head()
    assert re.fullmatch(
        rf"heddle sign: {head[:12]} signed as read, the whole change \(rs-\d+\)\n", done.stdout
    )
    assert signing_keys(bench)[-1] == printed_fingerprint(usual)

    chosen = new_key(home / "mine")
    bench.repository.git("config", "user.signingkey", "~/mine")
    bench.heddle("sign", "--kind", "agent-preview").expect(0)
    assert signing_keys(bench)[-1] == printed_fingerprint(usual), "gpg.format is not ssh"
    bench.repository.git("config", "gpg.format", "ssh")
    bench.heddle("sign", "--kind", "agent-co-review").expect(0)
    assert signing_keys(bench)[-1] == printed_fingerprint(chosen)
    shown = bench.heddle("signatures").expect(0).stdout
    assert "  read it twice\n" in shown
    assert re.search(r"^rs-\d+ agent-co-review by Ada <ada@example.com>, ", shown, re.MULTILINE)


@pytest.fixture
def agent(bench: Commands, place: Path) -> Iterator[str]:
    """The socket of an SSH agent."""
    socket = place / "agent"
    process = subprocess.Popen(
        ["ssh-agent", "-D", "-a", socket], stdout=subprocess.PIPE, env=bench.daemon.environment
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield str(socket)
    process.terminate()
    process.wait()
    process.stdout.close()


@needs_ssh_keygen
def test_an_agent_signs_for_a_public_key(configured: Commands, agent: str, tmp_path: Path) -> None:
    bench, environment = configured, {"SSH_AUTH_SOCK": agent}
    key = new_key(tmp_path / "key")
    public = key.with_suffix(".pub")
    subprocess.run(
        ["ssh-add", "-q", key], env={**os.environ, **environment}, check=True, timeout=30
    )
    wanted = printed_fingerprint(key)
    key.unlink()
    bench.heddle("sign", "--key", str(public), environment=environment).expect(0)
    assert signing_keys(bench)[-1] == wanted
    bench.repository.git("config", "gpg.format", "ssh")
    line = public.read_text(encoding="utf-8").strip()
    for kind, value in (("agent-preview", line), ("agent-co-review", f"key::{line}")):
        bench.repository.git("config", "user.signingkey", value)
        bench.heddle("sign", "--kind", kind, environment=environment).expect(0)
        assert signing_keys(bench)[-1] == wanted
    assert bench.heddle("sign", "--key", str(public)).expect(1).complaint().startswith("ssh-keygen")


@needs_ssh_keygen
def test_a_passphrase_is_asked_for_once(bench: Commands, tmp_path: Path) -> None:
    key = new_key(tmp_path / "locked", "open sesame")
    ask = tmp_path / "ask"
    ask.write_text(f"#!/bin/sh\necho asked >> {tmp_path}/asked\necho open sesame\n")
    ask.chmod(0o700)
    environment = {"SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"}
    wanted = printed_fingerprint(key)
    key.with_suffix(".pub").unlink()
    bench.heddle("sign", "--key", str(key), environment=environment).expect(0)
    assert signing_keys(bench)[-1] == wanted
    assert (tmp_path / "asked").read_text() == "asked\n"


@needs_ssh_keygen
def test_a_touch_is_asked_for_where_a_security_key_signs(bench: Commands, tmp_path: Path) -> None:
    line = SecurityKey().signer().public_key
    path = tmp_path / "sk.pub"
    path.write_bytes(line)
    done = bench.heddle("sign", "--key", str(path)).expect(1)
    asked, refused = done.stderr.splitlines()
    assert asked == "heddle: touch the security key to sign"
    assert refused.startswith("heddle: ssh-keygen: ")


@pytest.mark.parametrize(
    "key",
    [
        ed25519.Ed25519PrivateKey.generate(),
        ec.generate_private_key(ec.SECP256R1()),
        rsa.generate_private_key(65_537, 2_048),
    ],
    ids=["ed25519", "p256", "rsa"],
)
def test_a_key_in_pem_signs(
    bench: Commands, tmp_path: Path, key: ed25519.Ed25519PrivateKey
) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    words = ("--symbol", f"{FILE}:Engine::stop", "--symbol", "notes.md")
    body = bench.heddle("sign", "--key", str(path), *words, "--json").expect(0).body()
    assert body["state_id"] == bench.repository.head()
    last = bench.heddle("signatures", "--json").body()["signatures"][-1]
    assert last["signature_id"] == body["signature_id"]
    assert last["scope"]["symbols"]["symbols"] == [
        {"file": FILE, "symbol": "Engine::stop"},
        {"file": "notes.md", "symbol": "notes.md"},
    ]


def test_what_is_no_key_is_one_clear_line(bench: Commands, tmp_path: Path) -> None:
    wrong = tmp_path / "text"
    wrong.write_text("no key\n")
    for path, told in (
        (tmp_path / "nowhere", "No such file or directory"),
        (wrong, "is no private key"),
        (tmp_path, "Is a directory"),
    ):
        assert told in bench.heddle("sign", "--key", str(path)).expect(1).complaint()


def test_what_cannot_be_signed_is_one_clear_line(bench: Commands, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    key = ed25519.Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    for words, told in (
        (("nowhere",), "nowhere"),
        (("--", "-x"), "-x"),
        (("--symbol", f"{FILE}:nothing"), "nothing"),
        (("--symbol", ":"), "':' is no FILE:SYMBOL"),
    ):
        assert told in bench.heddle("sign", "--key", str(path), *words).expect(1).complaint()
    bench.heddle("sign", "--kind", "glance").expect(2)


def test_a_signature_is_carried_to_a_state_with_the_same_change(
    bench: Commands, tmp_path: Path
) -> None:
    path = tmp_path / "key.pem"
    key = ed25519.Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    bench.heddle("sign", "--key", str(path)).expect(0)
    signed = bench.repository.head()
    bench.repository.git("commit", "--quiet", "--amend", "-m", "Split, said better")
    try:
        shown = bench.heddle("signatures").expect(0).stdout
        assert f"; carried from {signed[:12]}, where that is the same" in " ".join(shown.split())
    finally:
        bench.repository.git("reset", "--quiet", "--hard", signed)


PASSPHRASE = "öffne dich"


def pem(path: Path) -> Path:
    key = ed25519.Ed25519PrivateKey.generate()
    encryption = BestAvailableEncryption(PASSPHRASE.encode())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    return path


def traditional_pem(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    encryption = BestAvailableEncryption(PASSPHRASE.encode())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, encryption))
    return path


def openssh(path: Path) -> Path:
    return new_key(path, PASSPHRASE)


LOCKED = [pem, traditional_pem, pytest.param(openssh, marks=needs_ssh_keygen)]


@pytest.mark.parametrize("make", LOCKED)
def test_a_passphrase_comes_from_a_file_or_a_descriptor(
    bench: Commands, tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    key, secret = make(tmp_path / "locked"), tmp_path / "secret"
    words = ("sign", "--key", str(key), "--passphrase-file")
    secret.write_text(f"{PASSPHRASE}\nand more\n", encoding="utf-8")
    first = bench.heddle(*words, str(secret)).expect(0)
    with secret.open("rb") as file:
        place = f"/dev/fd/{file.fileno()}"
        bench.heddle(*words, place, "--kind", "agent-preview").expect(0)
    secret.write_text("wrong\n")
    told = bench.heddle(*words, str(secret)).expect(1).complaint()
    assert told == f"wrong passphrase for key {key}"
    assert PASSPHRASE not in first.stdout + first.stderr


def test_a_file_without_a_passphrase_is_one_clear_line(bench: Commands, tmp_path: Path) -> None:
    key = pem(tmp_path / "locked")
    empty, long = tmp_path / "empty", tmp_path / "long"
    empty.touch()
    long.write_bytes(b"x" * 2_000)
    for path, told in (
        (tmp_path / "nowhere", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (empty, "its first line is to be the passphrase"),
        (long, "its first line is to be the passphrase"),
    ):
        done = bench.heddle("sign", "--key", str(key), "--passphrase-file", str(path)).expect(1)
        assert done.complaint().startswith(f"passphrase file {path}: {told}")


@pytest.mark.parametrize(
    ("make", "typed"),
    [
        (pem, PASSPHRASE),
        pytest.param(openssh, PASSPHRASE, marks=needs_ssh_keygen),
        pytest.param(openssh, "wrong", marks=needs_ssh_keygen),
    ],
)
def test_the_terminal_is_asked_for_a_passphrase(
    bench: Commands, tmp_path: Path, make: Callable[[Path], Path], typed: str
) -> None:
    key = make(tmp_path / "locked")
    code, shown = on_a_terminal(
        ["/bin/sh", "-c", f"exec {HEDDLE} sign --key {key} < /dev/null"],
        cwd=bench.repository.root,
        environment=bench.daemon.environment,
        prompt=b"Enter passphrase",
        typed=f"{typed}\n".encode(),
    )
    assert "Enter passphrase" in shown
    assert typed not in shown.replace("wrong passphrase for", "")
    assert (code == 0) == (typed == PASSPHRASE)
    assert (f"heddle: wrong passphrase for key {key}\n" in shown) == (typed != PASSPHRASE)


@pytest.mark.parametrize("make", [pem, pytest.param(openssh, marks=needs_ssh_keygen)])
def test_without_a_terminal_it_says_how_to_give_a_passphrase(
    bench: Commands, tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    done = subprocess.run(
        [HEDDLE, "sign", "--key", make(tmp_path / "locked")],
        cwd=bench.repository.root,
        env=bench.daemon.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert "has a passphrase, and there is no terminal to ask for it" in line
    assert "--passphrase-file" in line


@needs_ssh_keygen
def test_the_program_that_the_user_has_git_sign_with_signs(
    configured: Commands, tmp_path: Path
) -> None:
    key, program = new_key(tmp_path / "key"), tmp_path / "signs"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/called\nexec ssh-keygen "$@"\n')
    program.chmod(0o700)
    bench, words = configured, ("sign", "--key", str(key))
    bench.repository.git("config", "gpg.ssh.program", str(program))
    bench.heddle(*words).expect(0)
    assert not (tmp_path / "called").exists(), "a repository's own configuration is anybody's"
    mine = tmp_path / "gitconfig"
    mine.write_text(f'[gpg "ssh"]\n\tprogram = {program}\n')
    environment = {"GIT_CONFIG_GLOBAL": str(mine)}
    bench.heddle(*words, "--kind", "agent-preview", environment=environment).expect(0)
    assert (tmp_path / "called").read_text().startswith("-Y sign -n heddle-review -f ")
    program.unlink()
    done = bench.heddle(*words, "--kind", "agent-co-review", environment=environment).expect(1)
    assert done.complaint().startswith(f"{program} is not installed")


@pytest.mark.parametrize(
    ("setting", "told"),
    [("gpg.ssh.defaultKeyCommand", "which heddle does not run"), ("user.signingkey", "not SSH's")],
)
def test_where_git_has_a_key_that_is_of_no_use_it_says_so(
    configured: Commands, tmp_path: Path, setting: str, told: str
) -> None:
    configured.repository.git("config", setting, "4AEE18F83AFDEB23")
    done = configured.heddle("sign", environment={"HOME": str(tmp_path)}).expect(1)
    assert told in done.complaint()
    configured.repository.git("config", "--unset", setting)
