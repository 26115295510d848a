"""Calls of `DiscussionService`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from heddle_api.v1 import common_pb2, discussion_pb2
from heddle_client.calls import Call, Method, client_operation_id, request, state_id
from heddle_client.values.common import ContextAnnotationKind
from heddle_client.values.discussion import Discussion

_SERVICE: Final = "/heddle.v1.DiscussionService/"


def _listed(reply: discussion_pb2.ListDiscussionsResponse) -> tuple[Discussion, ...]:
    return tuple(map(Discussion.of, reply.discussions))


def _method(name: str) -> Method[Discussion]:
    return Method(_SERVICE + name, discussion_pb2.Discussion.FromString, Discussion.of)


_OPEN: Final = _method("OpenDiscussion")
_APPEND: Final = _method("AppendTurn")
_RESOLVE: Final = _method("ResolveDiscussion")
_GET: Final = _method("GetDiscussion")
_BY_STATE: Final = Method(
    f"{_SERVICE}ListByState", discussion_pb2.ListDiscussionsResponse.FromString, _listed
)
_BY_SYMBOL: Final = Method(
    f"{_SERVICE}ListBySymbol", discussion_pb2.ListDiscussionsResponse.FromString, _listed
)


@request
def open_discussion(
    repo_path: str,
    file: str,
    symbol: str,
    body: str,
    *,
    state: str | bytes,
    visibility: str,
    thread_ref: str,
    operation_id: str | None,
) -> Call[Discussion]:
    """Return the call that opens a discussion."""
    message = discussion_pb2.OpenDiscussionRequest(
        repo_path=repo_path,
        state_id=state_id(state),
        anchor=common_pb2.PathSymbolRef(file=file, symbol=symbol),
        body=body,
        visibility=visibility,
        thread_ref=thread_ref,
        client_operation_id=client_operation_id(operation_id),
    )
    return Call(_OPEN, message.SerializeToString())


@request
def append(
    repo_path: str, discussion_id: str, body: str, *, operation_id: str | None
) -> Call[Discussion]:
    """Return the call that adds a turn."""
    message = discussion_pb2.AppendTurnRequest(
        repo_path=repo_path,
        discussion_id=discussion_id,
        body=body,
        client_operation_id=client_operation_id(operation_id),
    )
    return Call(_APPEND, message.SerializeToString())


@request
def dismiss(
    repo_path: str, discussion_id: str, reason: str, *, operation_id: str | None
) -> Call[Discussion]:
    """Return the call that settles a discussion without any change."""
    dismissed = discussion_pb2.ResolveDiscussionRequest.ResolveDismissed(reason=reason)
    how = discussion_pb2.ResolveDiscussionRequest(dismissed=dismissed)
    return _resolve(repo_path, discussion_id, how, operation_id)


@request
def resolve_by_edit(
    repo_path: str, discussion_id: str, state: str | bytes, *, operation_id: str | None
) -> Call[Discussion]:
    """Return the call that settles a discussion by a state."""
    edit = discussion_pb2.ResolveDiscussionRequest.ResolveByEdit(state_id=state_id(state))
    how = discussion_pb2.ResolveDiscussionRequest(by_edit=edit)
    return _resolve(repo_path, discussion_id, how, operation_id)


@request
def resolve_into_annotation(
    repo_path: str,
    discussion_id: str,
    kind: str | ContextAnnotationKind,
    content: str,
    tags: Sequence[str],
    *,
    operation_id: str | None,
) -> Call[Discussion]:
    """Return the call that settles a discussion by an annotation."""
    annotation = discussion_pb2.ResolveDiscussionRequest.ResolveIntoAnnotation(
        kind=common_pb2.ContextAnnotationKind.Name(ContextAnnotationKind.named(kind)),
        content=content,
        tags=tags,
    )
    how = discussion_pb2.ResolveDiscussionRequest(into_annotation=annotation)
    return _resolve(repo_path, discussion_id, how, operation_id)


def _resolve(
    repo_path: str,
    discussion_id: str,
    how: discussion_pb2.ResolveDiscussionRequest,
    operation_id: str | None,
) -> Call[Discussion]:
    message = discussion_pb2.ResolveDiscussionRequest(
        repo_path=repo_path,
        discussion_id=discussion_id,
        client_operation_id=client_operation_id(operation_id),
    )
    message.MergeFrom(how)
    return Call(_RESOLVE, message.SerializeToString())


@request
def get(repo_path: str, discussion_id: str) -> Call[Discussion]:
    """Return the call that looks at one discussion."""
    message = discussion_pb2.GetDiscussionRequest(repo_path=repo_path, discussion_id=discussion_id)
    return Call(_GET, message.SerializeToString())


@request
def by_state(
    repo_path: str, state: str | bytes, *, status: str, limit: int, after_id: str
) -> Call[tuple[Discussion, ...]]:
    """Return the call that lists all discussions as they are in a state."""
    message = discussion_pb2.ListDiscussionsByStateRequest(
        repo_path=repo_path,
        state_id=state_id(state),
        status=status,
        limit=limit,
        after_id=after_id,
    )
    return Call(_BY_STATE, message.SerializeToString())


@request
def by_symbol(
    repo_path: str, file: str, symbol: str, *, status: str, limit: int, after_id: str
) -> Call[tuple[Discussion, ...]]:
    """Return the call that lists the discussions of a symbol."""
    message = discussion_pb2.ListDiscussionsBySymbolRequest(
        repo_path=repo_path,
        anchor=common_pb2.PathSymbolRef(file=file, symbol=symbol),
        status=status,
        limit=limit,
        after_id=after_id,
    )
    return Call(_BY_SYMBOL, message.SerializeToString())
