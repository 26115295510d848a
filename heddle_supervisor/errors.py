"""What can go wrong in a way that a person can mend, and the exit code that each case has."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """The exit codes of every `heddle` command. They are part of the interface and never change."""

    OK = 0
    """Done; also: there was nothing to stop."""
    FAILURE = 1
    """Failed; the line on standard error says why."""
    USAGE = 2
    """The command line cannot be understood."""
    NOT_RUNNING = 3
    """`status`: no daemon runs here."""
    ALREADY_RUNNING = 4
    """`serve`: a live daemon was found, and left alone."""
    UNHEALTHY = 5
    """`status`: a daemon runs, but it does not serve."""
    TIMEOUT = 124
    """What was waited for has not happened in time."""
    INTERRUPTED = 130
    """Ended by SIGINT."""


class HeddleError(Exception):
    """An error whose text is one line for people: what is wrong, and what to do about it."""

    exit_code: ExitCode = ExitCode.FAILURE


def os_error_text(error: OSError) -> str:
    """Return what the system says in one line: the reason, and the file where there is one."""
    reason = error.strerror or str(error)
    return f"{reason}: {error.filename}" if error.filename else reason
