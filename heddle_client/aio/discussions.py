"""`client.discussions`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from heddle_client.requests import discussions as requests

if TYPE_CHECKING:
    from heddle_client.aio.caller import AsyncCaller
    from heddle_client.values.common import ContextAnnotationKind
    from heddle_client.values.discussion import Discussion


class AsyncDiscussions:
    """What is said about symbols. Each method raises `ClientError`; see `heddle_client.errors`.

    Of every method, `timeout` is the seconds until it gives up; None stands for its default.
    `operation_id` is a UUID under which a change happens once; one is made where it is None.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def open(
        self,
        file: str,
        symbol: str,
        body: str,
        state: str | bytes = "HEAD",
        visibility: str = "",
        thread_ref: str = "",
        *,
        operation_id: str | None = None,
        timeout: float | None = None,
    ) -> Discussion:
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
        call = requests.open_discussion(
            self._caller.repo_path,
            file,
            symbol,
            body,
            state=state,
            visibility=visibility,
            thread_ref=thread_ref,
            operation_id=operation_id,
        )
        return await self._caller.call(call, timeout)

    async def append(
        self,
        discussion_id: str,
        body: str,
        *,
        operation_id: str | None = None,
        timeout: float | None = None,
    ) -> Discussion:
        """Add a turn, also to a discussion that is settled already."""
        call = requests.append(
            self._caller.repo_path, discussion_id, body, operation_id=operation_id
        )
        return await self._caller.call(call, timeout)

    async def dismiss(
        self,
        discussion_id: str,
        reason: str,
        *,
        operation_id: str | None = None,
        timeout: float | None = None,
    ) -> Discussion:
        """Settle an open discussion without any change."""
        call = requests.dismiss(
            self._caller.repo_path, discussion_id, reason, operation_id=operation_id
        )
        return await self._caller.call(call, timeout)

    async def resolve_by_edit(
        self,
        discussion_id: str,
        state: str | bytes,
        *,
        operation_id: str | None = None,
        timeout: float | None = None,
    ) -> Discussion:
        """Settle an open discussion by the state that has changed the code."""
        call = requests.resolve_by_edit(
            self._caller.repo_path, discussion_id, state, operation_id=operation_id
        )
        return await self._caller.call(call, timeout)

    async def resolve_into_annotation(
        self,
        discussion_id: str,
        kind: str | ContextAnnotationKind,
        content: str,
        tags: Sequence[str] = (),
        *,
        operation_id: str | None = None,
        timeout: float | None = None,
    ) -> Discussion:
        """Settle an open discussion by writing its insight down about the symbol.

        Args:
            discussion_id: of which one.
            kind: `constraint`, `invariant` or `rationale`.
            content: the insight.
            tags: free labels.
            operation_id: see the class.
            timeout: see the class.
        """
        call = requests.resolve_into_annotation(
            self._caller.repo_path, discussion_id, kind, content, tags, operation_id=operation_id
        )
        return await self._caller.call(call, timeout)

    async def get(self, discussion_id: str, *, timeout: float | None = None) -> Discussion:
        """Return one discussion."""
        return await self._caller.call(requests.get(self._caller.repo_path, discussion_id), timeout)

    async def by_state(
        self,
        state: str | bytes = "HEAD",
        status: str = "",
        limit: int = 0,
        after_id: str = "",
        *,
        timeout: float | None = None,
    ) -> tuple[Discussion, ...]:
        """Return discussions, each where its symbol is in a state.

        Args:
            state: id or revision.
            status: `open`, `resolved` or `orphaned`; empty for all.
            limit: how many at most; 0 for all.
            after_id: only those that were opened after this one.
            timeout: see the class.
        """
        call = requests.by_state(
            self._caller.repo_path, state, status=status, limit=limit, after_id=after_id
        )
        return await self._caller.call(call, timeout)

    async def by_symbol(
        self,
        file: str,
        symbol: str,
        status: str = "",
        limit: int = 0,
        after_id: str = "",
        *,
        timeout: float | None = None,
    ) -> tuple[Discussion, ...]:
        """Return the discussions whose symbol, at HEAD, is this one; the rest as `by_state`."""
        call = requests.by_symbol(
            self._caller.repo_path, file, symbol, status=status, limit=limit, after_id=after_id
        )
        return await self._caller.call(call, timeout)
