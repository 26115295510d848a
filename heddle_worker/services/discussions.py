"""DiscussionService: what was said about a symbol stays with it while the code moves on."""

from __future__ import annotations

import asyncio

from heddle_api.v1 import discussion_pb2
from heddle_worker.discussions.changes import appending, opening, resolving
from heddle_worker.discussions.placed import PlacedDiscussion
from heddle_worker.domain import Domain
from heddle_worker.mutations import Mutation
from heddle_worker.repository.display import meant
from heddle_worker.repository.errors import StateNotFoundError
from heddle_worker.services.discussion_messages import discussion_message, list_message
from heddle_worker.services.discussion_requests import (
    DEFAULT_VISIBILITY,
    check_opening,
    check_settlement,
    check_wanted,
    settlement_of,
    wanted_of,
)
from heddle_worker.services.mutating import answered, mutating
from heddle_worker.services.repo_path import head_root
from heddle_worker.services.state_id import raw_id, resolve_state
from heddle_worker.services.validation import FieldChecks
from heddle_worker.serving.dispatch import Call


class DiscussionService:
    """Opens, continues, settles and finds the discussions of one repository."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self.mutations = domain.mutations

    @mutating("discussion.open")
    async def OpenDiscussion(
        self, request: discussion_pb2.OpenDiscussionRequest, _call: Call
    ) -> Mutation[PlacedDiscussion]:
        """Open a discussion about a symbol of a state.

        Raises:
            InvalidRequestError: a field is not what it should be, or the state has no such symbol.
            NotFoundError: `repo_path` is of another repository.
            RepositoryError: the state is not there, or cannot be read.
        """
        check_opening(request)
        return await asyncio.to_thread(self._open, request)

    @mutating("discussion.append_turn")
    async def AppendTurn(
        self, request: discussion_pb2.AppendTurnRequest, _call: Call
    ) -> Mutation[PlacedDiscussion]:
        """Append a turn to a discussion, be it settled or not.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: there is no such discussion, or `repo_path` is of another repository.
            LimitReachedError: the discussion is as long as may be.
        """
        checks = FieldChecks(request)
        checks.name("discussion_id", request.discussion_id)
        checks.body("body", request.body)
        checks.done()
        return await asyncio.to_thread(self._append, request)

    @mutating("discussion.resolve")
    async def ResolveDiscussion(
        self, request: discussion_pb2.ResolveDiscussionRequest, _call: Call
    ) -> Mutation[PlacedDiscussion]:
        """Settle an open discussion.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: there is no such discussion, or `repo_path` is of another repository.
            PreconditionError: it was settled before.
            RepositoryError: the state with the edit is not there.
        """
        check_settlement(request)
        return await asyncio.to_thread(self._resolve, request)

    async def ListByState(
        self, request: discussion_pb2.ListDiscussionsByStateRequest, _call: Call
    ) -> discussion_pb2.ListDiscussionsResponse:
        """Return the discussions as they are in a state, in the order of opening.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: `repo_path` is of another repository.
            RepositoryError: the state is not there, or cannot be read.
            ReplyTooLargeError: they are too much for one message.
        """
        checks = FieldChecks(request)
        check_wanted(checks, request)
        checks.done()
        return await asyncio.to_thread(self._list_by_state, request)

    async def ListBySymbol(
        self, request: discussion_pb2.ListDiscussionsBySymbolRequest, _call: Call
    ) -> discussion_pb2.ListDiscussionsResponse:
        """Return the discussions of a symbol at `HEAD`, in the order of opening.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: `repo_path` is of another repository.
            ReplyTooLargeError: they are too much for one message.
        """
        checks = FieldChecks(request)
        checks.name("anchor.file", request.anchor.file)
        checks.name("anchor.symbol", request.anchor.symbol)
        check_wanted(checks, request)
        checks.done()
        return await asyncio.to_thread(self._list_by_symbol, request)

    async def GetDiscussion(
        self, request: discussion_pb2.GetDiscussionRequest, _call: Call
    ) -> discussion_pb2.Discussion:
        """Return a discussion as it is at `HEAD`.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: there is no such discussion, or `repo_path` is of another repository.
        """
        checks = FieldChecks(request)
        checks.name("discussion_id", request.discussion_id)
        checks.done()
        return await asyncio.to_thread(self._get, request)

    def _open(self, request: discussion_pb2.OpenDiscussionRequest) -> Mutation[PlacedDiscussion]:
        root = head_root(self._domain, request.repo_path)
        state = resolve_state(self._domain, root, "state_id", request.state_id)
        origin = self._domain.origins.find(state, meant(request.anchor.file), request.anchor.symbol)
        change = opening(
            origin,
            request.body,
            visibility=request.visibility or DEFAULT_VISIBILITY,
            thread_ref=request.thread_ref,
            here=self._domain.discussions.head(root).here,
        )
        return answered(change, discussion_message)

    def _append(self, request: discussion_pb2.AppendTurnRequest) -> Mutation[PlacedDiscussion]:
        found = self._domain.discussions
        head = found.head(head_root(self._domain, request.repo_path))
        placed = found.find(request.discussion_id, head)
        return answered(appending(placed, request.body, head.here), discussion_message)

    def _resolve(
        self, request: discussion_pb2.ResolveDiscussionRequest
    ) -> Mutation[PlacedDiscussion]:
        found = self._domain.discussions
        root = head_root(self._domain, request.repo_path)
        head = found.head(root)
        placed = found.find(request.discussion_id, head)
        resolved_by = b""
        if request.WhichOneof("resolution") == "by_edit":
            state_id = request.by_edit.state_id
            resolved_by = resolve_state(self._domain, root, "by_edit.state_id", state_id).id
        settlement = settlement_of(request, resolved_by)
        return answered(resolving(placed, settlement, head.here), discussion_message)

    def _list_by_state(
        self, request: discussion_pb2.ListDiscussionsByStateRequest
    ) -> discussion_pb2.ListDiscussionsResponse:
        root = head_root(self._domain, request.repo_path)
        found, wanted = self._domain.discussions, wanted_of(request)
        head = found.head(root)
        try:
            state = resolve_state(self._domain, root, "state_id", request.state_id)
        except StateNotFoundError:
            # What was opened against it has not gone with it.
            orphans = found.of_lost_state(raw_id(request.state_id), head, wanted)
            if not orphans:
                raise
            return list_message(orphans)
        return list_message(found.in_state(state, head, wanted))

    def _list_by_symbol(
        self, request: discussion_pb2.ListDiscussionsBySymbolRequest
    ) -> discussion_pb2.ListDiscussionsResponse:
        head = self._domain.discussions.head(head_root(self._domain, request.repo_path))
        anchor, wanted = request.anchor, wanted_of(request)
        return list_message(
            self._domain.discussions.by_symbol(meant(anchor.file), anchor.symbol, head, wanted)
        )

    def _get(self, request: discussion_pb2.GetDiscussionRequest) -> discussion_pb2.Discussion:
        head = self._domain.discussions.head(head_root(self._domain, request.repo_path))
        return discussion_message(self._domain.discussions.find(request.discussion_id, head))
