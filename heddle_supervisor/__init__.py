"""heddle's supervisor: the life and death of a repository's daemon.

The public names are those listed in `__all__`. They are imported when they are first used, so
that a command which only asks for a daemon's state does not pay for the code that runs one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from heddle_supervisor.version import __version__

if TYPE_CHECKING:
    from heddle_supervisor.config import (
        LocalDaemonConfig,
        default_pid_path,
        default_socket_path,
    )
    from heddle_supervisor.control import stop
    from heddle_supervisor.daemon import serve
    from heddle_supervisor.inspection import inspect
    from heddle_supervisor.peer_credentials import check_peer_uid_matches_self
    from heddle_supervisor.pidfile import PIDFILE_MARKER, PidFileContents, PidGuard
    from heddle_supervisor.process_identity import is_heddle_process, pid_alive

__all__ = [
    "PIDFILE_MARKER",
    "LocalDaemonConfig",
    "PidFileContents",
    "PidGuard",
    "__version__",
    "check_peer_uid_matches_self",
    "default_pid_path",
    "default_socket_path",
    "inspect",
    "is_heddle_process",
    "pid_alive",
    "serve",
    "stop",
]

_HOMES: Final = {
    "PIDFILE_MARKER": "pidfile",
    "LocalDaemonConfig": "config",
    "PidFileContents": "pidfile",
    "PidGuard": "pidfile",
    "check_peer_uid_matches_self": "peer_credentials",
    "default_pid_path": "config",
    "default_socket_path": "config",
    "inspect": "inspection",
    "is_heddle_process": "process_identity",
    "pid_alive": "process_identity",
    "serve": "daemon",
    "stop": "control",
}


def __getattr__(name: str) -> object:
    """Import a public name's module at its first use (PEP 562)."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
