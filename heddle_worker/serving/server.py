"""The gRPC server on the worker's Unix socket: the one place that knows the transport."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, Final, TypeAlias

import grpc
import grpc.aio
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2
from grpc_reflection.v1alpha import reflection

from heddle_worker.admission import Admission
from heddle_worker.limits import (
    CONNECTION_AGE_SECONDS,
    HEADROOM_CALLS,
    MAX_CONCURRENT_CALLS,
    MAX_MESSAGE_BYTES,
    MAX_STREAMS,
)
from heddle_worker.serving.dispatch import Dispatcher, Method, methods_of
from heddle_worker.serving.health import HealthService
from heddle_worker.serving.reflection import ReflectionV1, v1_service
from heddle_worker.serving.socket_address import (
    BindError,
    check_can_bind,
    grpc_address,
    private_umask,
)
from heddle_worker.serving.statuses import status_of

_Context: TypeAlias = grpc.aio.ServicerContext[bytes, bytes]
_Handler: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes]"
_Unary: TypeAlias = Callable[[bytes, _Context], Awaitable[bytes]]
_Stream: TypeAlias = Callable[[Any, _Context], Awaitable[None]]

_POOL: Final = descriptor_pool.Default()
_HEALTH: Final[ServiceDescriptor] = _POOL.FindServiceByName(health.SERVICE_NAME)
_REFLECTION: Final[ServiceDescriptor] = _POOL.FindServiceByName(reflection.SERVICE_NAME)
_REFLECTION_V1: Final = v1_service()

_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_connection_age_ms", int(CONNECTION_AGE_SECONDS * 1000)),
)


class NoAnswerError(Exception):
    """A server does not answer on its own socket; the text says why."""


class Server:
    """Serves what a dispatcher answers, with health and reflection beside it.

    Every method of `services` is registered from its descriptor. Made and used on the event
    loop's thread.
    """

    def __init__(
        self, admission: Admission, dispatcher: Dispatcher, services: Iterable[ServiceDescriptor]
    ) -> None:
        all_services = [*services, _HEALTH, _REFLECTION, _REFLECTION_V1]
        names = [service.full_name for service in all_services]
        dispatcher.install(_HEALTH.full_name, HealthService(admission, names), exempt=True)
        dispatcher.install(_REFLECTION.full_name, reflection.aio.ReflectionServicer(names))
        dispatcher.install(_REFLECTION_V1.full_name, ReflectionV1(names))
        self._server = grpc.aio.server(
            options=_OPTIONS,
            maximum_concurrent_rpcs=MAX_CONCURRENT_CALLS + MAX_STREAMS + HEADROOM_CALLS,
        )
        self._unfinished = 0
        self._finished = asyncio.Event()
        self._dispatcher = dispatcher
        for service in all_services:
            handlers = {method.name: self._handler(method) for method in methods_of(service)}
            self._server.add_registered_method_handlers(service.full_name, handlers)

    async def start(self, path: Path) -> None:
        """Listen on a Unix socket at `path`, which has mode 0600 from its birth.

        Raises:
            BindError: no socket can be made there.
        """
        check_can_bind(path)
        with private_umask():
            try:
                self._server.add_insecure_port(grpc_address(path))
            except RuntimeError as error:
                raise BindError(f"cannot bind the socket {path}: {error}") from None
        await self._server.start()

    async def finish(self, seconds: float) -> None:
        """Wait until what calls have ended with is sent, for at most `seconds`.

        It is what a worker does before it exits, instead of `stop`: a server that is being
        stopped cancels what arrives meanwhile, and a client may not take CANCELLED for a reason
        to try again, as it may UNAVAILABLE, which a connection that breaks off gives it.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._unfinished:
                    self._finished.clear()
                    await self._finished.wait()

    async def stop(self) -> None:
        """End all calls and close every connection.

        The socket's file goes, if it still has the name that it was bound to.
        """
        await self._server.stop(None)

    def _handler(self, method: Method) -> _Handler:
        """Return a handler that leaves the bytes as they are, both ways.

        Messages are parsed behind it, where bad ones get a status of their own and where the
        bytes of the request are still at hand.
        """
        if not method.server_streaming:
            return grpc.unary_unary_rpc_method_handler(self._unary(method))
        if method.client_streaming:
            return grpc.stream_stream_rpc_method_handler(self._stream(method))
        return grpc.unary_stream_rpc_method_handler(self._stream(method))

    def _unary(self, method: Method) -> _Unary:
        async def handle(request: bytes, context: _Context) -> bytes:
            self._count(context)
            try:
                return await self._dispatcher.unary(method, request, _metadata(context))
            except Exception as error:
                await context.abort_with_status(status_of(error, method.full_name))

        return handle

    def _stream(self, method: Method) -> _Stream:
        async def handle(request: bytes | AsyncIterator[bytes], context: _Context) -> None:
            self._count(context)
            try:
                await self._dispatcher.stream(
                    method,
                    request,
                    _metadata(context),
                    context.write,
                    lambda: context.send_initial_metadata(()),
                )
            except Exception as error:
                await context.abort_with_status(status_of(error, method.full_name))

        return handle

    def _count(self, context: _Context) -> None:
        self._unfinished += 1
        # The stub's type of a callback is a class of its own, which no function can have.
        context.add_done_callback(self._note_finished)  # type: ignore[arg-type]

    def _note_finished(self, _context: _Context) -> None:
        self._unfinished -= 1
        self._finished.set()


async def check_health(path: Path, timeout: float) -> None:
    """Make one health check through the socket at `path`, as a client would.

    Raises:
        NoAnswerError: no reply came within `timeout` seconds.
    """
    async with grpc.aio.insecure_channel(grpc_address(path)) as channel:
        check = channel.unary_unary(
            f"/{_HEALTH.full_name}/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            await check(health_pb2.HealthCheckRequest(), timeout=timeout)
        except grpc.aio.AioRpcError as error:
            raise NoAnswerError(f"no answer on the socket {path}: {error.details()}") from error


def _metadata(context: _Context) -> dict[str, str | bytes]:
    return dict(context.invocation_metadata() or ())
