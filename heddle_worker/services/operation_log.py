"""OperationLogQueryService: the operation log for clients."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Final

from heddle_api.v1 import operation_log_pb2
from heddle_worker.domain import Domain
from heddle_worker.failures import OutOfRangeError, ReplyTooLargeError
from heddle_worker.limits import MAX_MESSAGE_BYTES, MAX_VERBS, STREAMED_PER_PASS
from heddle_worker.services.repo_path import ensure_repo_path
from heddle_worker.services.validation import FieldChecks
from heddle_worker.serving.dispatch import LIVE, Call, Liveness
from heddle_worker.store.operation_query import OperationQuery
from heddle_worker.store.operations import Operation, newest_seq
from heddle_worker.streams.feed import Feed
from heddle_worker.streams.pacing import Pacer

_PAGE: Final = 2_000
_STREAMED_PAGE: Final = 256


class OperationLogService:
    """Answers from the operation log, brought up to date with the repository before.

    Attributes:
        feed: the live end of the log, for whoever else follows it in this worker.
    """

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._pacer = Pacer(STREAMED_PER_PASS)
        self.feed = Feed(domain.tail, domain.operation_log, _encoded)

    async def QueryOperations(
        self, request: operation_log_pb2.QueryOperationsRequest, _call: Call
    ) -> operation_log_pb2.QueryOperationsResponse:
        """Return the matching entries in one reply.

        A verb that nobody uses matches nothing: verbs are compared, not known.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: `repo_path` is of another repository.
            OutOfRangeError: `after_seq` lies beyond the newest entry.
            ReplyTooLargeError: the entries do not fit into one reply.
        """
        checks = FieldChecks(request)
        _check_query(checks, request)
        checks.done()
        await ensure_repo_path(self._domain, request.repo_path)
        return await asyncio.to_thread(self._answer, request)

    async def StreamOperations(
        self, request: operation_log_pb2.StreamOperationsRequest, call: Call
    ) -> AsyncGenerator[bytes | Liveness, None]:
        """Yield the matching entries one by one; with `follow`, go on with each new one.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: a `repo_path` is of another repository.
            OutOfRangeError: `query.after_seq` lies beyond the newest entry.
            FollowerTooSlowError: the client takes nothing while new entries pile up.
        """
        checks = FieldChecks(request)
        checks.text("query.repo_path", request.query.repo_path)
        _check_query(checks, request.query, "query.")
        checks.done()
        for repo_path in (request.repo_path, request.query.repo_path):
            await ensure_repo_path(self._domain, repo_path)
        query = _query(request.query)
        await asyncio.to_thread(self._begin, query)
        hits: AsyncGenerator[bytes | Liveness, None] = (
            self._followed(query, call) if request.follow else self._recorded(query)
        )
        async with contextlib.aclosing(hits):
            async for hit in hits:
                yield hit

    def _begin(self, query: OperationQuery) -> None:
        self._check_cursor(query.after_seq)
        self._domain.operation_log.refresh()

    async def _recorded(self, query: OperationQuery) -> AsyncGenerator[bytes | Liveness, None]:
        pages = self._domain.operation_log.pages(query, _STREAMED_PAGE)

        def read() -> list[bytes]:
            return [_encoded(operation) for operation in next(pages, ())]

        while hits := await asyncio.to_thread(read):
            for hit in hits:
                await self._pacer.turn()
                yield hit

    async def _followed(
        self, query: OperationQuery, call: Call
    ) -> AsyncGenerator[bytes | Liveness, None]:
        left = query.limit
        async with self.feed.follower(query, call.cut_off) as follower:
            yield LIVE
            while True:
                for hit in await follower.more():
                    await self._pacer.turn()
                    follower.sending(hit)
                    yield hit.encoded
                    left -= 1
                    # Without a limit it began at 0, and never is 0 again.
                    if left == 0:
                        return

    def _answer(
        self, request: operation_log_pb2.QueryOperationsRequest
    ) -> operation_log_pb2.QueryOperationsResponse:
        self._check_cursor(request.after_seq)
        reply = operation_log_pb2.QueryOperationsResponse()
        size = 0
        for page in self._domain.operation_log.pages(_query(request), _PAGE):
            hits = [_hit(operation) for operation in page]
            size += sum(hit.ByteSize() for hit in hits)
            if size > MAX_MESSAGE_BYTES:
                raise _too_large()
            reply.hits.extend(hits)
        if reply.ByteSize() > MAX_MESSAGE_BYTES:
            raise _too_large()
        return reply

    def _check_cursor(self, after_seq: int) -> None:
        if not after_seq:
            return
        with self._domain.readers.snapshot() as connection:
            newest = newest_seq(connection)
        if after_seq > newest:
            raise OutOfRangeError(
                f"after_seq {after_seq} is beyond the newest entry, {newest}: this log is not the "
                "one that the cursor was taken from; start again at 0"
            )


def _too_large() -> ReplyTooLargeError:
    return ReplyTooLargeError(
        f"the matching entries do not fit into one reply of {MAX_MESSAGE_BYTES} bytes: set limit, "
        "and page with after_seq, the seq of the last entry so far"
    )


def _check_query(
    checks: FieldChecks, query: operation_log_pb2.QueryOperationsRequest, prefix: str = ""
) -> None:
    checks.text(f"{prefix}actor", query.actor)
    checks.text(f"{prefix}symbol", query.symbol)
    checks.text(f"{prefix}signal_kind", query.signal_kind)
    checks.text(f"{prefix}thread", query.thread)
    checks.texts(f"{prefix}verbs", query.verbs, MAX_VERBS)
    checks.unix_seconds(f"{prefix}since_secs", query.since_secs)
    checks.unix_seconds(f"{prefix}until_secs", query.until_secs)


def _query(request: operation_log_pb2.QueryOperationsRequest) -> OperationQuery:
    return OperationQuery(
        actor=request.actor,
        symbol=request.symbol,
        signal_kind=request.signal_kind,
        thread=request.thread,
        verbs=tuple(request.verbs),
        since_secs=request.since_secs,
        until_secs=request.until_secs,
        include_checkpoints=request.include_checkpoints,
        after_seq=request.after_seq,
        limit=request.limit,
    )


def _hit(operation: Operation) -> operation_log_pb2.OperationHit:
    return operation_log_pb2.OperationHit(
        seq=operation.seq,
        timestamp_secs=operation.timestamp_secs,
        verb=operation.verb,
        actor_email=operation.actor_email,
        operation_id=operation.operation_id,
        thread=operation.thread,
        symbols=operation.symbols,
        signal_kinds=operation.signal_kinds,
        change_id=operation.change_id,
        old_state_id=operation.old_id,
        detail=operation.detail,
    )


def _encoded(operation: Operation) -> bytes:
    return _hit(operation).SerializeToString()
