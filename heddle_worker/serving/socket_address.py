"""The worker's own Unix socket: made private, and refused in words when it can't be made."""

from __future__ import annotations

import contextlib
import os
import socket
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PRIVATE_UMASK: Final = 0o177


class BindError(Exception):
    """No socket can be made at the path; the text is one line that says why."""


def grpc_address(path: Path) -> str:
    """Return the address by which gRPC knows the Unix socket at `path`.

    gRPC reads an address as a URI, in which `%20` in the name of a directory means a blank: what
    has a meaning there is escaped.
    """
    return "unix:" + urllib.parse.quote(os.fsencode(path), safe="/")


@contextlib.contextmanager
def private_umask() -> Iterator[None]:
    """Create sockets with mode 0600 inside; gRPC sets no mode, so the umask at bind decides."""
    previous = os.umask(_PRIVATE_UMASK)
    try:
        yield
    finally:
        os.umask(previous)


def check_can_bind(path: Path) -> None:
    """Try the bind with a plain socket and take it back.

    gRPC replaces whatever socket has the name, a live server's too, and tells a failed bind by
    lines of its own on standard error: the kernel's answer is had first, and is clear.

    Raises:
        BindError: the path is too long, taken, in no place for sockets, or out of clients' reach.
    """
    if b"," in os.fsencode(path):
        # Escaped or not: gRPC takes what a comma parts for the addresses of several servers.
        raise BindError(f"gRPC clients cannot connect to a path with a comma in it: {path}")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe, private_umask():
        try:
            probe.bind(os.fsencode(path))
        except OSError as error:
            reason = error.strerror or str(error)
            raise BindError(f"cannot bind the socket {path}: {reason}") from None
    path.unlink()
