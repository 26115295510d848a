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

from heddle_worker.failures import FieldViolation, InvalidRequestError, ReusedOperationIdError
from heddle_worker.principal import Principal, Principals
from heddle_worker.store import idempotency, operations
from heddle_worker.store.idempotency import Finished, RequestKey
from heddle_worker.store.operations import NewOperation
from heddle_worker.store.readers import Readers
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
        self, *, thread: str = "", change_id: bytes = b"", detail: str = ""
    ) -> NewOperation:
        """Return the entry that the operation log gets for this."""
        return NewOperation(
            timestamp_secs=self.now,
            verb=self.verb,
            actor_email=self.principal.email,
            operation_id=self.operation_id,
            thread=thread,
            change_id=change_id,
            detail=detail,
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
    """

    change: Change[T]
    reply: Callable[[T], bytes]


@dataclass(frozen=True, slots=True)
class Asked:
    """A mutating request, as far as it concerns whether it has happened before.

    Attributes:
        verb: of the method.
        operation_id: the client's id; empty for none.
        request: the request's bytes.
    """

    verb: str
    operation_id: str
    request: bytes


class _Running:
    """A request on its way, and those that wait for what becomes of it."""

    def __init__(self, digest: bytes) -> None:
        self.digest = digest
        self._ended = asyncio.Event()
        self._reply: bytes | None = None

    def end(self, reply: bytes | None) -> None:
        self._reply = reply
        self._ended.set()

    async def reply(self) -> bytes | None:
        """Return the reply once there is one, `None` when the request has failed."""
        await self._ended.wait()
        return self._reply


class Mutations:
    """Runs the mutating methods of one worker. Used on the event loop's thread.

    Args:
        writer, readers: of the store.
        principals: tells who acts.
        clock: tells the present in Unix seconds.
    """

    def __init__(
        self,
        writer: Writer,
        readers: Readers,
        principals: Principals,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._writer = writer
        self._readers = readers
        self._principals = principals
        self._clock = clock
        self._running: dict[RequestKey, _Running] = {}

    async def run(self, asked: Asked, make: Callable[[], Awaitable[Mutation[T]]]) -> bytes:
        """Return the reply's bytes: of this run, or of the one before with the same id.

        A request that comes while the same one is running waits for it.

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
            return await self._apply(asked, None, b"", await make())
        key = RequestKey(asked.verb, _uuid_bytes(asked.operation_id))
        digest = hashlib.blake2b(asked.request, digest_size=_DIGEST_BYTES).digest()
        while (running := self._running.get(key)) is not None:
            _check_same(running.digest, digest)
            reply = await running.reply()
            if reply is not None:
                return reply
        running = self._running[key] = _Running(digest)
        reply = None
        try:
            reply = self._stored(key, digest)
            if reply is None:
                reply = await self._apply(asked, key, digest, await make())
            return reply
        finally:
            del self._running[key]
            running.end(reply)

    def _stored(self, key: RequestKey, digest: bytes) -> bytes | None:
        """Look the request up; one step on an index, which is no work for another thread."""
        with self._readers.snapshot() as connection:
            return _find(connection, key, digest, int(self._clock()))

    async def _apply(
        self, asked: Asked, key: RequestKey | None, digest: bytes, mutation: Mutation[T]
    ) -> bytes:
        now = int(self._clock())
        occasion = Occasion(asked.verb, asked.operation_id, self._principals.current(), now)

        def work(connection: apsw.Connection) -> bytes:
            # Another worker, or a call whose client has gone, may have done it meanwhile.
            stored = _find(connection, key, digest, now) if key is not None else None
            if stored is not None:
                return stored
            changed = mutation.change(connection, occasion)
            operations.append(connection, changed.operations)
            reply = mutation.reply(changed.value)
            if key is not None:
                idempotency.keep(connection, key, Finished(digest, reply), now)
            return reply

        return await self._writer.submit_awaited(work)


def _find(connection: apsw.Connection, key: RequestKey, digest: bytes, now: int) -> bytes | None:
    finished = idempotency.find(connection, key, now)
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
