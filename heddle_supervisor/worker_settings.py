"""What a worker is told at its birth, and what its exit status tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from heddle_supervisor.heartbeat import Heartbeat
from heddle_supervisor.worker_link import WorkerLink

EXIT_CANNOT_BOOT: Final = 78
"""A worker's exit status that says: trying again cannot help (`EX_CONFIG` of sysexits(3))."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Where a worker serves, and within which limits.

    Attributes:
        repository: the worktree's root, or a bare repository's directory.
        heddle_dir: the repository's `.heddle` directory; exists, mode 0700.
        socket_path: the generation's own socket, which the worker binds.
        generation: counts the workers of one daemon, from 1.
        heartbeat_interval: seconds between two beats.
    """

    repository: Path
    heddle_dir: Path
    socket_path: Path
    generation: int
    heartbeat_interval: float


WorkerEntry: TypeAlias = Callable[[WorkerSettings, WorkerLink, Heartbeat], int]
"""Runs in the forked child until it is told to end; returns the process's exit status."""
