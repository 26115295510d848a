"""A client that knows nothing of a server but what its reflection service tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

_SECONDS: Final = 30.0


class ReflectionClient:
    """Calls methods by name, with messages that are built from the server's descriptors.

    So the classes of the replies are made at run time, and no type checker knows them.
    """

    def __init__(self, socket_path: Path) -> None:
        self._channel = grpc.insecure_channel(f"unix:{socket_path}")
        self._database = ProtoReflectionDescriptorDatabase(self._channel)
        # A pool of its own: what the tests have imported does not help this client.
        self._pool = DescriptorPool(self._database)

    def services(self) -> set[str]:
        """Return the full names of the services that the server lists."""
        return set(self._database.get_services())

    def methods(self, service: str) -> set[str]:
        """Return the names of a service's methods."""
        return set(self._pool.FindServiceByName(service).methods_by_name)

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
