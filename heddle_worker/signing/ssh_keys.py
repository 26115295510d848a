"""OpenSSH's public keys, and the signatures that they make."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from heddle_worker.signing.faults import bad_key, bad_signature, mismatch
from heddle_worker.signing.public_keys import (
    PublicKey,
    checked_rsa_key,
    ed25519_key,
    elliptic_key,
    key_id,
)
from heddle_worker.signing.ssh_wire import WireError, WireReader

_USER_WAS_PRESENT: Final = 1
_ED25519_SIGNATURE_BYTES: Final = 64
_CURVES: Final[Mapping[bytes, tuple[ec.EllipticCurve, HashAlgorithm]]] = MappingProxyType(
    {
        b"nistp256": (ec.SECP256R1(), SHA256()),
        b"nistp384": (ec.SECP384R1(), SHA384()),
        b"nistp521": (ec.SECP521R1(), SHA512()),
    }
)
_RSA_HASHES: Final[Mapping[bytes, HashAlgorithm]] = MappingProxyType(
    {b"rsa-sha2-256": SHA256(), b"rsa-sha2-512": SHA512()}
)


@dataclass(frozen=True, slots=True)
class SshKey:
    """A public key.

    Attributes:
        blob: as it stands in signatures.
        type: such as `ssh-ed25519`.
        key: the key itself.
        application: for which a security key made it; `None` for a key of another kind.
    """

    blob: bytes
    type: bytes
    key: PublicKey
    application: bytes | None = None

    @classmethod
    def of_line(cls, line: bytes) -> SshKey:
        """Return the key of one line as in a `.pub` file: type, base64, and maybe a comment.

        Raises:
            InvalidRequestError: it is not one, or a weak key.
        """
        type_name, _blank, rest = line.removesuffix(b"\n").removesuffix(b"\r").partition(b" ")
        if not rest or b"\n" in rest or b"\r" in rest:
            raise bad_key("not one line of type, base64 and comment, as in a .pub file")
        blob = strict_base64(rest.partition(b" ")[0])
        if not blob:
            raise bad_key("the second word of the line is not base64")
        try:
            key = cls._of_blob(blob)
        except WireError as error:
            raise bad_key(f"not an OpenSSH public key: {error}") from None
        if key.type != type_name:
            raise bad_key(f"the line says {_shown(type_name)}, the key is {_shown(key.type)}")
        return key

    @classmethod
    def _of_blob(cls, blob: bytes) -> SshKey:
        reader = WireReader(blob)
        key_type = reader.string()
        if key_type not in _READERS:
            names = ", ".join(sorted(name.decode() for name in _READERS))
            raise bad_key(f"a key of type {_shown(key_type)}; {names} are taken")
        key = _READERS[key_type](reader)
        application = reader.string() if key_type.startswith(b"sk-") else None
        reader.done()
        return cls(blob, key_type, key, application)

    @property
    def id(self) -> bytes:
        """What identifies the key; that of the plain key, if it is not one of a security key."""
        if self.application is None:
            return key_id(self.key)
        return hashlib.sha256(self.blob).digest()

    def verify(self, signature: bytes, message: bytes) -> None:
        """Make sure that a signature, in the form that the SSH protocol gives it, is of this key.

        Raises:
            InvalidRequestError: it is not.
            WireError: it has another form.
        """
        reader = WireReader(signature)
        algorithm, value = reader.string(), reader.string()
        if self.application is not None:
            flags, counter = reader.take(1), reader.take(4)
            if not flags[0] & _USER_WAS_PRESENT:
                raise bad_signature("made by a security key without its user's presence")
            digests = [hashlib.sha256(part).digest() for part in (self.application, message)]
            message = digests[0] + flags + counter + digests[1]
        reader.done()
        accepted = tuple(_RSA_HASHES) if isinstance(self.key, rsa.RSAPublicKey) else (self.type,)
        if algorithm not in accepted:
            raise bad_signature(
                f"made with {_shown(algorithm)}; with a key of type {_shown(self.type)} it has "
                f"to be {' or '.join(_shown(name) for name in accepted)}"
            )
        try:
            self._verify(algorithm, value, message)
        except InvalidSignature:
            raise mismatch() from None

    def _verify(self, algorithm: bytes, value: bytes, message: bytes) -> None:
        if isinstance(self.key, ed25519.Ed25519PublicKey):
            if len(value) != _ED25519_SIGNATURE_BYTES:
                raise WireError(f"an ed25519 signature has {_ED25519_SIGNATURE_BYTES} bytes")
            self.key.verify(value, message)
        elif isinstance(self.key, rsa.RSAPublicKey):
            if len(value) != (self.key.key_size + 7) // 8:
                raise WireError("its length is not that of the RSA key")
            self.key.verify(value, message, padding.PKCS1v15(), _RSA_HASHES[algorithm])
        else:
            numbers = WireReader(value)
            r, s = numbers.integer(), numbers.integer()
            numbers.done()
            _curve, hashed = _CURVES[algorithm.partition(b"@")[0].rpartition(b"-")[2]]
            self.key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashed))


def strict_base64(text: bytes) -> bytes | None:
    """Return what a text stands for; `None` unless it is the one way to write it."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return value if base64.b64encode(value) == text else None


def _read_ed25519(reader: WireReader) -> PublicKey:
    return ed25519_key(reader.string())


def _read_rsa(reader: WireReader) -> PublicKey:
    exponent, modulus = reader.integer(), reader.integer()
    try:
        key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        raise bad_key("its numbers are none of an RSA key") from None
    return checked_rsa_key(key)


def _reader_of(name: bytes) -> Callable[[WireReader], PublicKey]:
    curve, _hash = _CURVES[name]

    def read(reader: WireReader) -> PublicKey:
        if reader.string() != name:
            raise WireError("its curve is not that of its type")
        point = reader.string()
        if point[:1] != b"\4":
            raise WireError("its point is not written out in full")
        return elliptic_key(curve, point)

    return read


def _shown(name: bytes) -> str:
    return repr(name[:64].decode("ascii", "backslashreplace"))


_READERS: Final[Mapping[bytes, Callable[[WireReader], PublicKey]]] = MappingProxyType(
    {
        b"ssh-ed25519": _read_ed25519,
        b"sk-ssh-ed25519@openssh.com": _read_ed25519,
        b"ssh-rsa": _read_rsa,
        **{b"ecdsa-sha2-" + name: _reader_of(name) for name in _CURVES},
        b"sk-ecdsa-sha2-nistp256@openssh.com": _reader_of(b"nistp256"),
    }
)
