"""Signatures made by the real tools: `ssh-keygen`, `openssl` and `cryptography`."""

from __future__ import annotations

import base64
import hashlib
import shutil
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NAMESPACE = "heddle-review"

needs_ssh_keygen = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed (openssh-client)"
)
needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl is not installed"
)


@dataclass(frozen=True, slots=True)
class Signer:
    """A key pair: what a request says of it, and how it signs."""

    algorithm: str
    public_key: bytes
    sign: Callable[[bytes], bytes]


def run(*words: str | Path, given: bytes = b"", at: Path | None = None) -> bytes:
    """Run a command that has to succeed; return what it prints."""
    done = subprocess.run(
        [str(word) for word in words], input=given, capture_output=True, check=False, cwd=at
    )
    assert done.returncode == 0, f"{words}: {done.stderr.decode(errors='replace')}"
    return done.stdout


def ed25519_signer() -> Signer:
    """A new Ed25519 key."""
    key = ed25519.Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return Signer("ed25519", public, key.sign)


def p256_signer(*, compressed: bool = False, raw: bool = False) -> Signer:
    """A new P-256 key, its point and its signatures written in one of the two ways."""
    key = ec.generate_private_key(ec.SECP256R1())
    form = PublicFormat.CompressedPoint if compressed else PublicFormat.UncompressedPoint

    def sign(payload: bytes) -> bytes:
        der = key.sign(payload, ec.ECDSA(SHA256()))
        return b"".join(n.to_bytes(32) for n in decode_dss_signature(der)) if raw else der

    return Signer("p256", key.public_key().public_bytes(Encoding.X962, form), sign)


def rsa_signer(algorithm: str = "rsa", bits: int = 2048) -> Signer:
    """A new RSA key, for `rsa` or `rsa-pss`."""
    key = rsa.generate_private_key(65537, bits)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    pss = padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH)
    scheme = pss if algorithm == "rsa-pss" else padding.PKCS1v15()
    return Signer(algorithm, public, lambda payload: key.sign(payload, scheme, SHA256()))


def openssl_signer(directory: Path, algorithm: str) -> Signer:
    """A new key of `openssl`, which signs with it too."""
    private = directory / f"{algorithm}.pem"
    if algorithm == "ed25519":
        run("openssl", "genpkey", "-algorithm", "ed25519", "-out", private)
        der = run("openssl", "pkey", "-in", private, "-pubout", "-outform", "DER")
        message = directory / "message"

        def sign(payload: bytes) -> bytes:
            message.write_bytes(payload)
            return run("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", private, "-in", message)

        return Signer(algorithm, der[-32:], sign)
    options: list[str | Path] = ["-sha256", "-sign", private]
    if algorithm == "p256":
        run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", private)
        public = run("openssl", "ec", "-in", private, "-pubout", "-outform", "DER")[-65:]
    else:
        run("openssl", "genrsa", "-out", private, "2048")
        public = run("openssl", "rsa", "-in", private, "-pubout")
        if algorithm == "rsa-pss":
            options += ["-sigopt", "rsa_padding_mode:pss"]
    return Signer(
        algorithm, public, lambda payload: run("openssl", "dgst", *options, given=payload)
    )


def ssh_signer(
    directory: Path,
    key_type: str = "ed25519",
    bits: int = 0,
    hash_name: str = "sha512",
    namespace: str = NAMESPACE,
) -> Signer:
    """A new key of `ssh-keygen`, which signs with it too."""
    private = directory / f"id_{key_type}_{bits}"
    if not private.exists():
        size = ["-b", str(bits)] if bits else []
        run("ssh-keygen", "-q", "-t", key_type, *size, "-N", "", "-C", "", "-f", private)
    public = private.with_suffix(".pub").read_bytes()
    words = ("ssh-keygen", "-Y", "sign", "-n", namespace, "-O", f"hashalg={hash_name}")
    return Signer("ssh", public, lambda payload: run(*words, "-f", private, given=payload))


class SecurityKey:
    """A security key of software: what OpenSSH calls `sk-ssh-ed25519` or `sk-ecdsa`."""

    def __init__(self, *, elliptic: bool = False, flags: int = 1) -> None:
        self._application = b"ssh:"
        self._flags = flags
        self._ed25519 = ed25519.Ed25519PrivateKey.generate()
        self._elliptic = ec.generate_private_key(ec.SECP256R1()) if elliptic else None
        if self._elliptic is None:
            self._type = b"sk-ssh-ed25519@openssh.com"
            raw = self._ed25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            key = _string(raw)
        else:
            self._type = b"sk-ecdsa-sha2-nistp256@openssh.com"
            point = self._elliptic.public_key().public_bytes(
                Encoding.X962, PublicFormat.UncompressedPoint
            )
            key = _string(b"nistp256") + _string(point)
        self._blob = _string(self._type) + key + _string(self._application)

    def signer(self) -> Signer:
        """Return what a request says of it."""
        line = self._type + b" " + base64.b64encode(self._blob) + b"\n"
        return Signer("ssh", line, self._sign)

    def _sign(self, payload: bytes) -> bytes:
        fields = (NAMESPACE.encode(), b"", b"sha512")
        digest = hashlib.sha512(payload).digest()
        message = b"SSHSIG" + b"".join(map(_string, (*fields, digest)))
        state = bytes([self._flags]) + struct.pack(">I", 7)
        asserted = (
            hashlib.sha256(self._application).digest() + state + hashlib.sha256(message).digest()
        )
        if self._elliptic is None:
            value = self._ed25519.sign(asserted)
        else:
            numbers = decode_dss_signature(self._elliptic.sign(asserted, ec.ECDSA(SHA256())))
            value = b"".join(_string(_mpint(number)) for number in numbers)
        made = _string(self._type) + _string(value) + state
        blob = (
            b"SSHSIG" + struct.pack(">I", 1) + b"".join(map(_string, (self._blob, *fields, made)))
        )
        return armored(blob)


def armored(blob: bytes, width: int = 70) -> bytes:
    """Return an SSH signature in its armor."""
    text = base64.b64encode(blob)
    lines = [text[start : start + width] for start in range(0, len(text), width)]
    begin, end = b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----"
    return b"\n".join((begin, *lines, end)) + b"\n"


def disarmored(text: bytes) -> bytes:
    """Return what an armor holds."""
    return base64.b64decode(b"".join(text.split(b"\n")[1:-2]))


def _string(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def _mpint(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1)
