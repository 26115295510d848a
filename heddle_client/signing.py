"""Signing a review: the bytes that are signed, and the keys that can sign them."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from heddle_client.errors import InvalidArgumentError
from heddle_client.git_command import GitError, git
from heddle_client.passphrases import asked_for, wrong
from heddle_client.ssh_signing import is_openssh, public_line, ssh_signature
from heddle_client.values.common import ReviewKind
from heddle_client.visible import visible

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_ID_LENGTHS: Final = (20, 32)
_MAGIC: Final = b"hd-rev-sig-v1"
_PEM_ENCRYPTED: Final = (b"ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED")


@dataclass(frozen=True, slots=True)
class Statement:
    """What a reviewer vouches for.

    Attributes:
        state: raw object id of the commit.
        kind: of the review.
        symbols: pairs of file and symbol; None for the whole change.
        signed_at: Unix seconds.
        justification: may be empty.
    """

    state: bytes
    kind: ReviewKind
    symbols: tuple[tuple[str, str], ...] | None
    signed_at: int
    justification: str

    def payload(self) -> bytes:
        """Return the bytes that are signed, as `state_review.proto` lays them out."""
        scope = [b"whole_change\0"]
        if self.symbols is not None:
            scope = [b"symbols\0", struct.pack("<I", len(self.symbols))]
            scope += [f"{file}\0{symbol}\0".encode() for file, symbol in self.symbols]
        justification = f"\1{self.justification}\0" if self.justification else "\0"
        return b"".join(
            [
                _MAGIC + b"\0",
                f"{self.state.hex()}\0{self.kind.name.lower()}\0".encode(),
                *scope,
                struct.pack("<q", self.signed_at),
                justification.encode(),
            ]
        )


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature in the form that a request carries; see `SignStateRequest`."""

    algorithm: str
    public_key: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedReview:
    """A statement, and the signature over it."""

    statement: Statement
    signature: Signature


def signed(
    statement: Statement,
    key: Path | str | PrivateKeyTypes,
    *,
    passphrase: str | None = None,
    ssh_program: str = "ssh-keygen",
) -> SignedReview:
    """Return a statement with its signature.

    Args:
        statement: what is signed.
        key: the path of a private key, or a key of the library `cryptography`: Ed25519, ECDSA on
            P-256, or RSA. Keys of OpenSSH's kind are used by `ssh-keygen`, which knows security
            keys, and takes the path of a `.pub` file for a key in the agent.
        passphrase: of the key in the file. If it has one and None is given, it is asked for on the
            terminal.
        ssh_program: what signs with keys of OpenSSH's kind; it is called as `ssh-keygen` is.

    Raises:
        InvalidArgumentError: the key cannot be read, or is one that nothing here can sign with; the
            passphrase is wrong, or there is no terminal to ask for it.
    """
    payload = statement.payload()
    if isinstance(key, str | Path):
        path = Path(key).expanduser()
        content = _content(path)
        if is_openssh(content) or path.suffix == ".pub":
            armored = ssh_signature(path, content, payload, passphrase, ssh_program)
            return SignedReview(statement, Signature("ssh", public_line(armored), armored))
        return SignedReview(statement, _by_key(_loaded(path, content, passphrase), payload))
    return SignedReview(statement, _by_key(key, payload))


def statement(
    worktree: Path,
    state: str | bytes,
    *,
    kind: str | ReviewKind,
    scope: Sequence[tuple[str, str]] | None,
    justification: str,
    now: int,
) -> Statement:
    """Return what a reviewer is going to sign.

    Args:
        worktree: whose git is asked which commit `state` is.
        state: raw id, or a revision.
        kind: `read`, `agent_preview` or `agent_co_review`.
        scope: pairs of file and symbol; None for the whole change.
        justification: free text.
        now: Unix seconds.

    Raises:
        InvalidArgumentError: there is no such state or kind, or the scope covers nothing.
    """
    if scope is not None and not scope:
        raise InvalidArgumentError("a scope without symbols covers nothing: leave it out for all")
    try:
        number = ReviewKind.named(kind)
    except ValueError as error:
        raise InvalidArgumentError(f"kind: {error}") from None
    symbols = None if scope is None else tuple((file, symbol) for file, symbol in scope)
    return Statement(_commit(worktree, state), ReviewKind(number), symbols, now, justification)


def _commit(worktree: Path, state: str | bytes) -> bytes:
    if isinstance(state, bytes) and len(state) in _ID_LENGTHS:
        return state
    name = state.decode(errors="replace") if isinstance(state, bytes) else state
    words = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"]
    try:
        return bytes.fromhex(git(worktree, *words).decode().strip())
    except GitError:
        why = ""
        if name == "HEAD" and _is_unborn(worktree):
            why = ": the branch has no commit yet; make a first one"
        raise InvalidArgumentError(
            f"{visible(name)!r} is no state of this repository{why}"
        ) from None


def _is_unborn(worktree: Path) -> bool:
    """Return whether `HEAD`, which is no commit, is on a branch."""
    try:
        git(worktree, "symbolic-ref", "--quiet", "HEAD")
    except GitError:
        return False
    return True


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise InvalidArgumentError(f"key {visible(str(path))}: {reason}") from None


def _loaded(path: Path, content: bytes, passphrase: str | None) -> PrivateKeyTypes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    secret = None
    if any(mark in content for mark in _PEM_ENCRYPTED):
        secret = os.fsencode(asked_for(path) if passphrase is None else passphrase)
    try:
        return load_pem_private_key(content, secret)
    except (ValueError, TypeError):
        if secret is not None:
            raise wrong(path) from None
    except UnsupportedAlgorithm:
        pass
    raise InvalidArgumentError(f"{visible(str(path))} is no private key (PEM or OpenSSH)")


def _by_key(key: PrivateKeyTypes, payload: bytes) -> Signature:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = key.public_key()
    if isinstance(key, ed25519.Ed25519PrivateKey):
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return Signature("ed25519", raw, key.sign(payload))
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return Signature("p256", point, key.sign(payload, ec.ECDSA(SHA256())))
    if isinstance(key, rsa.RSAPrivateKey):
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return Signature("rsa", pem, key.sign(payload, padding.PKCS1v15(), SHA256()))
    raise InvalidArgumentError("the key is none of Ed25519, ECDSA on P-256, and RSA")
