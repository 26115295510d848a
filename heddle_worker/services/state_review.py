"""StateReviewService: reviews of a state, and the signatures of those who did them."""

from __future__ import annotations

import asyncio

from heddle_api.v1 import state_review_pb2
from heddle_worker.dispatch import Call
from heddle_worker.domain import Domain
from heddle_worker.mutations import Mutation
from heddle_worker.services.mutating import answered, mutating
from heddle_worker.services.repo_path import head_root
from heddle_worker.services.signing_messages import (
    check_kind,
    check_signed,
    signature_message,
    statement_of,
)
from heddle_worker.services.state_id import resolve_state
from heddle_worker.services.validation import FieldChecks
from heddle_worker.signing.signing import Verified, signature_id, signing
from heddle_worker.signing.verification import Signed, verify
from heddle_worker.store.signatures import StoredSignature, of_state


class StateReviewService:
    """Keeps the signatures of one repository's states."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self.mutations = domain.mutations

    @mutating("state_review.sign_state")
    async def SignState(
        self, request: state_review_pb2.SignStateRequest, _call: Call
    ) -> Mutation[int]:
        """Verify a signature, and add it to those of its state.

        Raises:
            InvalidRequestError: a field is not what it should be, or the signature does not verify.
            NotFoundError: `repo_path` is of another repository.
            AlreadyExistsError: the same was signed before.
            LimitReachedError: the state has as many signatures as may be.
            RepositoryError: the state is not there, or cannot be read.
        """
        check_kind(request)
        verified = await asyncio.to_thread(self._verified, request)
        return answered(
            signing(verified),
            lambda position: state_review_pb2.SignStateResponse(
                signature_id=signature_id(position), state_id=request.state_id
            ),
        )

    async def ListSignatures(
        self, request: state_review_pb2.ListSignaturesRequest, _call: Call
    ) -> state_review_pb2.ListSignaturesResponse:
        """Return the signatures of a state in the order of signing.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: `repo_path` is of another repository.
            RepositoryError: the state is not there, or cannot be read.
        """
        checks = FieldChecks()
        checks.text("repo_path", request.repo_path)
        checks.done()
        found = await asyncio.to_thread(self._signatures, request)
        return state_review_pb2.ListSignaturesResponse(signatures=map(signature_message, found))

    def _verified(self, request: state_review_pb2.SignStateRequest) -> Verified:
        root = head_root(self._domain, request.repo_path)
        state = resolve_state(self._domain, root, "state_id", request.state_id)
        check_signed(request)
        statement = statement_of(request, state.id)
        ground = self._domain.ground
        covered = ground.covered(state, statement.symbols)
        signed = Signed(request.algorithm, request.public_key, request.signature)
        key_id = verify(signed, statement.payload())
        change = b"" if statement.symbols else ground.touching(state).change
        return Verified(statement, signed, key_id, change, covered)

    def _signatures(self, request: state_review_pb2.ListSignaturesRequest) -> list[StoredSignature]:
        root = head_root(self._domain, request.repo_path)
        state = resolve_state(self._domain, root, "state_id", request.state_id)
        with self._domain.readers.snapshot() as connection:
            return of_state(connection, state.id)
