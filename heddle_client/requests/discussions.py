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
    state: str | bytes = "HEAD",
    visibility: str = "",
    thread_ref: str = "",
    *,
    operation_id: str | None = None,
    timeout: float | None = None,
) -> Call[Discussion]:
    """Start a discussion about a symbol as it is in a state.

    Args:
        file: the file's path from the repository's root.
        symbol: its name, as `Parser::parse`; the file's path for the file as a whole.
        body: the first turn.
        state: id or revision of an existing state.
        visibility: `public` (also when empty), `internal`, `team_scoped` or `restricted`.
        thread_ref: what ties it to something else, such as a ticket.
        operation_id: see the class.
        timeout: see the class.
    """
    message = discussion_pb2.OpenDiscussionRequest(
        repo_path=repo_path,
        state_id=state_id(state),
        anchor=common_pb2.PathSymbolRef(file=file, symbol=symbol),
        body=body,
        visibility=visibility,
        thread_ref=thread_ref,
        client_operation_id=client_operation_id(operation_id),
    )
    return _OPEN.call(message, timeout)


@request
def append(
    repo_path: str,
    discussion_id: str,
    body: str,
    *,
    operation_id: str | None = None,
    timeout: float | None = None,
) -> Call[Discussion]:
    """Add a turn, also to a discussion that is settled already."""
    message = discussion_pb2.AppendTurnRequest(
        repo_path=repo_path,
        discussion_id=discussion_id,
        body=body,
        client_operation_id=client_operation_id(operation_id),
    )
    return _APPEND.call(message, timeout)


@request
def dismiss(
    repo_path: str,
    discussion_id: str,
    reason: str,
    *,
    operation_id: str | None = None,
    timeout: float | None = None,
) -> Call[Discussion]:
    """Settle an open discussion without any change."""
    dismissed = discussion_pb2.ResolveDiscussionRequest.ResolveDismissed(reason=reason)
    how = discussion_pb2.ResolveDiscussionRequest(dismissed=dismissed)
    return _resolve(repo_path, discussion_id, how, operation_id, timeout)


@request
def resolve_by_edit(
    repo_path: str,
    discussion_id: str,
    state: str | bytes,
    *,
    operation_id: str | None = None,
    timeout: float | None = None,
) -> Call[Discussion]:
    """Settle an open discussion by the state that has changed the code."""
    edit = discussion_pb2.ResolveDiscussionRequest.ResolveByEdit(state_id=state_id(state))
    how = discussion_pb2.ResolveDiscussionRequest(by_edit=edit)
    return _resolve(repo_path, discussion_id, how, operation_id, timeout)


@request
def resolve_into_annotation(
    repo_path: str,
    discussion_id: str,
    kind: str | ContextAnnotationKind,
    content: str,
    tags: Sequence[str] = (),
    *,
    operation_id: str | None = None,
    timeout: float | None = None,
) -> Call[Discussion]:
    """Settle an open discussion by writing its insight down about the symbol.

    Args:
        discussion_id: of which one.
        kind: `constraint`, `invariant` or `rationale`.
        content: the insight.
        tags: free labels.
        operation_id: see the class.
        timeout: see the class.
    """
    annotation = discussion_pb2.ResolveDiscussionRequest.ResolveIntoAnnotation(
        kind=common_pb2.ContextAnnotationKind.Name(ContextAnnotationKind.named(kind)),
        content=content,
        tags=tags,
    )
    how = discussion_pb2.ResolveDiscussionRequest(into_annotation=annotation)
    return _resolve(repo_path, discussion_id, how, operation_id, timeout)


def _resolve(
    repo_path: str,
    discussion_id: str,
    how: discussion_pb2.ResolveDiscussionRequest,
    operation_id: str | None,
    timeout: float | None,
) -> Call[Discussion]:
    message = discussion_pb2.ResolveDiscussionRequest(
        repo_path=repo_path,
        discussion_id=discussion_id,
        client_operation_id=client_operation_id(operation_id),
    )
    message.MergeFrom(how)
    return _RESOLVE.call(message, timeout)


@request
def get(repo_path: str, discussion_id: str, *, timeout: float | None = None) -> Call[Discussion]:
    """Return one discussion."""
    message = discussion_pb2.GetDiscussionRequest(repo_path=repo_path, discussion_id=discussion_id)
    return _GET.call(message, timeout)


@request
def by_state(
    repo_path: str,
    state: str | bytes = "HEAD",
    status: str = "",
    limit: int = 0,
    after_id: str = "",
    *,
    timeout: float | None = None,
) -> Call[tuple[Discussion, ...]]:
    """Return discussions, each where its symbol is in a state.

    Args:
        state: id or revision.
        status: `open`, `resolved` or `orphaned`; empty for all.
        limit: how many at most; 0 for all.
        after_id: only those that were opened after this one.
        timeout: see the class.
    """
    message = discussion_pb2.ListDiscussionsByStateRequest(
        repo_path=repo_path,
        state_id=state_id(state),
        status=status,
        limit=limit,
        after_id=after_id,
    )
    return _BY_STATE.call(message, timeout)


@request
def by_symbol(
    repo_path: str,
    file: str,
    symbol: str,
    status: str = "",
    limit: int = 0,
    after_id: str = "",
    *,
    timeout: float | None = None,
) -> Call[tuple[Discussion, ...]]:
    """Return the discussions whose symbol, at HEAD, is this one; the rest as `by_state`."""
    message = discussion_pb2.ListDiscussionsBySymbolRequest(
        repo_path=repo_path,
        anchor=common_pb2.PathSymbolRef(file=file, symbol=symbol),
        status=status,
        limit=limit,
        after_id=after_id,
    )
    return _BY_SYMBOL.call(message, timeout)
