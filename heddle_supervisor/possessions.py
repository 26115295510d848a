"""What a daemon owns while it lives."""

from __future__ import annotations

from dataclasses import dataclass

from heddle_supervisor.pidfile import PidGuard
from heddle_supervisor.socket_publication import SocketPublication


@dataclass(frozen=True, slots=True)
class Possessions:
    """What is given back when the daemon ends.

    Attributes:
        guard: the locked pidfile.
        publication: the socket's names.
        started_at: when the lock was taken, seconds since the epoch.
    """

    guard: PidGuard
    publication: SocketPublication
    started_at: int
