"""The data types of the SSH protocol (RFC 4251, section 5), read strictly."""

from __future__ import annotations

import struct
from typing import Final

_LENGTH: Final = struct.Struct(">I")


class WireError(Exception):
    """The bytes are not what they should be."""


class WireReader:
    """Reads one value after the other.

    Args:
        data: all of them, and nothing else.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def take(self, count: int) -> bytes:
        """Return the next bytes.

        Raises:
            WireError: there are fewer.
        """
        end = self._position + count
        if end > len(self._data):
            raise WireError("it ends too early")
        taken = self._data[self._position : end]
        self._position = end
        return taken

    def number(self) -> int:
        """Return the next 32-bit number; raises `WireError` as `take` does."""
        (value,) = _LENGTH.unpack(self.take(_LENGTH.size))
        return int(value)

    def string(self) -> bytes:
        """Return the next string; raises `WireError` as `take` does."""
        return self.take(self.number())

    def integer(self) -> int:
        """Return the next whole number, which must not be negative.

        Raises:
            WireError: it is, or it is written with more bytes than it needs.
        """
        raw = self.string()
        value = int.from_bytes(raw, signed=True)
        if value < 0 or raw != _shortest(value):
            raise WireError("a number in it is not written as it should be")
        return value

    def done(self) -> None:
        """Finish.

        Raises:
            WireError: something is left.
        """
        if self._position != len(self._data):
            raise WireError("something follows its end")


def string(value: bytes) -> bytes:
    """Return the bytes of a string."""
    return _LENGTH.pack(len(value)) + value


def _shortest(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1) if value else b""
