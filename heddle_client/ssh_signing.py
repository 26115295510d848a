"""Signing with keys of OpenSSH's kind, which `ssh-keygen` does, or what takes its place."""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from heddle_client.errors import InvalidArgumentError
from heddle_client.passphrases import has_terminal, no_terminal, wrong
from heddle_client.visible import visible

_NAMESPACE: Final = "heddle-review"
_OPENSSH: Final = b"OPENSSH PRIVATE KEY"
_KEY_MAGIC: Final = b"openssh-key-v1\0"
_SIGNATURE_MAGIC: Final = b"SSHSIG"
_LENGTH: Final = struct.Struct(">I")
_SECONDS: Final = 120.0
"""Time for a person to type a passphrase, or to touch a security key."""
_WRONG: Final = "incorrect passphrase"


def is_openssh(content: bytes) -> bool:
    """Return whether a file's content is a private key of OpenSSH's kind."""
    return _OPENSSH in content


def ssh_signature(
    path: Path, content: bytes, payload: bytes, passphrase: str | None, program: str
) -> bytes:
    """Return the armored signature of a payload.

    Args:
        path: of a private key, or of the public one of a key that the agent has.
        content: of that file.
        payload: what is signed.
        passphrase: of the key; None has the program ask for it, if it is needed.
        program: `ssh-keygen`, or what can be called like it.

    Raises:
        InvalidArgumentError: the program is not there, has not signed in time, or says why it does
            not sign.
    """
    found = shutil.which(program)
    if found is None:
        raise InvalidArgumentError(
            f"{visible(program)} is not installed, which signs with keys of ssh-keygen's kind"
        )
    with (
        tempfile.TemporaryDirectory(prefix="heddle-sign-") as directory,
        _telling(Path(directory), passphrase) as means,
    ):
        file = Path(directory, "payload")
        file.write_bytes(payload)
        words = [found, "-Y", "sign", "-n", _NAMESPACE, "-f", str(path), str(file)]
        try:
            done = subprocess.run(  # noqa: S603 - no shell
                words,
                stdin=None if passphrase is None else subprocess.DEVNULL,
                capture_output=True,
                env={**os.environ, **means.environment},
                pass_fds=means.descriptors,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InvalidArgumentError(
                f"{visible(program)} has not signed within two minutes"
            ) from None
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip() or "it refused"
            raise _refusal(path, content, passphrase, f"{Path(program).name}: {said}")
        return file.with_name("payload.sig").read_bytes()


@dataclass(frozen=True, slots=True)
class _Means:
    """What a program is given so that it gets at a passphrase."""

    environment: dict[str, str] = field(default_factory=dict)
    descriptors: tuple[int, ...] = ()


@contextlib.contextmanager
def _telling(directory: Path, passphrase: str | None) -> Iterator[_Means]:
    """Have a passphrase told to a program that asks for one, by a pipe: it is on no disk."""
    if passphrase is None:
        yield _Means()
        return
    reading, writing = os.pipe()
    try:
        with os.fdopen(writing, "wb") as file:
            file.write(os.fsencode(passphrase) + b"\n")
        teller = directory / "tell"
        teller.write_text(f"#!/bin/sh\nexec cat /dev/fd/{reading}\n", encoding="ascii")
        teller.chmod(0o700)
        # Without a display, programs before OpenSSH 8.4 ask nobody.
        display = os.environ.get("DISPLAY", "none")
        yield _Means(
            {"SSH_ASKPASS": str(teller), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": display},
            (reading,),
        )
    finally:
        os.close(reading)


def _refusal(path: Path, content: bytes, passphrase: str | None, said: str) -> InvalidArgumentError:
    """Return the error for what a program has said."""
    if _WRONG in said and _is_encrypted(content):
        nobody_asked = "SSH_ASKPASS" not in os.environ and not has_terminal()
        return no_terminal(path) if passphrase is None and nobody_asked else wrong(path)
    return InvalidArgumentError(visible(said.splitlines()[-1]))


def _is_encrypted(content: bytes) -> bool:
    """Return whether a private key of OpenSSH's kind has a passphrase."""
    try:
        inner = base64.b64decode(b"".join(content.strip().splitlines()[1:-1]))
        return _string(inner.removeprefix(_KEY_MAGIC)) != b"none"
    except (ValueError, struct.error):
        return False


def public_line(armored: bytes) -> bytes:
    """Return the key that a signature is of, as a line of a `.pub` file.

    It stands in the signature itself: the file beside a private key may be missing, or another's.

    Raises:
        InvalidArgumentError: it is no SSH signature.
    """
    try:
        blob = base64.b64decode(b"".join(armored.splitlines()[1:-1]))
        key = _string(blob.removeprefix(_SIGNATURE_MAGIC)[_LENGTH.size :])
        return _string(key) + b" " + base64.b64encode(key)
    except (ValueError, struct.error):
        raise InvalidArgumentError("ssh-keygen has made no SSH signature") from None


def _string(data: bytes) -> bytes:
    (size,) = _LENGTH.unpack_from(data)
    return data[_LENGTH.size : _LENGTH.size + size]
