"""grpc.reflection.v1: the wire of v1alpha under the name that newer tools ask for first.

grpcio-reflection has v1alpha alone. The two are the same but for their names, so the descriptors
and the answers of v1 are made of those.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from grpc_reflection.v1alpha import reflection, reflection_pb2

from heddle_worker.serving.dispatch import Call

_FILE: Final = "grpc/reflection/v1/reflection.proto"
_SERVICE: Final = "grpc.reflection.v1.ServerReflection"


def v1_service() -> ServiceDescriptor:
    """Return the descriptor of the service in v1, which is added to the default pool."""
    pool = descriptor_pool.Default()
    file = descriptor_pb2.FileDescriptorProto()
    reflection_pb2.DESCRIPTOR.CopyToProto(file)
    file.name = _FILE
    file.package = _in_v1(file.package)
    # They are for other languages' generators, and name v1alpha.
    file.ClearField("options")
    for message in file.message_type:
        for field in message.field:
            if field.HasField("type_name"):
                field.type_name = _in_v1(field.type_name)
    for service in file.service:
        for method in service.method:
            method.input_type = _in_v1(method.input_type)
            method.output_type = _in_v1(method.output_type)
    pool.AddSerializedFile(file.SerializeToString())
    return pool.FindServiceByName(_SERVICE)


def _in_v1(name: str) -> str:
    return name.replace("v1alpha", "v1")


class ReflectionV1:
    """Answers as the servicer of v1alpha does, whose bytes mean the same in v1."""

    def __init__(self, services: Iterable[str]) -> None:
        self._v1alpha = reflection.aio.ReflectionServicer(services)

    async def ServerReflectionInfo(  # noqa: N802 - named by its protocol
        self, requests: AsyncIterator[Message], call: Call
    ) -> AsyncIterator[Message]:
        """Yield the answer to each request, in the messages of v1alpha."""
        # The stub has it as a coroutine, which it is not.
        replies: Any = self._v1alpha.ServerReflectionInfo(_in_v1alpha(requests), call)
        async for reply in replies:
            yield reply


async def _in_v1alpha(
    requests: AsyncIterator[Message],
) -> AsyncIterator[reflection_pb2.ServerReflectionRequest]:
    async for request in requests:
        yield reflection_pb2.ServerReflectionRequest.FromString(request.SerializeToString())
