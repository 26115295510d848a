"""Requests that nobody would write: random ones, and good ones with something wrong in them."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

Field = FieldDescriptor

_TEXTS: Final = (
    "",
    " ",
    "x",
    "--output=/tmp/x",
    "-",
    "../..",
    "/",
    "a\0b",
    "\u202e\U0001f600",
    "HEAD",
    "x" * 5_000,
    "%s%n",
    "{}",
    "\n",
)
_NUMBERS: Final = (0, 1, 2, 5, 7, 255, 2**31 - 1, -1, -(2**31), 2**32 - 1, 2**63 - 1, -(2**63))


class RequestFuzz:
    """Makes requests of any message class.

    Args:
        seed: the same seed makes the same requests.
        likely: values by the names of fields, such as ids that exist.
    """

    def __init__(self, seed: int, likely: Mapping[str, Sequence[Any]]) -> None:
        self._random = random.Random(seed)
        self._likely = likely

    def request(self, method: MethodDescriptor) -> bytes:
        """Return the bytes of a request for a method, most of them of a message."""
        message: Message = GetMessageClass(method.input_type)()
        self._fill(message, depth=0)
        encoded = message.SerializeToString()
        if self._random.random() < 0.1:
            return self._broken(encoded)
        return encoded

    def _fill(self, message: Message, depth: int) -> None:
        for field in message.DESCRIPTOR.fields:
            if self._random.random() < 0.15:
                continue
            if not field.is_repeated:
                self._set(message, field, depth)
                continue
            values: Any = getattr(message, field.name)
            for _ in range(self._random.choice((0, 1, 1, 2, 3, 70))):
                if field.type == Field.TYPE_MESSAGE:
                    self._fill(values.add(), depth + 1)
                else:
                    values.append(self._value(field))

    def _set(self, message: Message, field: Any, depth: int) -> None:
        if field.type == Field.TYPE_MESSAGE:
            part: Any = getattr(message, field.name)
            part.SetInParent()
            if depth < 5:
                self._fill(part, depth + 1)
        else:
            setattr(message, field.name, self._value(field))

    def _value(self, field: Any) -> Any:
        likely = self._likely.get(field.name)
        if likely and self._random.random() < 0.8:
            return self._random.choice(likely)
        make: Callable[[], Any] = {
            Field.TYPE_STRING: self._text,
            Field.TYPE_BYTES: self._bytes,
            Field.TYPE_BOOL: lambda: self._random.random() < 0.5,
            Field.TYPE_ENUM: lambda: self._random.choice((0, 1, 2, 3, 4, -1, 2**31 - 1)),
        }.get(field.type, lambda: self._number(field))
        return make()

    def _text(self) -> str:
        kind = self._random.randrange(4)
        if kind == 0:
            return str(uuid.UUID(int=self._random.getrandbits(128)))
        if kind == 1:
            return "".join(chr(self._random.randrange(1, 0xD800)) for _ in range(20))
        return self._random.choice(_TEXTS)

    def _bytes(self) -> bytes:
        size = self._random.choice((0, 1, 4, 20, 20, 32, 40, 64, 5_000))
        return self._random.randbytes(size)

    def _number(self, field: Any) -> int:
        number = self._random.choice(_NUMBERS)
        low, high = {
            Field.TYPE_INT32: (-(2**31), 2**31 - 1),
            Field.TYPE_UINT32: (0, 2**32 - 1),
            Field.TYPE_INT64: (-(2**63), 2**63 - 1),
            Field.TYPE_UINT64: (0, 2**64 - 1),
        }[field.type]
        return min(max(number, low), high)

    def _broken(self, encoded: bytes) -> bytes:
        changed = bytearray(encoded or b"\0")
        for _ in range(self._random.randrange(1, 4)):
            changed[self._random.randrange(len(changed))] = self._random.randrange(256)
        return bytes(changed[: self._random.randrange(1, len(changed) + 1)])
