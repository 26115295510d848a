"""What a supervisor has to say of itself to be measured."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from benchmarks import processes
from benchmarks.health_client import serves

Command = Sequence[str | Path]

_WORKER: Final = processes.PROJECT / "benchmarks" / "peers" / "worker.py"


class MissingError(Exception):
    """A supervisor is not there; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where one supervisor finds its programs and keeps its files.

    Attributes:
        home: an empty directory of its own.
        socket: where its worker has to listen.
        programs: the directory of the commands that come from Python packages.
    """

    home: Path
    socket: Path
    programs: Path

    @property
    def worker(self) -> list[str]:
        """The command of the gRPC worker."""
        return [sys.executable, str(_WORKER), str(self.socket)]


@dataclass(frozen=True, slots=True)
class Commands:
    """How one supervisor is driven.

    Attributes:
        supervise: runs it in the foreground, with one worker.
        status: says what the worker does; None if there is no such command.
        stop: ends both; None if that is done with SIGTERM.
    """

    supervise: Command
    status: Command | None
    stop: Command | None


class Peer(Protocol):
    """One supervisor. A module in `benchmarks.peers.kinds` offers one or more as `PEERS`."""

    @property
    def name(self) -> str:
        """What the rows call it."""

    @property
    def rival(self) -> bool:
        """Whether it is written in Python and keeps the same gRPC worker, as heddle does."""

    @property
    def packages(self) -> Sequence[str]:
        """The Python packages that it consists of."""

    @property
    def programs(self) -> Sequence[str]:
        """The commands that the system has to have."""

    @property
    def answers(self) -> Callable[[Path], bool]:
        """Says whether the worker on a socket answers a new connection."""

    def lay_out(self, site: Site) -> Commands:
        """Write its configuration and return how it is driven."""


@dataclass(frozen=True, slots=True)
class GrpcPeer:
    """A supervisor of the gRPC worker, which differs from others by its configuration alone."""

    name: str
    lay_out: Callable[[Site], Commands]
    rival: bool = False
    packages: Sequence[str] = ()
    programs: Sequence[str] = ()
    answers: Callable[[Path], bool] = serves
