"""What is wrong with a signature that is refused."""

from __future__ import annotations

from heddle_worker.failures import FieldViolation, InvalidRequestError


def bad_key(description: str) -> InvalidRequestError:
    """Return the failure for a public key."""
    return InvalidRequestError.of_fields(FieldViolation("public_key", description))


def bad_signature(description: str) -> InvalidRequestError:
    """Return the failure for a signature."""
    return InvalidRequestError.of_fields(FieldViolation("signature", description))


def mismatch() -> InvalidRequestError:
    """Return the failure for a signature that is well formed and wrong."""
    return bad_signature(
        "it does not verify: it was made with another key or algorithm, or over other bytes than "
        "this state, kind, scope, signed_at and justification give"
    )
