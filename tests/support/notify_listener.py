"""A service manager, as far as a daemon that it started can tell: a socket for its messages."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from waiting import DEADLINE, wait_until

_SIZE: Final = 65_536


class NotifyListener:
    """Listens on a datagram socket, whose name goes into `$NOTIFY_SOCKET`."""

    def __init__(self, name: str) -> None:
        """Listen at a path, or at an abstract name, which begins with `@`."""
        self.name = name
        self._messages: list[dict[str, str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + name[1:] if name.startswith("@") else name)
        self._socket.setblocking(False)

    @classmethod
    def in_directory(cls, room: Path) -> NotifyListener:
        """Listen at a path in a directory."""
        return cls(str(room / "notify"))

    @classmethod
    def abstract(cls) -> NotifyListener:
        """Listen at a name that is no file's."""
        return cls(f"@heddle-test-{os.getpid()}-{os.urandom(4).hex()}")

    def received(self) -> list[dict[str, str]]:
        """Return all messages so far, oldest first: one for each datagram."""
        while True:
            try:
                text = self._socket.recv(_SIZE).decode()
            except BlockingIOError:
                return self._messages
            self._messages.append(dict(line.split("=", 1) for line in text.splitlines()))

    def expect(self, name: str, count: int = 1) -> dict[str, str]:
        """Wait for the `count`th message that has this variable; return it."""

        def find() -> dict[str, str] | None:
            found = [message for message in self.received() if name in message]
            return found[count - 1] if len(found) >= count else None

        return wait_until(find, f"{name} comes; there are {self._messages}", DEADLINE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()
