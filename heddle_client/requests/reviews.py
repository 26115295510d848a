"""Calls of `StateReviewService`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf.timestamp_pb2 import Timestamp

from heddle_api.v1 import common_pb2, state_review_pb2
from heddle_client.calls import LONG_SECONDS, Call, Method, client_operation_id, request, state_id
from heddle_client.values.state_review import (
    ListSignaturesResponse,
    ReviewPayload,
    SignStateResponse,
)

if TYPE_CHECKING:
    from heddle_client.signing import SignedReview

_SERVICE: Final = "/heddle.v1.StateReviewService/"
_REVIEW: Final = Method(
    f"{_SERVICE}GetReviewPayload",
    state_review_pb2.ReviewPayload.FromString,
    ReviewPayload.of,
    LONG_SECONDS,
)
_SIGN: Final = Method(
    f"{_SERVICE}SignState", state_review_pb2.SignStateResponse.FromString, SignStateResponse.of
)
_LIST: Final = Method(
    f"{_SERVICE}ListSignatures",
    state_review_pb2.ListSignaturesResponse.FromString,
    ListSignaturesResponse.of,
)


@request
def review(
    repo_path: str, state: str | bytes, *, all_signals: bool, timeout: float | None = None
) -> Call[ReviewPayload]:
    """Return the call that gets a review."""
    message = state_review_pb2.GetReviewPayloadRequest(
        repo_path=repo_path, state_id=state_id(state), include_all_signals=all_signals
    )
    return _REVIEW.call(message, timeout)


@request
def sign(
    repo_path: str, signed: SignedReview, *, operation_id: str | None, timeout: float | None
) -> Call[SignStateResponse]:
    """Return the call that puts a signature on record."""
    review_of = signed.statement
    scope = None
    if review_of.symbols is not None:
        refs = [
            common_pb2.PathSymbolRef(file=file, symbol=symbol) for file, symbol in review_of.symbols
        ]
        symbols = state_review_pb2.ReviewScope.SymbolList(symbols=refs)
        scope = state_review_pb2.ReviewScope(symbols=symbols)
    message = state_review_pb2.SignStateRequest(
        repo_path=repo_path,
        state_id=review_of.state,
        kind=common_pb2.ReviewKind.Name(review_of.kind),
        scope=scope,
        justification=review_of.justification,
        algorithm=signed.signature.algorithm,
        public_key=signed.signature.public_key,
        signature=signed.signature.signature,
        signed_at=Timestamp(seconds=review_of.signed_at),
        client_operation_id=client_operation_id(operation_id),
    )
    return _SIGN.call(message, timeout)


@request
def signatures(
    repo_path: str, state: str | bytes, *, timeout: float | None = None
) -> Call[ListSignaturesResponse]:
    """Return the call that lists the signatures of a state."""
    message = state_review_pb2.ListSignaturesRequest(repo_path=repo_path, state_id=state_id(state))
    return _LIST.call(message, timeout)
