"""StateReviewService: reviews of a state, and the signatures of those who did them."""

from __future__ import annotations

import asyncio

from heddle_api.v1 import state_review_pb2
from heddle_worker.domain import Domain
from heddle_worker.mutations import Mutation
from heddle_worker.recent_payloads import RecentPayloads
from heddle_worker.services.mutating import answered, mutating
from heddle_worker.services.repo_path import head_root
from heddle_worker.services.review_payload import review_payload
from heddle_worker.services.review_requests import (
    Subject,
    find_subject,
    named_at_once,
)
from heddle_worker.services.signing_messages import (
    check_kind,
    check_signed,
    signature_message,
    statement_of,
)
from heddle_worker.services.state_id import resolve_state
from heddle_worker.services.validation import FieldChecks
from heddle_worker.serving.dispatch import Call
from heddle_worker.signals.computing import CORPUS_SECONDS
from heddle_worker.signals.corpora import Coverage
from heddle_worker.signing.signing import Verified, signature_id, signing
from heddle_worker.signing.verification import Signed, verify
from heddle_worker.store.signatures import of_state


class StateReviewService:
    """Reviews one repository's states, and keeps their signatures."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._payloads = RecentPayloads()
        self.mutations = domain.mutations

    async def GetReviewPayload(
        self, request: state_review_pb2.GetReviewPayloadRequest, _call: Call
    ) -> bytes:
        """Return the review of a state; without one, that of a worktree as it is.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: `repo_path` is of another repository.
            PreconditionError: a worktree is asked for, and there is none.
            ConfigurationError: the settings of reviews make no sense.
            RepositoryError: the state is not there, or cannot be read.
        """
        FieldChecks(request).done()
        wants_all = request.include_all_signals
        # Looked at before the rest: what changes meanwhile makes the reply one of the past.
        ground = self._domain.review_version.current(), self._domain.review_settings.current()
        named = named_at_once(request)
        if named is not None:
            kept = self._payloads.get((named, wants_all), (b"", *ground))
            if kept is not None:
                return kept
        subject = await asyncio.to_thread(find_subject, self._domain, request)
        key, made_from = (subject.key, wants_all), (subject.stamp, *ground)
        kept = self._payloads.get(key, made_from)
        if kept is not None:
            return kept
        payload, is_final = await asyncio.to_thread(self._review, subject, wants_all)
        if is_final:
            self._payloads.put(key, made_from, payload)
        return payload

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
        """Return the signatures of a state in the order of signing, and those that hold for it.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: `repo_path` is of another repository.
            RepositoryError: the state is not there, or cannot be read.
        """
        FieldChecks(request).done()
        return await asyncio.to_thread(self._signatures, request)

    def _review(self, subject: Subject, wants_all: bool) -> tuple[bytes, bool]:
        """Return the payload, and whether the same would come of asking again.

        Whoever wants all signals waits for what is to be read for them.
        """
        review = subject.review(self._domain.reviews, CORPUS_SECONDS if wants_all else 0.0)
        payload = review_payload(review, include_all_signals=wants_all)
        return payload, review.signals.coverage is not Coverage.PENDING

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

    def _signatures(
        self, request: state_review_pb2.ListSignaturesRequest
    ) -> state_review_pb2.ListSignaturesResponse:
        root = head_root(self._domain, request.repo_path)
        state = resolve_state(self._domain, root, "state_id", request.state_id)
        with self._domain.readers.snapshot() as connection:
            own = of_state(connection, state.id)
        return state_review_pb2.ListSignaturesResponse(
            signatures=map(signature_message, own),
            carried=map(signature_message, self._domain.ground.carried(state)),
        )
