"""`heddle agent serve`."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from heddle_supervisor.commands.options import Json, Repo
from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.console import print_message, print_result, reported_errors
from heddle_supervisor.private_directory import prepare_directories
from heddle_supervisor.repository_location import RepositoryLocation, locate_repository

_MEBIBYTE: Final = 1_048_576

_Detach = Annotated[
    bool,
    typer.Option("--detach/--foreground", help="Run in the background, or here (the default)."),
]
_Socket = Annotated[
    Path | None, typer.Option("--socket", help="Listen here instead; an absolute path.")
]
_Timeout = Annotated[
    float, typer.Option("--timeout", min=0.1, help="Seconds to wait until a worker serves.")
]
_Grace = Annotated[
    float, typer.Option("--grace", min=0.0, help="Seconds that calls have when it stops.")
]
_Standby = Annotated[
    bool,
    typer.Option("--standby/--no-standby", help="Keep a warm worker beside the active one."),
]
_HeartbeatDeadline = Annotated[
    float,
    typer.Option(
        "--heartbeat-deadline", min=0.5, help="Seconds of silence after which a worker hangs."
    ),
]
_IdleTimeout = Annotated[
    float | None,
    typer.Option("--idle-timeout", min=1.0, help="Seconds without a call until it ends."),
]
_MaxWorkerMemory = Annotated[
    int | None,
    typer.Option(
        "--max-worker-memory", min=1, help="MiB above which a worker is replaced by a reload."
    ),
]


def serve(
    context: typer.Context,
    repo: Repo = Path(),
    detach: _Detach = False,
    socket: _Socket = None,
    timeout: _Timeout = 30.0,
    grace: _Grace = 5.0,
    standby: _Standby = True,
    heartbeat_deadline: _HeartbeatDeadline = 10.0,
    idle_timeout: _IdleTimeout = None,
    max_worker_memory: _MaxWorkerMemory = None,
    as_json: Json = False,
) -> None:
    """Start the daemon of a repository.

    With --detach it returns when the daemon answers health checks with SERVING, and prints the
    daemon's own error otherwise. Without, it runs until SIGTERM or SIGINT.

    FILES. All are in .heddle/ at the root of the main worktree (in the git directory of a bare
    repository), which is made with mode 0700 and added to the repository's info/exclude:
    sockets/grpc.sock (where clients connect), sockets/grpc.pid (the lock: pid, marker, start
    time), sockets/grpc.status.json (the state), state/heddle.db (the store), logs/. If that path
    is too long for a Unix socket, the socket is in $XDG_RUNTIME_DIR/heddle/ or /tmp/heddle-UID/,
    as `heddle agent status` shows.

    SIGNALS. SIGTERM and SIGINT: refuse new calls, let those in flight finish within --grace,
    remove the files, exit 0; a second one cuts the grace short. SIGHUP: bring up a new worker,
    of the installed version where that has changed, then let the old one go.

    EXIT CODES. 0 serves (with --detach) or has stopped; 1 failed; 2 wrong usage; 4 a live daemon
    was found: `already running (pid N)`; 124 no worker served within --timeout.

    SECURITY. The daemon serves the user who started it and nobody else: its directory has mode
    0700, its socket 0600 from birth, nothing listens on a network, and a directory that another
    user could replace is refused.
    """
    as_json = as_json or context.obj
    with reported_errors(as_json=as_json):
        location = locate_repository(repo)
        config = LocalDaemonConfig.for_repository(location)
        if socket is not None:
            config = config.with_socket(socket)
        config = dataclasses.replace(
            config,
            grace=grace,
            standby=standby,
            start_timeout=timeout,
            heartbeat_deadline=heartbeat_deadline,
            idle_timeout=idle_timeout,
            max_worker_memory=max_worker_memory and max_worker_memory * _MEBIBYTE,
        )
        prepare_directories(config)
        if detach:
            _serve_detached(config, location, timeout=timeout, as_json=as_json)
        else:
            location.exclude_heddle_dir()
            _become(config, as_json=as_json)


def _serve_detached(
    config: LocalDaemonConfig, location: RepositoryLocation, *, timeout: float, as_json: bool
) -> None:
    from heddle_supervisor.daemon_process import command_line
    from heddle_supervisor.detach import start_detached
    from heddle_supervisor.inspection import inspect
    from heddle_supervisor.pidfile import AlreadyRunningError

    found = inspect(config)
    if found.running and found.pid is not None:
        raise AlreadyRunningError(found.pid)
    location.exclude_heddle_dir()
    pid = start_detached(
        command_line(config),
        stderr_path=config.stderr_path,
        timeout=timeout,
        on_waiting=lambda: print_message("waiting for the worker to serve …"),
    )
    body = {"started": True, "pid": pid, "socket_path": str(config.socket_path)}
    print_result(f"heddle agent: started (pid {pid})", body, as_json=as_json)


def _become(config: LocalDaemonConfig, *, as_json: bool) -> NoReturn:
    """Be the daemon instead of this command, with its pid and its standard streams.

    Raises:
        OSError: the interpreter cannot be executed.
    """
    from heddle_supervisor.daemon_process import command_line

    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *command_line(config, as_json=as_json)])  # noqa: S606
