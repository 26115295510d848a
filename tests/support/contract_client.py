"""A client made of the contract alone: its names and numbers, and no code or descriptor of ours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf import timestamp_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.unknown_fields import UnknownFieldSet

CONTRACT: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "api" / "contract.json").read_text("utf-8")
)
METHODS: Final = {
    name: f"{CONTRACT['package']}.{service}"
    for service, methods in CONTRACT["services"].items()
    for name in methods
}
"""The service of each method; no two services have a method of the same name."""

_FIELD: Final = FieldDescriptorProto
_SECONDS: Final = 60.0


class ContractClient:
    """Calls methods by their names, with messages that are built at run time.

    Attributes:
        called: the methods that were called so far.

    `surplus` are encoded fields that no contract knows; every request has them at its end.
    """

    def __init__(self, channel: grpc.Channel, surplus: bytes = b"") -> None:
        self.called: set[str] = set()
        self._channel = channel
        self._surplus = surplus
        self._pool = _pool()

    def request(self, method: str, **fields: Any) -> Any:
        """Return a request for a method; a message within it is a dictionary."""
        return self._class(method, "request")(**fields)

    def send(self, request: Message, method: str) -> Any:
        """Make a call; return the reply, or an iterator where replies are streamed.

        Raises:
            grpc.RpcError: the server answered with a status.
        """
        self.called.add(method)
        facts = CONTRACT["services"][METHODS[method].rpartition(".")[2]][method]
        kind = (
            self._channel.unary_stream if facts["server_streaming"] else self._channel.unary_unary
        )
        call: Any = kind(
            f"/{METHODS[method]}/{method}",
            request_serializer=lambda message: message.SerializeToString() + self._surplus,
            response_deserializer=self._class(method, "response").FromString,
        )
        return call(request, timeout=_SECONDS)

    def call(self, method: str, /, **fields: Any) -> Any:
        """Make a call with these fields; see `send`."""
        return self.send(self.request(method, **fields), method)

    def _class(self, method: str, role: str) -> Any:
        facts = CONTRACT["services"][METHODS[method].rpartition(".")[2]][method]
        name = f"{CONTRACT['package']}.{facts[role]}"
        return GetMessageClass(self._pool.FindMessageTypeByName(name))


def unknown_numbers(message: Message) -> Iterator[int]:
    """Yield the numbers of a message's fields that the contract has not, and of those within it."""
    unknown: Any = UnknownFieldSet(message)  # whose stub does not say that it is iterable
    yield from (field.field_number for field in unknown)
    for field, value in message.ListFields():
        if field.message_type is not None:
            parts: Iterable[Any] = value if field.is_repeated else [value]
            for part in parts:
                yield from unknown_numbers(part)


def _pool() -> DescriptorPool:
    """Return the contract's messages in a pool of their own."""
    file = FileDescriptorProto(
        name="contract.proto",
        package=CONTRACT["package"],
        syntax="proto3",
        dependency=[timestamp_pb2.DESCRIPTOR.name],
    )
    made: dict[str, DescriptorProto] = {}
    for name in sorted(CONTRACT["messages"], key=lambda name: name.count(".")):
        outer, _, own = name.rpartition(".")
        message = made[outer].nested_type.add() if outer else file.message_type.add()
        message.name = own
        made[name] = message
        for field, facts in CONTRACT["messages"][name].items():
            _add_field(message, field, facts)
    for name, values in CONTRACT["enums"].items():
        enum: EnumDescriptorProto = file.enum_type.add(name=name)
        for value, number in values.items():
            enum.value.add(name=value, number=number)
    pool = DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file.SerializeToString())
    return pool


def _add_field(message: DescriptorProto, name: str, facts: dict[str, Any]) -> None:
    repeated = facts["label"] == "repeated"
    field = message.field.add(
        name=name,
        number=facts["number"],
        label=_FIELD.LABEL_REPEATED if repeated else _FIELD.LABEL_OPTIONAL,
    )
    kind = facts["type"]
    if "." not in kind:
        field.type = _FIELD.Type.Value(f"TYPE_{kind.upper()}")
    else:
        is_enum = kind.rpartition(".")[2] in CONTRACT["enums"]
        field.type = _FIELD.TYPE_ENUM if is_enum else _FIELD.TYPE_MESSAGE
        field.type_name = f".{kind}"
    if facts["oneof"] is not None:
        oneofs = [oneof.name for oneof in message.oneof_decl]
        if facts["oneof"] not in oneofs:
            message.oneof_decl.add(name=facts["oneof"])
            oneofs.append(facts["oneof"])
        field.oneof_index = oneofs.index(facts["oneof"])
