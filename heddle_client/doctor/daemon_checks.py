"""Checks of the daemon: whether it runs as it should, and what a dead one has left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from heddle_client.doctor.finding import Finding, failure, ok, warning
from heddle_client.doctor.subject import Subject
from heddle_client.visible import visible
from heddle_supervisor.control import stop
from heddle_supervisor.errors import HeddleError
from heddle_supervisor.inspection import DaemonStatus, inspect
from heddle_supervisor.pidfile import PidFileKind, read_pidfile
from heddle_supervisor.version import __version__

_ANSWER_SECONDS: Final = 5.0


def check_leftovers(subject: Subject) -> Iterator[Finding]:
    """Has a daemon that died left its files?"""
    path = subject.config.pid_path
    try:
        reading = read_pidfile(path)
    except OSError as error:
        yield failure("leftovers", visible(f"{path} cannot be read: {error.strerror}"))
        return
    if reading.kind is PidFileKind.FOREIGN and reading.locked:
        yield warning(
            "leftovers", visible(f"{path} {reading.problem}"), "try again in some seconds"
        )
    elif reading.kind is PidFileKind.FOREIGN:
        yield failure("leftovers", visible(f"{path} {reading.problem}"), "move it away")
    elif reading.kind is PidFileKind.OURS and not reading.locked:
        yield warning(
            "leftovers",
            f"a daemon has died and left {visible(str(path))}",
            "run `heddle agent stop`, or start one: it takes the files over",
            lambda: stop(subject.config, timeout=_ANSWER_SECONDS, force=False),
        )
    elif reading.kind is PidFileKind.ABSENT and subject.config.status_path.exists():
        yield warning(
            "leftovers",
            f"{visible(str(subject.config.status_path))} is there, and no daemon",
            "start one: it takes the file over",
        )
    else:
        yield ok("leftovers", "none")


def check_daemon(subject: Subject) -> Iterator[Finding]:
    """Does the daemon run, answer, and run the version that is installed?"""
    try:
        found = inspect(subject.config)
    except OSError as error:
        yield failure("daemon", visible(f"it cannot be told: {error}"))
        return
    if not found.running:
        yield ok("daemon", "not running; `heddle agent serve --detach` starts it")
        return
    yield _state_of(subject, found)
    if found.version is not None and found.version != __version__:
        yield warning(
            "version",
            f"heddle {visible(found.version)} runs, {__version__} is installed",
            "run `heddle agent reload`",
        )


def _state_of(subject: Subject, found: DaemonStatus) -> Finding:
    said = f": {visible(found.last_error)}" if found.last_error else ""
    if not found.responding:
        return failure(
            "daemon",
            f"pid {found.pid} is stopped (SIGSTOP) and can do nothing",
            f"run `kill -CONT {found.pid}`",
        )
    if found.state == "failed":
        return failure(
            "daemon",
            f"it has failed{said}",
            "mend that, then run `heddle agent reload`; `heddle agent logs` tells more",
        )
    try:
        generation = _answer(subject)
    except HeddleError as error:
        return failure("daemon", str(error), "see `heddle agent logs`; `heddle agent reload`")
    # A worker that was replaced is no fault any more, but may explain one that somebody has seen.
    text = f"pid {found.pid} serves, worker {generation}, {found.restarts} restarts"
    return ok("daemon", f"{text}{said}" if found.restarts else text)


def _answer(subject: Subject) -> int:
    """Ask the daemon; return its worker's generation.

    Raises:
        HeddleError: it does not answer.
    """
    import warnings

    from heddle_client.client import connect

    with warnings.catch_warnings():
        # Another version is a finding of its own.
        warnings.simplefilter("ignore")
        with connect(subject.repo, start=False) as client:
            return client.daemon(timeout=_ANSWER_SECONDS).generation
