"""A client that signs states with real keys."""

from __future__ import annotations

import struct
import time
from collections.abc import Sequence
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from signers import Signer
from transaction_client import TransactionClient

from heddle_api.v1 import (
    common_pb2,
    operation_log_pb2,
    operation_log_pb2_grpc,
    state_review_pb2,
    state_review_pb2_grpc,
)

KINDS = {1: b"read", 2: b"agent_preview", 3: b"agent_co_review"}


def payload_of(request: state_review_pb2.SignStateRequest, commit: str) -> bytes:
    """Return the bytes that a request's signature has to be over, as the contract lays them out."""
    parts = [b"hd-rev-sig-v1\0", commit.encode(), b"\0", KINDS[request.kind], b"\0"]
    if request.scope.WhichOneof("scope") == "symbols":
        symbols = request.scope.symbols.symbols
        parts += [b"symbols\0", struct.pack("<I", len(symbols))]
        parts += [f"{ref.file}\0{ref.symbol}\0".encode() for ref in symbols]
    else:
        parts.append(b"whole_change\0")
    parts.append(struct.pack("<q", request.signed_at.seconds))
    said = request.justification.encode()
    parts.append(b"\1" + said + b"\0" if said else b"\0")
    return b"".join(parts)


def scope_of(*symbols: tuple[str, str]) -> state_review_pb2.ReviewScope:
    """Return the scope of symbols given as pairs of file and name."""
    refs = [common_pb2.PathSymbolRef(file=file, symbol=symbol) for file, symbol in symbols]
    return state_review_pb2.ReviewScope(
        symbols=state_review_pb2.ReviewScope.SymbolList(symbols=refs)
    )


class SigningClient:
    """A client of the service."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = state_review_pb2_grpc.StateReviewServiceStub(channel)
        self.transactions = TransactionClient(channel)
        self._log = operation_log_pb2_grpc.OperationLogQueryServiceStub(channel)

    def request(
        self, signer: Signer, commit: str, **fields: Any
    ) -> state_review_pb2.SignStateRequest:
        """Return a request that is right, unless the fields given make it wrong."""
        right: dict[str, Any] = {
            "state_id": bytes.fromhex(commit),
            "kind": 1,
            "signed_at": Timestamp(seconds=int(time.time())),
            "algorithm": signer.algorithm,
            "public_key": signer.public_key,
        }
        request = state_review_pb2.SignStateRequest(**right | fields)
        if "signature" not in fields:
            request.signature = signer.sign(payload_of(request, commit))
        return request

    def send(self, request: state_review_pb2.SignStateRequest, transaction_id: str = "") -> str:
        """Have a state signed, maybe within a transaction; return the signature's id."""
        metadata = (("heddle-transaction-id", transaction_id),) if transaction_id else ()
        reply = self._stub.SignState(request, timeout=30, metadata=metadata)
        assert reply.state_id == request.state_id
        return reply.signature_id

    def sign(self, signer: Signer, commit: str, **fields: Any) -> str:
        """Make a request, and send it."""
        return self.send(self.request(signer, commit, **fields))

    def listed(self, commit: str, **fields: Any) -> Sequence[state_review_pb2.ReviewSignature]:
        """Return the signatures of a state."""
        request = state_review_pb2.ListSignaturesRequest(state_id=bytes.fromhex(commit), **fields)
        return list(self._stub.ListSignatures(request, timeout=30).signatures)

    def carried(self, commit: str) -> Sequence[state_review_pb2.ReviewSignature]:
        """Return the signatures of other states that hold for a state."""
        request = state_review_pb2.ListSignaturesRequest(state_id=bytes.fromhex(commit))
        return list(self._stub.ListSignatures(request, timeout=30).carried)

    def list_request(self, request: state_review_pb2.ListSignaturesRequest) -> object:
        """Ask for signatures in any way."""
        return self._stub.ListSignatures(request, timeout=30)

    def logged(self, **fields: Any) -> Sequence[operation_log_pb2.OperationHit]:
        """Return what the log tells of signing."""
        request = operation_log_pb2.QueryOperationsRequest(
            verbs=["state_review.sign_state"], **fields
        )
        return list(self._log.QueryOperations(request, timeout=30).hits)

    def required(self, commit: str) -> dict[str, state_review_pb2.MergeRequirement]:
        """Return what a merge of a state requires, by its id."""
        request = state_review_pb2.GetReviewPayloadRequest(state_id=bytes.fromhex(commit))
        payload = self._stub.GetReviewPayload(request, timeout=30)
        return {each.id: each for each in payload.merge_requirements}
