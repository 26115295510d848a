"""Exactly once: what a client asks for under an operation id is done one time, whatever dies.

The memory of the id, the change and its entry in the operation log are one transaction of the
store. So there is no reservation that a crash could leave behind: a request has happened, with a
reply that is given again to whoever asks again, or it has not, and a retry runs.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeAlias, TypeVar

import apsw

from heddle_worker.active_transaction import find_active
from heddle_worker.failures import FieldViolation, InvalidRequestError, ReusedOperationIdError
from heddle_worker.principal import Principal, Principals
from heddle_worker.store import idempotency, operations, transactions
from heddle_worker.store.idempotency import Finished, FinishedRequests, RequestKey
from heddle_worker.store.operations import NewOperation
from heddle_worker.store.undo import recording
from heddle_worker.store.writer import Writer

T = TypeVar("T")

_DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Occasion:
    """The circumstances of a change, the same for all that it writes.

    Attributes:
        verb: of the method that was called.
        operation_id: as the client has sent it; may be empty.
        principal: who acts.
        now: Unix seconds.
    """

    verb: str
    operation_id: str
    principal: Principal
    now: int

    def operation(
        self,
        *,
        verb: str = "",
        thread: str = "",
        change_id: bytes = b"",
        detail: str = "",
        symbols: tuple[str, ...] = (),
    ) -> NewOperation:
        """Return the entry that the operation log gets for this, under the method's verb or one."""
        return NewOperation(
            timestamp_secs=self.now,
            verb=verb or self.verb,
            actor_email=self.principal.email,
            operation_id=self.operation_id,
            thread=thread,
            change_id=change_id,
            detail=detail,
            symbols=symbols,
        )


@dataclass(frozen=True, slots=True)
class Changed(Generic[T]):
    """What a change has done.

    Attributes:
        value: what the caller is told about.
        operations: its entries in the log.
    """

    value: T
    operations: tuple[NewOperation, ...]


Change: TypeAlias = Callable[[apsw.Connection, Occasion], Changed[T]]
"""Changes the store within a transaction that it must not end."""


