"""`heddle agent status`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from heddle_supervisor.commands.options import Json, Repo, config_of
from heddle_supervisor.console import duration, print_result, reported_errors, styled
from heddle_supervisor.errors import ExitCode
from heddle_supervisor.version import __version__

if TYPE_CHECKING:
    from heddle_supervisor.inspection import DaemonStatus

_CHECK_SECONDS: Final = 5.0
_COLOURS: Final = {"serving": "green", "failed": "red", "not responding": "red"}


def status(
    context: typer.Context,
    repo: Repo = Path(),
    check: Annotated[
        bool, typer.Option("--check", help="Ask the daemon itself, and let its health decide.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say whether the daemon runs, and what it does.

    It reads files and asks nobody, so it answers at once while the daemon is busy or hung; --check
    makes a real grpc.health.v1.Health/Check call besides.

    JSON KEYS. running, pid, responding, socket_path, pid_path, log_path, state (starting, serving,
    draining, failed, stopped), worker_pid, standby_pid, generation, restarts, recent_restarts,
    started_at (unix seconds), version (running), installed_version, repository, last_error; with
    --check also health and daemon (what heddle.local.v1.DaemonService says).

    EXIT CODES. 0 runs; 3 does not run; 5 runs, but has failed, does not respond, or the health
    check does not answer SERVING; 1 cannot be told; 2 wrong usage.
    """
    from heddle_supervisor.inspection import inspect

    as_json = as_json or context.obj
    with reported_errors(as_json=as_json):
        found = inspect(config_of(repo))
        body = found.as_json()
        code = _exit_code(found)
        if check and found.running:
            body |= _ask(found)
            if body["health"] != "SERVING":
                code = ExitCode.UNHEALTHY
        print_result(_text(found, body), body, as_json=as_json)
    raise typer.Exit(int(code))


def _ask(found: DaemonStatus) -> dict[str, Any]:
    from heddle_worker.serving.health_probe import probe_daemon, probe_health

    socket_path = Path(found.socket_path)
    health = probe_health(socket_path, timeout=_CHECK_SECONDS)
    daemon = probe_daemon(socket_path, timeout=_CHECK_SECONDS) if health == "SERVING" else None
    return {"health": health, "daemon": daemon}


def _exit_code(found: DaemonStatus) -> ExitCode:
    if not found.running:
        return ExitCode.NOT_RUNNING
    healthy = found.responding and found.state != "failed"
    return ExitCode.OK if healthy else ExitCode.UNHEALTHY


def _text(found: DaemonStatus, body: dict[str, Any]) -> str:
    head = f"running (pid {found.pid})" if found.running else "not running"
    rows = {"socket": found.socket_path, "pidfile": found.pid_path}
    if found.running:
        rows |= _running_rows(found)
    if "health" in body:
        rows["health"] = body["health"]
    if found.last_error is not None and not found.recent_restarts:
        rows["last error"] = found.last_error
    width = max(len(name) for name in rows)
    lines = (f"  {name:<{width}}  {value}" for name, value in rows.items())
    return "\n".join([f"heddle agent: {head}", *lines])


def _running_rows(found: DaemonStatus) -> dict[str, str]:
    state = found.state if found.responding else "not responding"
    skew = f" (installed: {__version__}; run `heddle agent reload`)"
    rows = {
        "state": styled(state, _COLOURS.get(state)),
        "uptime": duration(time.time() - found.started_at) if found.started_at else "unknown",
        "worker": f"pid {found.worker_pid}, generation {found.generation}",
        "standby": f"pid {found.standby_pid}" if found.standby_pid else "none",
        "restarts": str(found.restarts),
        "version": f"{found.version}{skew if found.version != __version__ else ''}",
        "log": found.log_path,
    }
    if found.worker_pid is None:
        rows["worker"] = "none"
    if found.recent_restarts:
        latest = found.recent_restarts[-1]
        ago = duration(time.time() - latest["at"])
        rows["restarts"] += f", the last {ago} ago: {latest['reason']}"
    return rows
