"""What the parts of the store's benchmark share: how much is sampled, and of whom."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import processes
from benchmarks.daemon import Daemon, temporary_daemon
from benchmarks.echo_client import SequentialClient, connect
from benchmarks.echo_server import Kind
from benchmarks.operation_history import write_history
from benchmarks.report import Bar
from benchmarks.store_client import StoreClient

SIZE_BAR: Final = Bar(factor=1.3)
"""For whatever is done at a long log, compared with a short one."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is sampled."""

    operations: int
    """Length of the long log."""
    files: int
    """Size of the repository in which transactions begin."""
    rounds: int
    calls: int
    """Sequential calls a round."""
    pipelined: int
    """Pipelined calls of one client a round."""
    starts: int


FULL: Final = Effort(1_000_000, 50_000, rounds=6, calls=200, pipelined=250, starts=8)
QUICK: Final = Effort(100_000, 5_000, rounds=2, calls=50, pipelined=50, starts=2)


@dataclass(frozen=True, slots=True)
class Served:
    """A daemon that serves, and a client of it."""

    daemon: Daemon
    socket: Path
    client: StoreClient


@dataclass(frozen=True, slots=True)
class Echo:
    """A server that only echoes, and a client of it."""

    socket: Path
    client: SequentialClient


@contextmanager
def daemon_with(size: int) -> Iterator[Daemon]:
    """Give a daemon, not yet started, whose log has so many operations."""
    with temporary_daemon() as daemon:
        write_history(daemon.files, size)
        yield daemon


@contextmanager
def served(daemon: Daemon) -> Iterator[Served]:
    """Start a daemon; whoever made it ends it."""
    daemon.serve()
    socket = daemon.warm().socket
    with connect(socket) as channel:
        yield Served(daemon, socket, StoreClient(channel))


@contextmanager
def echo() -> Iterator[Echo]:
    """Run an echo server of the same kind as the daemon's."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        socket = Path(directory, "echo.sock")
        with processes.listening("echo_server", Kind.AIO, str(socket)), connect(socket) as channel:
            yield Echo(socket, SequentialClient(channel))


def label(what: str, effort: Effort) -> str:
    """Return the name of a row about the long log."""
    return f"{what} at {effort.operations:,}"
