"""What the supervisor says of itself, in a file that anyone may read without asking it.

The file answers `status` while a worker is busy, hung or dead. It is replaced whole, by rename,
at each change, so a reader never sees half of it; only on a full disk is it written in place.
"""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import errno
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, Final

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.process_identity import ProcessIdentity
from heddle_supervisor.version import __version__

if TYPE_CHECKING:
    from heddle_supervisor.death_tally import Restart

_FORMAT: Final = 1
_READ_MAX: Final = 65_536


class PublicState(enum.Enum):
    """A daemon's state, as people and scripts see it."""

    STARTING = "starting"
    """No worker serves yet, or again; one is on its way or will be tried after a pause."""
    SERVING = "serving"
    DRAINING = "draining"
    FAILED = "failed"
    """Workers die in start-up and nothing more is tried until a reload; see `last_error`."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRecord:
    """One published state.

    Attributes:
        state: see `PublicState`.
        pid: the supervisor's pid.
        boot: the kernel's boot that the pid belongs to.
        started_ticks: the supervisor's start within that boot, in the kernel's unit.
        started_at: when the daemon took its lock, seconds since the epoch.
        version: the version of heddle that runs.
        repository: the worktree's root, or a bare repository's directory.
        socket_path: where clients connect.
        worker_pid: the worker that serves, if one does.
        standby_pid: the warm worker beside it, if there is one.
        generation: of the worker that serves; 0 before the first.
        restarts: workers that were replaced because they died or hung.
        recent_restarts: the last few of them: `at` (seconds since the epoch) and `reason`.
        last_error: why the last worker died, or a start failed; None if that never happened.
        failures: reloads and upgrades that came to nothing, and times that it gave up.
    """

    state: PublicState
    pid: int
    boot: str
    started_ticks: int
    started_at: int
    version: str
    repository: str
    socket_path: str
    worker_pid: int | None
    standby_pid: int | None
    generation: int
    restarts: int
    recent_restarts: Sequence[Mapping[str, Any]]
    last_error: str | None
    failures: int


class StatusFile:
    """The status file of the daemon that this process is."""

    def __init__(self, config: LocalDaemonConfig, started_at: int) -> None:
        self._config = config
        self._identity = ProcessIdentity.of(os.getpid()) or ProcessIdentity(os.getpid(), "", 0)
        self._started_at = started_at
        self._written: StatusRecord | None = None
        self._looks: tuple[int, ...] = ()

    def write(
        self,
        *,
        state: PublicState,
        worker_pid: int | None,
        standby_pid: int | None,
        generation: int,
        restarts: int,
        recent_restarts: Sequence[Restart],
        last_error: str | None,
        failures: int = 0,
    ) -> None:
        """Replace the file, unless it is there and says this already.

        Raises:
            OSError: the directory cannot be written.
        """
        record = StatusRecord(
            state=state,
            pid=self._identity.pid,
            boot=self._identity.boot,
            started_ticks=self._identity.started,
            started_at=self._started_at,
            version=__version__,
            repository=str(self._config.repository),
            socket_path=str(self._config.socket_path),
            worker_pid=worker_pid,
            standby_pid=standby_pid,
            generation=generation,
            restarts=restarts,
            recent_restarts=tuple({"at": r.at, "reason": r.reason} for r in recent_restarts),
            last_error=last_error,
            failures=failures,
        )
        if record != self._written or _looks(self._config.status_path) != self._looks:
            body = {**dataclasses.asdict(record), "state": state.value, "format": _FORMAT}
            _publish(self._config.status_path, json.dumps(body).encode())
            self._written, self._looks = record, _looks(self._config.status_path)


def _publish(path: Path, data: bytes) -> None:
    try:
        _replace(path, data)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        _overwrite(path, data)


def _looks(path: Path) -> tuple[int, ...]:
    """Return what shows whether a file was deleted or written by others; empty for no file."""
    try:
        status = path.lstat()
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _replace(path: Path, data: bytes) -> None:
    temporary = _temporary(path)
    descriptor = os.open(
        temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
    )
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(data)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _overwrite(path: Path, data: bytes) -> None:
    """Write over the old file, for which a full disk still has room.

    A reader may see half of it, and takes that for no file. So it is if this fails as well: better
    that nothing is known than what is not true any more.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(data)
            file.truncate()
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        raise


def remove_status(path: Path) -> None:
    """Unlink the file, and what a daemon has left that was killed while it replaced it."""
    for name in (_temporary(path), path):
        name.unlink(missing_ok=True)


def _temporary(path: Path) -> Path:
    return path.with_name(f"{path.name}.tmp")


def read_status(path: Path) -> StatusRecord | None:
    """Return the last published state, or None where there is none that can be understood."""
    try:
        with path.open("rb") as file:
            body: dict[str, Any] = json.loads(file.read(_READ_MAX))
        known = {**_NOTHING_TO_TELL, **body}
        record = StatusRecord(
            **{name: _checked(known[name], kind) for name, kind in _KINDS.items()},
            state=PublicState(body["state"]),
        )
        for restart in record.recent_restarts:
            _checked(restart["at"], int)
            _checked(restart["reason"], str)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return record


def _checked(value: Any, kind: type | UnionType) -> Any:  # noqa: ANN401 - any of JSON's kinds
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not of the kind {kind}")
    return value


# Fields that a version may not have known, and what it would have said.
_NOTHING_TO_TELL: Final[Mapping[str, object]] = {
    "worker_pid": None,
    "standby_pid": None,
    "generation": 0,
    "restarts": 0,
    "recent_restarts": [],
    "last_error": None,
    "failures": 0,
}

# All fields but the state, and what each is in the file. Another version may have written it.
_KINDS: Final[Mapping[str, type | UnionType]] = {
    "pid": int,
    "boot": str,
    "started_ticks": int,
    "started_at": int,
    "version": str,
    "repository": str,
    "socket_path": str,
    "worker_pid": int | None,
    "standby_pid": int | None,
    "generation": int,
    "restarts": int,
    "recent_restarts": list,
    "last_error": str | None,
    "failures": int,
}