@dataclass(frozen=True, slots=True)
class Mutation(Generic[T]):
    """What a mutating method returns: everything is checked, nothing is done yet.

    Attributes:
        change: what is to be done.
        reply: makes the reply's bytes from the value of what was done.
        settled: called in a thread at the end, with whether the change is in the store.
        unwritten: the reply, where there is nothing to write unless an operation id is to be
            remembered.
    """

    change: Change[T]
    reply: Callable[[T], bytes]
    settled: Callable[[bool], None] | None = None
    unwritten: bytes | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A mutating request, as far as it concerns whether it has happened before.

    Attributes:
        verb: of the method.
        operation_id: the client's id; empty for none.
        request: the request's bytes.
        transaction_id: the transaction that it belongs to; empty for none.
    """

    verb: str
    operation_id: str
    request: bytes
    transaction_id: str = ""


@dataclass(frozen=True, slots=True)
class _Running:
    """A request on its way: the digest of its bytes, and what will have the reply."""

    digest: bytes
    task: asyncio.Task[bytes]


class Mutations:
    """Runs the mutating methods of one worker. Used on the event loop's thread.

    Args:
        writer: of the store.
        finished: what has been done under which id.
        principals: tells who acts.
        clock: tells the present in Unix seconds.
    """

    def __init__(
        self,
        writer: Writer,
        finished: FinishedRequests,
        principals: Principals,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._writer = writer
        self._finished = finished
        self._principals = principals
        self._clock = clock
        self._running: dict[RequestKey, _Running] = {}

    async def run(self, asked: Asked, make: Callable[[], Awaitable[Mutation[T]]]) -> bytes:
        """Return the reply's bytes: of this run, or of the one before with the same id.

        What has begun goes on to its end even if the caller goes away; a request that comes
        while the same one is running waits for it.

        Args:
            asked: the request.
            make: checks it and says what is to be done; only called when it has to run.

        Raises:
            InvalidRequestError: the operation id is not a UUID.
            ReusedOperationIdError: the id came with another request before.
            StoreError: the store cannot be read or written.
            Exception: whatever `make` and its change raise; nothing is remembered then.
        """
        if not asked.operation_id:
            return await asyncio.shield(asyncio.ensure_future(self._apply(asked, None, b"", make)))
        key = RequestKey(asked.verb, _uuid_bytes(asked.operation_id))
        digest = hashlib.blake2b(asked.request, digest_size=_DIGEST_BYTES).digest()
        while (running := self._running.get(key)) is not None:
            _check_same(running.digest, digest)
            await asyncio.wait({running.task})
            if running.task.exception() is None:
                return running.task.result()
        # Before it counts as running: one that may not run must not stand in another's way.
        stored = self._stored(key, digest)
        if stored is not None:
            return stored
        task = asyncio.ensure_future(self._once(asked, key, digest, make))
        self._running[key] = _Running(digest, task)
        task.add_done_callback(lambda _task: self._running.pop(key))
        return await asyncio.shield(task)

    async def _once(
        self,
        asked: Asked,
        key: RequestKey,
        digest: bytes,
        make: Callable[[], Awaitable[Mutation[T]]],
    ) -> bytes:
        try:
            return await self._apply(asked, key, digest, make)
        except Exception:
            # What it failed for may be that another worker has done it at this very moment.
            stored = self._stored(key, digest)
            if stored is None:
                raise
            return stored

    def _stored(self, key: RequestKey, digest: bytes) -> bytes | None:
        """Look the request up; one step on an index, which is no work for another thread."""
        return _reply_of(self._finished.find(key, int(self._clock())), digest)

    async def _apply(
        self,
        asked: Asked,
        key: RequestKey | None,
        digest: bytes,
        make: Callable[[], Awaitable[Mutation[T]]],
    ) -> bytes:
        mutation = await make()
        if key is None and mutation.unwritten is not None:
            return mutation.unwritten
        now = int(self._clock())
        occasion = Occasion(asked.verb, asked.operation_id, self._principals.current(), now)

        is_made = False

        def work(connection: apsw.Connection) -> bytes:
            nonlocal is_made
            # Another worker may have done it meanwhile.
            if key is not None:
                stored = _reply_of(idempotency.find(connection, key, now), digest)
                if stored is not None:
                    return stored
            changed = _change(connection, asked.transaction_id, mutation.change, occasion)
            reply = mutation.reply(changed.value)
            is_made = True
            if key is not None:
                idempotency.keep(connection, key, Finished(digest, reply), now)
            return reply

        try:
            return await self._writer.submit_awaited(work)
        except BaseException:
            is_made = False
            raise
        finally:
            if mutation.settled is not None:
                await asyncio.to_thread(mutation.settled, is_made)


def _change(
    connection: apsw.Connection, transaction_id: str, change: Change[T], occasion: Occasion
) -> Changed[T]:
    """Make a change and append its operations to the log, or to what waits for a commit."""
    if not transaction_id:
        changed = change(connection, occasion)
        operations.append(connection, changed.operations)
        return changed
    find_active(connection, transaction_id)
    with recording(connection) as changeset:
        changed = change(connection, occasion)
    transactions.buffer(connection, transaction_id, changed.operations, changeset())
    return changed


def _reply_of(finished: Finished | None, digest: bytes) -> bytes | None:
    """Return the reply that a request with this digest has got, `None` if there was none.

    Raises:
        ReusedOperationIdError: it was another request.
    """
    if finished is None:
        return None
    _check_same(finished.digest, digest)
    return finished.reply


def _check_same(before: bytes, now: bytes) -> None:
    if before != now:
        raise ReusedOperationIdError


def _uuid_bytes(text: str) -> bytes:
    try:
        return uuid.UUID(text).bytes
    except ValueError:
        raise InvalidRequestError.of_fields(
            FieldViolation("client_operation_id", f"{text[:64]!r} is not a UUID")
        ) from None
