"""Signatures that are nothing but the output of an algorithm, over the payload itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from heddle_worker.signing.faults import bad_key, bad_signature, mismatch
from heddle_worker.signing.public_keys import (
    checked_rsa_key,
    ed25519_key,
    elliptic_key,
    key_id,
)

Verifier: TypeAlias = Callable[[bytes, bytes, bytes], bytes]
"""Takes key, signature and payload; returns what identifies the key, or raises."""

_ED25519_SIGNATURE_BYTES: Final = 64
_P256_NUMBER_BYTES: Final = 32


def _verify_ed25519(public_key: bytes, signature: bytes, payload: bytes) -> bytes:
    key = ed25519_key(public_key)
    if len(signature) != _ED25519_SIGNATURE_BYTES:
        raise bad_signature(
            f"an ed25519 signature has {_ED25519_SIGNATURE_BYTES} bytes, this one {len(signature)}"
        )
    try:
        key.verify(signature, payload)
    except InvalidSignature:
        raise mismatch() from None
    return key_id(key)


def _verify_p256(public_key: bytes, signature: bytes, payload: bytes) -> bytes:
    key = elliptic_key(ec.SECP256R1(), public_key)
    try:
        key.verify(_as_der(signature), payload, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise mismatch() from None
    return key_id(key)


def _as_der(signature: bytes) -> bytes:
    if len(signature) == 2 * _P256_NUMBER_BYTES:
        r, s = signature[:_P256_NUMBER_BYTES], signature[_P256_NUMBER_BYTES:]
        return encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
    try:
        numbers = decode_dss_signature(signature)
    except ValueError:
        numbers = None
    # One signature has one encoding: nothing may be left over, nothing written at greater length.
    if numbers is None or min(numbers) < 0 or encode_dss_signature(*numbers) != signature:
        raise bad_signature("neither r and s in 64 bytes nor an ECDSA signature in DER")
    return signature


def _verify_rsa_pkcs1(public_key: bytes, signature: bytes, payload: bytes) -> bytes:
    return _verify_rsa(public_key, signature, payload, padding.PKCS1v15())


def _verify_rsa_pss(public_key: bytes, signature: bytes, payload: bytes) -> bytes:
    scheme = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=padding.PSS.AUTO)
    return _verify_rsa(public_key, signature, payload, scheme)


def _verify_rsa(
    public_key: bytes, signature: bytes, payload: bytes, scheme: AsymmetricPadding
) -> bytes:
    key = _rsa_key_of_pem(public_key)
    length = (key.key_size + 7) // 8
    if len(signature) != length:
        raise bad_signature(f"a signature of this key has {length} bytes, this {len(signature)}")
    try:
        key.verify(signature, payload, scheme, SHA256())
    except (InvalidSignature, ValueError):
        raise mismatch() from None
    return key_id(key)


def _rsa_key_of_pem(pem: bytes) -> rsa.RSAPublicKey:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise bad_key("not a public key in PEM (-----BEGIN PUBLIC KEY-----)") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise bad_key("the PEM holds a key that is not RSA")
    checked_rsa_key(key)
    strict = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    # A reader of PEM skips what it does not know. A key that can be written in any number of ways
    # cannot be compared by eye.
    if pem.replace(b"\r\n", b"\n").removesuffix(b"\n") != strict.removesuffix(b"\n"):
        raise bad_key(
            "the PEM is not just one SubjectPublicKeyInfo of an RSA key in lines of 64; "
            "write it with: openssl rsa -pubin -in KEY"
        )
    return key


VERIFIERS: Final[Mapping[str, Verifier]] = MappingProxyType(
    {
        "ed25519": _verify_ed25519,
        "p256": _verify_p256,
        "ecdsa-p256": _verify_p256,
        "rsa": _verify_rsa_pkcs1,
        "rsa-pss": _verify_rsa_pss,
    }
)
"""Of each algorithm but `ssh`."""
