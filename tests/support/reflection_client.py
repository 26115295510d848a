"""A client that knows nothing of a server but what its reflection service tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.reflection_pb2 import (
    ServerReflectionRequest,
    ServerReflectionResponse,
)

VERSIONS: Final = ("v1", "v1alpha")
"""Of the reflection service. The two differ in their names alone, not in a byte of a message."""

_SECONDS: Final = 30.0


class _Descriptors:
    """What a descriptor pool asks, asked of the reflection service of one version."""

    def __init__(self, channel: grpc.Channel, version: str) -> None:
        self._ask: Any = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=ServerReflectionRequest.SerializeToString,
            response_deserializer=ServerReflectionResponse.FromString,
        )

    def services(self) -> set[str]:
        reply = self._reply(ServerReflectionRequest(list_services=""))
        return {service.name for service in reply.list_services_response.service}

    def FindFileByName(self, name: str) -> FileDescriptorProto:  # noqa: N802 - the pool's name
        return self._file(ServerReflectionRequest(file_by_filename=name))

    def FindFileContainingSymbol(self, symbol: str) -> FileDescriptorProto:  # noqa: N802
        return self._file(ServerReflectionRequest(file_containing_symbol=symbol))

    def _file(self, request: ServerReflectionRequest) -> FileDescriptorProto:
        reply = self._reply(request)
        if reply.HasField("error_response"):
            raise KeyError(reply.error_response.error_message)
        return FileDescriptorProto.FromString(
            reply.file_descriptor_response.file_descriptor_proto[0]
        )

    def _reply(self, request: ServerReflectionRequest) -> ServerReflectionResponse:
        (reply,) = self._ask(iter([request]), timeout=_SECONDS)
        assert isinstance(reply, ServerReflectionResponse)
        assert reply.original_request == request
        return reply


class ReflectionClient:
    """Calls methods by name, with messages that are built from the server's descriptors.

    So the classes of the replies are made at run time, and no type checker knows them.
    """

    def __init__(self, socket_path: Path, version: str = "v1") -> None:
        self._channel = grpc.insecure_channel(f"unix:{socket_path}")
        self._descriptors = _Descriptors(self._channel, version)
        # A pool of its own: what the tests have imported does not help this client.
        self._pool = DescriptorPool(self._descriptors)

    def services(self) -> set[str]:
        """Return the full names of the services that the server lists."""
        return self._descriptors.services()

    def methods(self, service: str) -> set[str]:
        """Return the names of a service's methods."""
        return set(self._pool.FindServiceByName(service).methods_by_name)

    def file_of(self, symbol: str) -> FileDescriptorProto:
        """Return the file that defines a symbol, as the server describes it.

        Raises:
            KeyError: the server knows no such symbol.
        """
        return self._descriptors.FindFileContainingSymbol(symbol)

    def call(self, service: str, name: str, /, **fields: object) -> Any:
        """Call a unary method; `fields` are those of its request. Return the reply.

        Raises:
            grpc.RpcError: the server answered with a status.
        """
        send = self._channel.unary_unary(*self._route(service, name))
        return send(self._request(service, name, fields), timeout=_SECONDS)

    def stream(self, service: str, name: str, /, **fields: object) -> Iterator[Any]:
        """Call a method that answers with a stream; return the replies as they come."""
        send = self._channel.unary_stream(*self._route(service, name))
        replies: Iterator[Any] = send(self._request(service, name, fields), timeout=_SECONDS)
        return replies

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def _method(self, service: str, name: str) -> MethodDescriptor:
        return self._pool.FindServiceByName(service).methods_by_name[name]

    def _request(self, service: str, name: str, fields: dict[str, object]) -> Message:
        return GetMessageClass(self._method(service, name).input_type)(**fields)

    def _route(
        self, service: str, name: str
    ) -> tuple[str, Callable[[Message], bytes], Callable[[bytes], Message]]:
        """Return a method's path, and how its messages become bytes and come of them."""
        reply = GetMessageClass(self._method(service, name).output_type)
        return f"/{service}/{name}", lambda message: message.SerializeToString(), reply.FromString
