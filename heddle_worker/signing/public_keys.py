"""Public keys from their parts, refused when they could not belong to an honest signer."""

from __future__ import annotations

import hashlib
from typing import Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from heddle_worker.signing.faults import bad_key

PublicKey: TypeAlias = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_ED25519_BYTES: Final = 32
_ED25519_PRIME: Final = 2**255 - 19
_EIGHTH: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
# The y coordinates of the points whose order divides 8: with such a key, one signature fits many
# messages.
_SMALL_ORDER: Final = frozenset({0, 1, _ED25519_PRIME - 1, _EIGHTH, _ED25519_PRIME - _EIGHTH})
_RSA_BITS: Final = (2_048, 16_384)
_MAX_EXPONENT: Final = 2**32


def ed25519_key(raw: bytes) -> ed25519.Ed25519PublicKey:
    """Return the Ed25519 key of 32 bytes.

    Raises:
        InvalidRequestError: they are none, or a weak one.
    """
    if len(raw) != _ED25519_BYTES:
        raise bad_key(f"an ed25519 key has {_ED25519_BYTES} bytes, this one has {len(raw)}")
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= _ED25519_PRIME:
        raise bad_key("not a point of the curve of ed25519")
    if y in _SMALL_ORDER:
        raise bad_key("a point of small order, with which anything would verify")
    return ed25519.Ed25519PublicKey.from_public_bytes(raw)


def elliptic_key(curve: ec.EllipticCurve, point: bytes) -> ec.EllipticCurvePublicKey:
    """Return the key on a curve whose point SEC1 writes so, compressed or not.

    Raises:
        InvalidRequestError: it is no point of that curve, or the one at infinity.
    """
    width = (curve.key_size + 7) // 8
    length = {b"\2": 1 + width, b"\3": 1 + width, b"\4": 1 + 2 * width}.get(point[:1])
    if point == b"\0":
        raise bad_key("the point at infinity is no key")
    if len(point) != length:
        raise bad_key(
            f"not a SEC1 point of {curve.name}: {1 + width} bytes that begin with 02 or 03, "
            f"or {1 + 2 * width} that begin with 04"
        )
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
    except (ValueError, UnsupportedAlgorithm):
        raise bad_key(f"the point is not on the curve {curve.name}") from None


def checked_rsa_key(key: rsa.RSAPublicKey) -> rsa.RSAPublicKey:
    """Return an RSA key that is neither weak nor a burden.

    Raises:
        InvalidRequestError: its size or its exponent is out of bounds.
    """
    least, most = _RSA_BITS
    if not least <= key.key_size <= most:
        raise bad_key(f"an RSA key of {key.key_size} bits; {least} to {most} are taken")
    exponent = key.public_numbers().e
    if not 3 <= exponent < _MAX_EXPONENT or exponent % 2 == 0:  # noqa: PLR2004
        raise bad_key("the exponent of the RSA key is not an odd number from 3 to 2^32")
    return key


def key_id(key: PublicKey) -> bytes:
    """Return what identifies a key, however it was written."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).digest()
