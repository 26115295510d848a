"""Verifying signatures: which algorithms there are, and what verifies each.

The cryptography is loaded with the first signature, since most workers never see one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from heddle_worker.failures import FieldViolation, InvalidRequestError
from heddle_worker.limits import MAX_PUBLIC_KEY_BYTES, MAX_SIGNATURE_BYTES
from heddle_worker.signing.faults import bad_key, bad_signature

ALGORITHMS: Final = ("ed25519", "p256", "ecdsa-p256", "rsa", "rsa-pss", "ssh")
"""The names that are known, in lower case."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature as it came with a request.

    Attributes:
        algorithm: one of `ALGORITHMS`, in upper or lower case.
        public_key: in the algorithm's format.
        signature: in the algorithm's format.
    """

    algorithm: str
    public_key: bytes
    signature: bytes


def verify(signed: Signed, payload: bytes) -> bytes:
    """Make sure that a signature is one of its key over a payload.

    Returns:
        What identifies the key, however it was written: 32 bytes.

    Raises:
        InvalidRequestError: it is not; the text says what is wrong with which field.
    """
    algorithm = signed.algorithm.lower()
    if algorithm not in ALGORITHMS:
        names = ", ".join(ALGORITHMS)
        raise InvalidRequestError.of_fields(
            FieldViolation("algorithm", f"{signed.algorithm[:64]!r} is none of {names}")
        )
    if len(signed.public_key) > MAX_PUBLIC_KEY_BYTES:
        raise bad_key(f"longer than {MAX_PUBLIC_KEY_BYTES} bytes")
    if len(signed.signature) > MAX_SIGNATURE_BYTES:
        raise bad_signature(f"longer than {MAX_SIGNATURE_BYTES} bytes")
    if algorithm == "ssh":
        from heddle_worker.signing import sshsig

        return sshsig.verify(signed.public_key, signed.signature, payload)
    from heddle_worker.signing import plain_formats

    return plain_formats.VERIFIERS[algorithm](signed.public_key, signed.signature, payload)
