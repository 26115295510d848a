"""A daemon seen from outside: its lock says whether it lives, its status file what it does.

Nothing is asked of the daemon, so one of any version can be looked at, busy, hung or dead.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.pidfile import PidFileKind, PidFileReading, read_pidfile
from heddle_supervisor.process_identity import is_heddle_process, is_stopped, pid_alive
from heddle_supervisor.status_file import PublicState, StatusRecord, read_status
from heddle_supervisor.version import __version__

_LOOK_SECONDS: Final = 0.01
_SETTLE_SECONDS: Final = 0.5
# What a status repeats of the record that the daemon has published, word for word.
_TOLD: Final = (
    "socket_path",
    "worker_pid",
    "standby_pid",
    "generation",
    "restarts",
    "recent_restarts",
    "started_at",
    "version",
    "repository",
    "last_error",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonStatus:
    """A daemon's state, as `status` reports it.

    Attributes:
        running: whether a daemon holds the lock.
        pid: its pid; None when none runs.
        responding: False when its process is stopped (as by SIGSTOP) and can do nothing.
        socket_path: where clients connect, the real path where a fall-back is in use.
        pid_path: the pidfile.
        log_path: the daemon's log.
        state: `starting`, `serving`, `draining`, `failed` or `stopped`.
        worker_pid, standby_pid, generation, restarts, recent_restarts, started_at: as in
            `StatusRecord`.
        version: of the daemon that runs; None when none does.
        installed_version: of this program.
        repository: the worktree's root, or a bare repository's directory.
        last_error: why a worker died last, or what is wrong with the files that were found.
    """

    running: bool
    pid: int | None
    responding: bool
    socket_path: str
    pid_path: str
    log_path: str
    state: str
    worker_pid: int | None = None
    standby_pid: int | None = None
    generation: int = 0
    restarts: int = 0
    recent_restarts: Sequence[Mapping[str, Any]] = ()
    started_at: int | None = None
    version: str | None = None
    installed_version: str = __version__
    repository: str
    last_error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the object that `status --json` prints."""
        return dataclasses.asdict(self)


def inspect(config: LocalDaemonConfig) -> DaemonStatus:
    """Return the state of the daemon of this configuration, running or not.

    Raises:
        OSError: the pidfile exists and may not be read.
    """
    return look(config)[0]


def look(config: LocalDaemonConfig) -> tuple[DaemonStatus, StatusRecord | None]:
    """Return the state, and the record that a running daemon has published of it.

    Raises:
        OSError: the pidfile exists and may not be read.
    """
    reading = read_settled(config.pid_path)
    none = DaemonStatus(
        running=False,
        pid=None,
        responding=False,
        socket_path=str(config.socket_path),
        pid_path=str(config.pid_path),
        log_path=str(config.log_path),
        state=PublicState.STOPPED.value,
        repository=str(config.repository),
    )
    if reading.contents is None or not _is_running(reading):
        return dataclasses.replace(none, last_error=_problem(config, reading)), None
    silent = dataclasses.replace(
        none,
        running=True,
        pid=reading.contents.pid,
        responding=not is_stopped(reading.contents.pid),
        state=PublicState.STARTING.value,
        started_at=reading.contents.started_at_secs or None,
    )
    record = record_of(config, reading)
    if record is None:
        return silent, None
    told = {name: getattr(record, name) for name in _TOLD}
    return dataclasses.replace(silent, state=record.state.value, **told), record


def live_daemons() -> Iterator[tuple[LocalDaemonConfig, DaemonStatus]]:
    """Yield this user's running daemons; forget the registered ones that have gone."""
    from heddle_supervisor.registry import registered, unregister

    for config in registered():
        with contextlib.suppress(OSError):
            found = inspect(config)
            if found.running:
                yield config, found
            else:
                unregister(config)


def read_settled(path: Path) -> PidFileReading:
    """Look at the pidfile; again, for a moment, while whoever sweeps or replaces it holds its lock.

    Raises:
        OSError: it exists, but may not be read.
    """
    deadline = time.monotonic() + _SETTLE_SECONDS
    while True:
        reading = read_pidfile(path)
        held_for_dead = (
            reading.locked and reading.contents is not None and not pid_alive(reading.contents.pid)
        )
        if not held_for_dead or time.monotonic() > deadline:
            return reading
        time.sleep(_LOOK_SECONDS)


def _is_running(reading: PidFileReading) -> bool:
    if reading.contents is None:
        return False
    if reading.kind is PidFileKind.LEGACY:
        pid = reading.contents.pid
        return pid_alive(pid) and is_heddle_process(pid)
    return reading.locked


def record_of(config: LocalDaemonConfig, reading: PidFileReading) -> StatusRecord | None:
    """Return the published state, if it is that of the daemon that the pidfile names."""
    record = read_status(config.status_path)
    if record is None or reading.contents is None or record.pid != reading.contents.pid:
        return None
    return record


def _problem(config: LocalDaemonConfig, reading: PidFileReading) -> str | None:
    if reading.kind is PidFileKind.FOREIGN:
        return f"pidfile {config.pid_path} {reading.problem}"
    if reading.contents is not None:
        return f"the daemon (pid {reading.contents.pid}) has died; its pidfile is stale"
    return None
