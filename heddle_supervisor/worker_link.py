"""The socket pair between the supervisor and one worker: what each end may say, and how.

One descriptor serves four purposes. It carries the worker's reports (`Report`) and the
supervisor's commands (`Command`) as lines of JSON; and because the kernel closes it with the
process that holds it, its end of file tells either side that the other one is gone: for the
worker it is the lifeline that ends it with its supervisor, however the supervisor died.
"""

from __future__ import annotations

import enum
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

_RECEIVE_SIZE: Final = 65_536


class Report(enum.Enum):
    """What a worker tells its supervisor."""

    WARM = "warm"
    """Its server listens on the generation's socket; it holds nothing exclusive yet."""
    SERVING = "serving"
    """It was activated and answers health checks with SERVING."""
    BOOT_FAILED = "boot_failed"
    """It cannot start; `detail` is one line for people. The process exits right after."""
    DRAINED = "drained"
    """No call is in flight any more; the process exits right after."""


class Command(enum.Enum):
    """What a supervisor tells a worker."""

    ACTIVATE = "activate"
    """Open the store and the repository and serve."""
    RETIRE = "retire"
    """A successor is published: let connections age out, end streams, then exit."""
    DRAIN = "drain"
    """The daemon stops: refuse new calls, finish those in flight within `seconds`, then exit."""


@dataclass(frozen=True, slots=True)
class Message:
    """One line on the link: a `Report` or a `Command`, with its argument where it has one."""

    kind: Report | Command
    detail: str = ""
    seconds: float = 0.0

    def encode(self) -> bytes:
        """Return the line that carries this message, newline included."""
        return _ENCODED.get(self) or self._encode()

    def _encode(self) -> bytes:
        body = {"kind": self.kind.value, "detail": self.detail, "seconds": self.seconds}
        return json.dumps(body).encode() + b"\n"


_KINDS: Final[Mapping[str, Report | Command]] = {k.value: k for k in (*Report, *Command)}
# The first JSON that a process reads or writes takes it some tenths of a millisecond, for which
# clients would wait whenever a worker is told to take over from a dead one.
_ENCODED: Final[Mapping[Message, bytes]] = {
    message: message._encode() for message in map(Message, _KINDS.values())
}
_DECODED: Final[Mapping[bytes, Message]] = {
    line.removesuffix(b"\n"): message for message, line in _ENCODED.items()
}


def _decode(line: bytes) -> Message | None:
    """Return the message on a line, or `None` for one of another version's vocabulary."""
    return _DECODED.get(line) or _parse(line)


def _parse(line: bytes) -> Message | None:
    try:
        body = json.loads(line)
        return Message(_KINDS[body["kind"]], str(body["detail"]), float(body["seconds"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


@dataclass(slots=True)
class WorkerLink:
    """One end of the pair. Both ends are non-blocking, so neither can hold the other up."""

    connection: socket.socket
    _pending: bytes = field(default=b"", init=False)

    @classmethod
    def pair(cls) -> tuple[WorkerLink, WorkerLink]:
        """Return the supervisor's and the worker's end, in this order."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        return cls.adopt(ours.detach()), cls.adopt(theirs.detach())

    @classmethod
    def adopt(cls, descriptor: int) -> WorkerLink:
        """Return the end behind an inherited descriptor."""
        connection = socket.socket(fileno=descriptor)
        connection.setblocking(False)
        return cls(connection)

    def fileno(self) -> int:
        """Return the descriptor, for a selector."""
        return self.connection.fileno()

    def send(self, message: Message) -> bool:
        """Send a message; return False when the other side is gone or does not read."""
        try:
            self.connection.sendall(message.encode())
        except OSError:
            return False
        return True

    def receive(self, handle: Callable[[Message], None]) -> bool:
        """Hand every message that has arrived to `handle`; return False at end of file."""
        alive = True
        while True:
            try:
                chunk = self.connection.recv(_RECEIVE_SIZE)
            except BlockingIOError:
                break
            except OSError:
                chunk = b""
            if not chunk:
                alive = False
                break
            self._pending += chunk
        *lines, self._pending = self._pending.split(b"\n")
        for line in lines:
            message = _decode(line)
            if message is not None:
                handle(message)
        return alive

    def close(self) -> None:
        """Close this end, which the other side sees as end of file."""
        self.connection.close()
