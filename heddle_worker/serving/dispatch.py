"""From the bytes of a request to the bytes of its reply: the one way into every servicer.

A servicer is any object whose methods are named as in the service's descriptor. A unary method is
a coroutine function of (request, `Call`) that returns the reply, or its bytes; a streaming one is
an async generator function of the same, and one that stays open yields `LIVE` first. What concerns
every call alike is done here, around them.
"""

from __future__ import annotations

import contextlib
import enum
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from heddle_worker.admission import Admission, CallInFlight
from heddle_worker.failures import InvalidRequestError, ReplyTooLargeError
from heddle_worker.limits import MAX_MESSAGE_BYTES
from heddle_worker.serving.call_counters import CallCounters

Send: TypeAlias = Callable[[bytes], Awaitable[None]]
"""Sends one message of a stream; returns when the transport can take another."""

Announce: TypeAlias = Callable[[], Awaitable[None]]
"""Sends the initial metadata of a stream, ahead of its messages."""


class Liveness(enum.Enum):
    """What a stream says of itself."""

    LIVE = enum.auto()
    """Whatever happens from now on reaches the client, who learns that from initial metadata."""


LIVE: Final = Liveness.LIVE


@dataclass(frozen=True, slots=True)
class Call:
    """What a servicer's method learns besides the request.

    Attributes:
        method: full path, such as `/heddle.v1.HookService/ListHooks`.
        request_bytes: the request as it was sent; empty when the client streams.
        metadata: what the client sent along; of a key sent twice, the last.
        cut_off: ends the call at once with an error's status, even while a message is being sent.
    """

    method: str
    request_bytes: bytes
    metadata: dict[str, str | bytes]
    cut_off: Callable[[Exception], None]


@dataclass(frozen=True, slots=True)
class Method:
    """One method of a service, as its descriptor states it."""

    service: str
    name: str
    request_class: type[Message]
    client_streaming: bool
    server_streaming: bool

    @classmethod
    def of(cls, descriptor: MethodDescriptor) -> Method:
        """Return the method of a descriptor."""
        return cls(
            service=descriptor.containing_service.full_name,
            name=descriptor.name,
            request_class=GetMessageClass(descriptor.input_type),
            client_streaming=descriptor.client_streaming,
            server_streaming=descriptor.server_streaming,
        )

    @property
    def full_name(self) -> str:
        """Service and method, as people write them: `heddle.v1.HookService/ListHooks`."""
        return f"{self.service}/{self.name}"

    def parse(self, request: bytes) -> Message:
        """Return the request's message.

        Raises:
            InvalidRequestError: the bytes are not one.
        """
        try:
            return self.request_class.FromString(request)
        except DecodeError:
            name = self.request_class.DESCRIPTOR.full_name
            raise InvalidRequestError(f"the request is not a valid {name}") from None

    async def parse_stream(self, requests: AsyncIterator[bytes]) -> AsyncIterator[Message]:
        """Yield the messages of a client's stream."""
        async for request in requests:
            yield self.parse(request)


@functools.cache
def methods_of(service: ServiceDescriptor) -> tuple[Method, ...]:
    """Return a service's methods, in the order of its descriptor."""
    return tuple(Method.of(method) for method in service.methods)


class Dispatcher:
    """Finds the servicer of each call and runs its method under the rules of the admission."""

    def __init__(self, admission: Admission) -> None:
        self.counters = CallCounters()
        self._admission = admission
        self._servicers: dict[str, object] = {}
        self._exempt: set[str] = set()

    def install(self, service: str, servicer: object, *, exempt: bool = False) -> None:
        """Let `servicer` answer the calls of a service, from now on.

        An exempt service answers in every phase of the worker, and its calls are neither counted
        nor interrupted.
        """
        self._servicers[service] = servicer
        if exempt:
            self._exempt.add(service)

    async def unary(
        self, method: Method, request: bytes, metadata: dict[str, str | bytes]
    ) -> bytes:
        """Return the reply's bytes.

        Raises:
            Exception: whatever the admission, the request or the servicer is refused or fails with.
        """
        async with self._admit(method) as in_flight:
            message = method.parse(request)
            with in_flight.interruptible():
                reply = await self._implementation(method)(
                    message, Call(method.full_name, request, metadata, in_flight.cut_off)
                )
            return _encode(reply)

    async def stream(
        self,
        method: Method,
        request: bytes | AsyncIterator[bytes],
        metadata: dict[str, str | bytes],
        send: Send,
        announce: Announce,
    ) -> None:
        """Send the replies' bytes, one by one.

        Raises:
            Exception: whatever the admission, the request or the servicer is refused or fails with.
        """
        async with self._admit(method) as in_flight:
            body = request if isinstance(request, bytes) else b""
            call = Call(method.full_name, body, metadata, in_flight.cut_off)
            message = (
                method.parse(request)
                if isinstance(request, bytes)
                else method.parse_stream(request)
            )
            async with contextlib.aclosing(self._implementation(method)(message, call)) as replies:
                while True:
                    with in_flight.interruptible():
                        reply = await anext(replies, None)
                    if reply is None:
                        return
                    if reply is LIVE:
                        with in_flight.sending():
                            await announce()
                        continue
                    encoded = _encode(reply)
                    with in_flight.sending():
                        await send(encoded)

    @contextlib.asynccontextmanager
    async def _admit(self, method: Method) -> AsyncIterator[CallInFlight]:
        """Let a call in, and count it and what became of it, unless its service is exempt."""
        if method.service in self._exempt:
            yield CallInFlight()
            return
        with self.counters.measured(method.full_name):
            async with self._admission.call(streaming=method.server_streaming) as in_flight:
                yield in_flight

    def _implementation(self, method: Method) -> Callable[[Any, Call], Any]:
        return getattr(self._servicers[method.service], method.name)  # type: ignore[no-any-return]


def _encode(reply: Message | bytes) -> bytes:
    encoded = reply if isinstance(reply, bytes) else reply.SerializeToString()
    if len(encoded) > MAX_MESSAGE_BYTES:
        raise ReplyTooLargeError(
            f"the reply has {len(encoded)} bytes; one message holds at most {MAX_MESSAGE_BYTES}"
        )
    return encoded
