"""Where a daemon's files lie, and every limit of its supervision, in one place."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from heddle_supervisor.errors import HeddleError

if TYPE_CHECKING:
    from heddle_supervisor.repository_location import RepositoryLocation

SOCKET_NAME: Final = "grpc.sock"
PIDFILE_NAME: Final = "grpc.pid"
STATUS_NAME: Final = "grpc.status.json"

# `sun_path` holds 108 bytes on Linux and 104 on macOS, the closing NUL included (unix(7)).
_SOCKET_PATH_MAX: Final = 103 if sys.platform == "darwin" else 107
_GRPC_SEPARATORS: Final = ",%"
# A generation's socket stands beside the published one: room for `<pid>-<generation>.`.
_GENERATION_SUFFIX_MAX: Final = 20

_PATHS: Final = ("repository", "heddle_dir", "socket_path", "pid_path")


class ConfigError(HeddleError):
    """A path or a limit that cannot work; the text is one line for people."""


def default_socket_path(heddle_dir: Path) -> Path:
    """Return where the socket of a `.heddle` directory is by contract."""
    return heddle_dir / "sockets" / SOCKET_NAME


def default_pid_path(heddle_dir: Path) -> Path:
    """Return where the pidfile of a `.heddle` directory is by contract."""
    return heddle_dir / "sockets" / PIDFILE_NAME


def fits_socket_path(path: Path) -> bool:
    """Return whether a socket at `path`, and its generations beside it, can be bound and reached.

    Besides the length, gRPC's own addresses matter: a comma separates them, a `%` escapes.
    """
    short = len(os.fsencode(path)) + _GENERATION_SUFFIX_MAX <= _SOCKET_PATH_MAX
    return short and not set(_GRPC_SEPARATORS) & set(str(path))


def fallback_socket_path(heddle_dir: Path) -> Path:
    """Return a short socket path for a `.heddle` directory whose own path is too long to bind.

    It lies in the user's runtime directory (`$XDG_RUNTIME_DIR`), or in `/tmp/heddle-<uid>` where
    that is unset or too long itself, under a name made from the directory's path.
    """
    import hashlib

    digest = hashlib.sha256(os.fsencode(heddle_dir)).hexdigest()[:16]
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime.startswith("/"):
        path = Path(runtime, "heddle", digest, SOCKET_NAME)
        if fits_socket_path(path):
            return path
    return Path(f"/tmp/heddle-{os.geteuid()}", digest, SOCKET_NAME)  # noqa: S108 - owner and mode are checked before use


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalDaemonConfig:
    """One daemon's paths and limits.

    Attributes:
        repository: the worktree's root, or a bare repository's directory.
        heddle_dir: the `.heddle` directory.
        socket_path: where clients connect.
        pid_path: the pidfile, which is also the lock.
        standby: whether a warm worker waits beside the active one.
        start_timeout: seconds that a forked worker has to become warm, and a warm one to serve.
        grace: seconds that calls in flight have when the daemon stops.
        heartbeat_deadline: seconds after the last beat at which a worker counts as hung.
        backoff_first: seconds before the second attempt after a death in start-up; doubles.
        backoff_max: seconds that the doubling never exceeds.
        breaker: deaths in start-up, in a row, after which nothing more is tried.
        idle_timeout: seconds without a call after which the daemon ends itself; None for never.
        max_worker_memory: resident bytes above which the active worker is replaced by a reload.
    """

    repository: Path
    heddle_dir: Path
    socket_path: Path
    pid_path: Path
    standby: bool = True
    start_timeout: float = 30.0
    grace: float = 5.0
    heartbeat_deadline: float = 10.0
    backoff_first: float = 0.1
    backoff_max: float = 10.0
    breaker: int = 6
    idle_timeout: float | None = None
    max_worker_memory: int | None = None

    @classmethod
    def for_heddle_dir(
        cls, heddle_dir: Path, *, repository: Path | None = None
    ) -> LocalDaemonConfig:
        """Return the configuration of a `.heddle` directory, with the defaults of every limit.

        `repository` defaults to the directory that holds `heddle_dir`. A path too long for a Unix
        socket is replaced by `fallback_socket_path`.
        """
        socket_path = default_socket_path(heddle_dir)
        if not fits_socket_path(socket_path):
            socket_path = fallback_socket_path(heddle_dir)
        return cls(
            repository=repository or heddle_dir.parent,
            heddle_dir=heddle_dir,
            socket_path=socket_path,
            pid_path=default_pid_path(heddle_dir),
        )

    @classmethod
    def for_repository(cls, location: RepositoryLocation) -> LocalDaemonConfig:
        """Return the configuration of a repository's daemon, with the defaults of every limit."""
        return cls.for_heddle_dir(location.heddle_dir, repository=location.root)

    def with_socket(self, socket_path: Path) -> LocalDaemonConfig:
        """Return this configuration with another socket.

        Raises:
            ConfigError: the path is relative, too long for a Unix socket, or no gRPC address.
        """
        if not socket_path.is_absolute():
            raise ConfigError(f"socket path {socket_path} is not absolute")
        if not fits_socket_path(socket_path):
            most = _SOCKET_PATH_MAX - _GENERATION_SUFFIX_MAX
            raise ConfigError(
                f"socket path is longer than {most} bytes, or has a comma or %: {socket_path}"
            )
        return dataclasses.replace(self, socket_path=socket_path)

    @classmethod
    def from_json(cls, text: str) -> LocalDaemonConfig:
        """Return what `to_json` has written, perhaps that of another version of this class."""
        body: dict[str, Any] = json.loads(text)
        known = {field.name for field in dataclasses.fields(cls)}
        paths = {name: Path(body[name]) for name in _PATHS}
        return cls(**{name: body[name] for name in body.keys() & known} | paths)

    def to_json(self) -> str:
        """Return this configuration as one line."""
        body = dataclasses.asdict(self)
        return json.dumps({**body, **{name: os.fspath(body[name]) for name in _PATHS}})

    @property
    def status_path(self) -> Path:
        """The file in which the supervisor publishes its state."""
        return self.pid_path.with_name(STATUS_NAME)

    @property
    def state_dir(self) -> Path:
        """Where the worker keeps its store."""
        return self.heddle_dir / "state"

    @property
    def log_path(self) -> Path:
        """The daemon's log, one event a line."""
        return self.heddle_dir / "logs" / "daemon.log"

    @property
    def stderr_path(self) -> Path:
        """What a detached daemon and its libraries write to standard error."""
        return self.heddle_dir / "logs" / "stderr.log"

    @property
    def heartbeat_interval(self) -> float:
        """Seconds between a worker's beats: several fit into the deadline."""
        return self.heartbeat_deadline / 5
