"""`heddle agent stop`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heddle_supervisor.commands.options import Json, Repo, config_of
from heddle_supervisor.console import print_message, print_result, reported_errors
from heddle_supervisor.errors import ExitCode, HeddleError

if TYPE_CHECKING:
    from heddle_supervisor.control import StopResult


def stop(
    context: typer.Context,
    repo: Repo = Path(),
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.0, help="Seconds to wait until it is gone.")
    ] = 15.0,
    force: Annotated[
        bool, typer.Option("--force", help="Kill it if it has not stopped by then.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Stop every daemon of this user instead.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Stop the daemon of a repository.

    It returns when nothing of the daemon is left. It sends SIGTERM, and only to a process that
    lock, marker, user and start time prove to be the daemon. What a dead daemon has left is
    removed.

    JSON KEYS. stopped, and either reason (`no pidfile`) or swept_stale, pid and, after --force had
    to kill, forced. With --all: daemons, a list of these with repository, and error where one
    could not be stopped.

    EXIT CODES. 0 stopped, swept or nothing to stop; 1 the pidfile is not ours or names a process
    that is not the daemon, and nothing was signalled; 124 still running after --timeout.
    """
    from heddle_supervisor.control import stop as stop_daemon

    as_json = as_json or context.obj
    if every:
        _stop_all(timeout=timeout, force=force, as_json=as_json)
        return
    with reported_errors(as_json=as_json):
        result = stop_daemon(config_of(repo), timeout=timeout, force=force)
        print_result(_text(result), result.as_json(), as_json=as_json)


def _stop_all(*, timeout: float, force: bool, as_json: bool) -> None:
    from heddle_supervisor.control import stop as stop_daemon
    from heddle_supervisor.inspection import live_daemons

    bodies: list[dict[str, Any]] = []
    code = ExitCode.OK
    for config, _found in live_daemons():
        body: dict[str, Any] = {"repository": str(config.repository)}
        try:
            result = stop_daemon(config, timeout=timeout, force=force)
            body |= result.as_json()
            if not as_json:
                print_result(f"{config.repository}: {_text(result)}", {}, as_json=False)
        except HeddleError as error:
            body["error"], code = str(error), error.exit_code
            print_message(f"{config.repository}: {error}")
        bodies.append(body)
    if as_json:
        print_result("", {"daemons": bodies}, as_json=True)
    raise typer.Exit(int(code))


def _text(result: StopResult) -> str:
    if not result.stopped:
        return f"heddle agent: not running ({result.reason})"
    if result.swept_stale:
        return f"heddle agent: was dead (pid {result.pid}); removed its files"
    return f"heddle agent: {'killed' if result.forced else 'stopped'} (pid {result.pid})"
