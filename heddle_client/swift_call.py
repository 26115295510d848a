"""One gRPC call over a Unix socket, with nothing but the socket: for processes that live for it.

It knows as much of HTTP/2 (RFC 9113) as a small unary call needs and no error of the server's: what
is not a plain reply is no reply here, and is to be asked for again by way of gRPC, which can tell.
"""

from __future__ import annotations

import _socket  # `socket` imports `selectors` and `enum`, half the time of a bare interpreter
import os
import struct
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # a checker takes it for true; `typing` itself costs more than all of this
    from collections.abc import Iterator
    from typing import Final

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEAD_SIZE: Final = 9
_MESSAGE_HEAD: Final = struct.Struct(">?I")
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
_ACK: Final = 1
_END_STREAM: Final = 1
_END_HEADERS: Final = 4
_PADDED: Final = 8
_STREAM: Final = 1
# What may be sent before the server has a word about flow control (RFC 9113, 6.9).
_WINDOW: Final = 65_535
# What the server may send without one from us: all that it ever does.
_WINDOW_MAX: Final = 0x7FFF_FFFF
_INITIAL_WINDOW_SIZE: Final = struct.pack(">HI", 4, _WINDOW_MAX)
_WINDOW_GROWTH: Final = struct.pack(">I", _WINDOW_MAX - _WINDOW)
_FRAME_MAX: Final = 16_384
_READ: Final = 65_536
_CREDENTIALS: Final = struct.Struct("=iII")


class NoPlainReplyError(Exception):
    """The server did not just answer; the text says how it came."""


def call(
    socket_path: str,
    method: str,
    request: bytes,
    *,
    timeout: float,
) -> bytes:
    """Return the reply to a unary call.

    Args:
        socket_path: where the server listens; it has to run as this process's user.
        method: the full path of the method.
        request: the message's bytes.
        timeout: seconds for all of it.

    Raises:
        NoPlainReplyError: there was none, or the request is too large to be sent like this.
    """
    deadline = time.monotonic() + timeout
    if len(request) + _MESSAGE_HEAD.size > _WINDOW:
        raise NoPlainReplyError("the request is too large")
    with _Connection(deadline) as connection:
        try:
            connection.open(socket_path)
            connection.send(_opening(method, request, timeout))
            return _reply(connection)
        except OSError as error:
            raise NoPlainReplyError(str(error)) from None


class _Connection:
    def __init__(self, deadline: float) -> None:
        self._socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        self._deadline = deadline
        self._buffer = b""
        self._used = 0

    def __enter__(self) -> _Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def open(self, path: str) -> None:
        self._patience()
        self._socket.connect(os.fsencode(path))
        if sys.platform == "linux":
            credentials = self._socket.getsockopt(
                _socket.SOL_SOCKET, _socket.SO_PEERCRED, _CREDENTIALS.size
            )
            if _CREDENTIALS.unpack(credentials)[1] != os.geteuid():
                raise NoPlainReplyError("the server is another user's")
        elif os.stat(path).st_uid != os.geteuid():  # noqa: PTH116 - without pathlib
            raise NoPlainReplyError("the socket is another user's")

    def send(self, data: bytes) -> None:
        self._patience()
        self._socket.sendall(data)

    def receive(self, size: int) -> bytes:
        while len(self._buffer) - self._used < size:
            self._patience()
            read = self._socket.recv(_READ)
            if not read:
                raise NoPlainReplyError("the server closed the connection")
            self._buffer = self._buffer[self._used :] + read
            self._used = 0
        self._used += size
        return self._buffer[self._used - size : self._used]

    def _patience(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise NoPlainReplyError("no reply in time")
        self._socket.settimeout(left)


def _opening(method: str, request: bytes, timeout: float) -> bytes:
    headers = {
        b":method": b"POST",
        b":scheme": b"http",
        b":path": method.encode(),
        b":authority": b"localhost",
        b"te": b"trailers",
        b"content-type": b"application/grpc",
        b"grpc-timeout": b"%dm" % min(99_999_999, max(1, int(timeout * 1000))),
    }
    block = b"".join(_literal(name, value) for name, value in headers.items())
    message = _MESSAGE_HEAD.pack(False, len(request)) + request
    pieces = [message[at : at + _FRAME_MAX] for at in range(0, len(message), _FRAME_MAX)]
    frames = [
        _frame(_DATA, piece, _END_STREAM if piece is pieces[-1] else 0, _STREAM) for piece in pieces
    ]
    return b"".join(
        (
            _PREFACE,
            _frame(_SETTINGS, _INITIAL_WINDOW_SIZE),
            _frame(_WINDOW_UPDATE, _WINDOW_GROWTH),
            _frame(_HEADERS, block, _END_HEADERS, _STREAM),
            *frames,
        )
    )


def _literal(name: bytes, value: bytes) -> bytes:
    """Return a header that no table is asked for or keeps (RFC 7541, 6.2.2)."""
    return b"\x00" + _length(name) + name + _length(value) + value


def _length(text: bytes) -> bytes:
    most = 0x7F
    if len(text) < most:
        return bytes((len(text),))
    rest = len(text) - most
    encoded = bytearray((most,))
    while rest > 0x7F:  # noqa: PLR2004 - seven bits a byte
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


def _frame(kind: int, payload: bytes = b"", flags: int = 0, stream: int = 0) -> bytes:
    return struct.pack(">I", len(payload) << 8 | kind) + struct.pack(">BI", flags, stream) + payload


def _reply(connection: _Connection) -> bytes:
    body = b"".join(_body(connection))
    if len(body) < _MESSAGE_HEAD.size:
        raise NoPlainReplyError("the server answered without a message")
    compressed, length = _MESSAGE_HEAD.unpack_from(body)
    if compressed or len(body) != _MESSAGE_HEAD.size + length:
        raise NoPlainReplyError("the reply is not one plain message")
    return body[_MESSAGE_HEAD.size :]


def _body(connection: _Connection) -> Iterator[bytes]:
    """Yield the pieces of the reply until its stream has ended as it should."""
    while True:
        head = connection.receive(_HEAD_SIZE)
        size_and_kind, flags, stream = struct.unpack(">IBI", head)
        kind, payload = size_and_kind & 0xFF, connection.receive(size_and_kind >> 8)
        if kind in (_RST_STREAM, _GOAWAY):
            raise NoPlainReplyError("the server broke the call off")
        if kind in (_SETTINGS, _PING) and not flags & _ACK:
            connection.send(_frame(kind, payload if kind == _PING else b"", _ACK))
        if stream & 0x7FFF_FFFF != _STREAM:
            continue
        if kind == _DATA:
            if flags & _PADDED:
                raise NoPlainReplyError("the reply is padded")
            yield payload
        if kind in (_DATA, _HEADERS) and flags & _END_STREAM:
            return
