"""Signatures in requests and replies."""

from __future__ import annotations

import time
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from heddle_api.v1 import common_pb2, state_review_pb2
from heddle_worker.limits import MAX_JUSTIFICATION_BYTES, MAX_SIGNED_SYMBOLS
from heddle_worker.services.validation import FieldChecks
from heddle_worker.signing.payload import ReviewKind, Statement, SymbolRef
from heddle_worker.signing.signing import signature_id
from heddle_worker.store.signatures import StoredSignature

_SKEW_SECONDS: Final = 300
_NANOS: Final = 1_000_000_000
_KINDS: Final = {
    common_pb2.REVIEW_KIND_READ: ReviewKind.READ,
    common_pb2.REVIEW_KIND_AGENT_PREVIEW: ReviewKind.AGENT_PREVIEW,
    common_pb2.REVIEW_KIND_AGENT_CO_REVIEW: ReviewKind.AGENT_CO_REVIEW,
}
_NUMBERS: Final = {kind.value: number for number, kind in _KINDS.items()}


def check_kind(request: state_review_pb2.SignStateRequest) -> None:
    """Make sure of what is looked at before the state is.

    Raises:
        InvalidRequestError: the kind of review, or the path, is not what it should be.
    """
    checks = FieldChecks(request)
    if request.kind not in _KINDS:
        kinds = ", ".join(f"{number} ({kind.value})" for number, kind in _KINDS.items())
        checks.fault("kind", f"{int(request.kind)} is none of {kinds}")
    checks.done()


def check_signed(request: state_review_pb2.SignStateRequest) -> None:
    """Make sure of the rest, as far as that takes no look at the repository.

    Raises:
        InvalidRequestError: a field is not what it should be.
    """
    checks = FieldChecks(request)
    _check_scope(checks, request.scope)
    _check_time(checks, request)
    checks.text("justification", request.justification, MAX_JUSTIFICATION_BYTES)
    for field in ("algorithm", "public_key", "signature"):
        if not getattr(request, field):
            checks.fault(field, "must not be empty")
    checks.done()


def _check_scope(checks: FieldChecks, scope: state_review_pb2.ReviewScope) -> None:
    if scope.WhichOneof("scope") != "symbols":
        return
    field, symbols = "scope.symbols", scope.symbols.symbols
    if not symbols:
        checks.fault(field, "names no symbol; leave the scope out for the whole change")
    if len(symbols) > MAX_SIGNED_SYMBOLS:
        checks.fault(field, f"{len(symbols)} symbols; at most {MAX_SIGNED_SYMBOLS} are taken")
        return
    for number, ref in enumerate(symbols):
        checks.name(f"{field}.symbols[{number}].file", ref.file)
        checks.name(f"{field}.symbols[{number}].symbol", ref.symbol)


def _check_time(checks: FieldChecks, request: state_review_pb2.SignStateRequest) -> None:
    signed_at, now = request.signed_at, time.time()
    if not request.HasField("signed_at") or not signed_at.seconds:
        checks.fault("signed_at", "must be set, to the present")
    elif not 0 <= signed_at.nanos < _NANOS:
        checks.fault("signed_at", f"{signed_at.nanos} nanoseconds are none of a second")
    elif abs(signed_at.seconds - now) > _SKEW_SECONDS:
        away = abs(signed_at.seconds - int(now))
        checks.fault(
            "signed_at",
            f"{signed_at.seconds} is {away} seconds away from the daemon's clock, {int(now)}; "
            f"at most {_SKEW_SECONDS} are taken",
        )


def statement_of(request: state_review_pb2.SignStateRequest, state: bytes) -> Statement:
    """Return what a request says was signed; its fields have been checked.

    The nanoseconds of the time are not part of what is signed, and nothing is made of them.
    """
    return Statement(
        state=state,
        kind=_KINDS[request.kind],
        symbols=tuple(SymbolRef(ref.file, ref.symbol) for ref in request.scope.symbols.symbols),
        signed_at=request.signed_at.seconds,
        justification=request.justification,
    )


def signature_message(signature: StoredSignature) -> state_review_pb2.ReviewSignature:
    """Return what clients see of a signature."""
    scope = state_review_pb2.ReviewScope(whole_change=state_review_pb2.ReviewScope.WholeChange())
    if signature.symbols:
        refs = [
            common_pb2.PathSymbolRef(file=file, symbol=symbol) for file, symbol in signature.symbols
        ]
        listed = state_review_pb2.ReviewScope.SymbolList(symbols=refs)
        scope = state_review_pb2.ReviewScope(symbols=listed)
    return state_review_pb2.ReviewSignature(
        signature_id=signature_id(signature.position),
        actor_name=signature.actor_name,
        actor_email=signature.actor_email,
        kind=_NUMBERS[signature.kind],
        scope=scope,
        justification=signature.justification,
        signed_at=Timestamp(seconds=signature.signed_at),
        algorithm=signature.algorithm,
        public_key=signature.public_key,
        signature=signature.signature,
        signed_state_id=signature.state,
    )
