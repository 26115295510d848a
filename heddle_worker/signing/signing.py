"""Signing a state, as a change that the operation log tells of."""

from __future__ import annotations

from dataclasses import dataclass

import apsw

from heddle_worker.failures import AlreadyExistsError, LimitReachedError
from heddle_worker.limits import MAX_STATE_SIGNATURE_BYTES
from heddle_worker.mutations import Change, Changed, Occasion
from heddle_worker.signing.payload import Statement
from heddle_worker.signing.verification import Signed
from heddle_worker.store import signatures
from heddle_worker.store.signatures import CoveredSymbol, NewSignature


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that verifies, and what it is bound to.

    Attributes:
        statement: what was signed.
        signed: the signature.
        key_id: what identifies its key.
        change: digest of all that the state changes; empty if only symbols were signed.
        covered: the symbols that were signed; empty for the whole change.
    """

    statement: Statement
    signed: Signed
    key_id: bytes
    change: bytes
    covered: tuple[CoveredSymbol, ...]


def signature_id(position: int) -> str:
    """Return how clients know a signature of a state."""
    return f"rs-{position}"


def signing(verified: Verified) -> Change[int]:
    """Return the change that adds a signature to those of its state; its value is the position.

    It raises `AlreadyExistsError` when the request has no operation id and the same key has signed
    the same at the same second, and `LimitReachedError` when the state has as much as may be.
    """
    statement = verified.statement

    def change(connection: apsw.Connection, occasion: Occasion) -> Changed[int]:
        new = _new(verified, occasion)
        same = None if occasion.operation_id else signatures.find_same(connection, new)
        if same is not None:
            raise AlreadyExistsError(
                f"{signature_id(same)} of state {statement.state.hex()} is the same: this key has "
                f"signed this kind and scope at {statement.signed_at} already"
            )
        if signatures.size_of(connection, new.state) + new.size > MAX_STATE_SIGNATURE_BYTES:
            raise LimitReachedError(
                f"the signatures of state {statement.state.hex()} take as much as may be, "
                f"{MAX_STATE_SIGNATURE_BYTES} bytes"
            )
        position = signatures.add(connection, new)
        operation = occasion.operation(
            change_id=statement.state,
            detail=f"{signature_id(position)} {statement.kind.value}",
            symbols=tuple(map(str, statement.symbols)),
        )
        return Changed(position, (operation,))

    return change


def _new(verified: Verified, occasion: Occasion) -> NewSignature:
    statement, signed = verified.statement, verified.signed
    return NewSignature(
        state=statement.state,
        actor_name=occasion.principal.name,
        actor_email=occasion.principal.email,
        kind=statement.kind.value,
        symbols=tuple((ref.file, ref.symbol) for ref in statement.symbols),
        justification=statement.justification,
        signed_at=statement.signed_at,
        algorithm=signed.algorithm,
        public_key=signed.public_key,
        signature=signed.signature,
        key_id=verified.key_id,
        change=verified.change,
        covered=verified.covered,
    )
