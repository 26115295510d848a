"""The process that a daemon is: `python -m heddle_supervisor serve CONFIG`, run by the command.

A process of its own, which never imports what only a command line needs: all workers would share
that memory, and keep it as long as they live.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NoReturn

from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.console import open_standard_streams, print_message, reported_errors
from heddle_supervisor.detach import report_start, was_detached

if TYPE_CHECKING:
    from heddle_supervisor.heartbeat import Heartbeat
    from heddle_supervisor.worker_link import WorkerLink
    from heddle_supervisor.worker_settings import WorkerSettings

_WORKER_MODULE: Final = "heddle_worker.main"
_AS_JSON: Final = "--json"


def command_line(config: LocalDaemonConfig, *, as_json: bool = False) -> list[str]:
    """Return the interpreter's arguments that run this daemon.

    Args:
        config: whose it is.
        as_json: whether an error is printed as a JSON object too.
    """
    words = ["-P", "-m", "heddle_supervisor", "serve", config.to_json()]
    return [*words, _AS_JSON] if as_json else words


def run(arguments: Sequence[str]) -> NoReturn:
    """Be the daemon, and exit.

    Args:
        arguments: what `command_line` says after `serve`.
    """
    open_standard_streams()
    try:
        status = _main(arguments)
    except SystemExit as end:
        status = int(end.code or 0)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    # Taking down all that was imported would take as long as a whole command.
    os._exit(status)


def _main(arguments: Sequence[str]) -> int:
    config = LocalDaemonConfig.from_json(arguments[0])
    if was_detached():
        return report_start(lambda ready: _serve(config, ready))
    with reported_errors(as_json=_AS_JSON in arguments):
        _serve(config, lambda: print_message(f"serves {config.repository}"))
    return 0


def _serve(config: LocalDaemonConfig, on_serving: Callable[[], None]) -> None:
    from heddle_supervisor.daemon import serve

    serve(
        config,
        _run_worker,
        preload=[_WORKER_MODULE],
        on_serving=on_serving,
        upgrade_command=command_line(config),
    )


def _run_worker(settings: WorkerSettings, link: WorkerLink, heartbeat: Heartbeat) -> int:
    """Hand over to the worker, whose modules only a process that serves ever imports."""
    from heddle_worker.main import run_worker

    return run_worker(settings, link, heartbeat)
