"""What can go wrong in a way that a person can mend, and the exit code that each case has."""

from __future__ import annotations

import enum
from dataclasses import dataclass


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

    @classmethod
    def of(cls, status: int) -> ExitCode:
        """Return what a `heddle` command has ended with; FAILURE for what none of them does."""
        return cls(status) if status in set(cls) else cls.FAILURE


class HeddleError(Exception):
    """An error whose text is one line for people: what is wrong, and what to do about it.

    Attributes:
        exit_code: of the command that it ends.
        pid: of the daemon that was found, where that is the error.
    """

    exit_code: ExitCode = ExitCode.FAILURE
    pid: int | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How an error ends a command.

    Attributes:
        text: one line for people.
        exit_code: what the command ends with.
        pid: as of `HeddleError`.
    """

    text: str
    exit_code: ExitCode
    pid: int | None = None

    @classmethod
    def of(cls, error: HeddleError | OSError | KeyboardInterrupt) -> Ending:
        """Return what an error comes to. This is the one place that says so."""
        if isinstance(error, HeddleError):
            return cls(str(error), error.exit_code, error.pid)
        if isinstance(error, OSError):
            return cls(os_error_text(error), ExitCode.FAILURE)
        return cls("interrupted", ExitCode.INTERRUPTED)

    def as_json(self) -> dict[str, str | int]:
        """Return the object that a command prints with `--json`."""
        body: dict[str, str | int] = {"error": self.text, "exit_code": int(self.exit_code)}
        return body if self.pid is None else {**body, "pid": self.pid}


def os_error_text(error: OSError) -> str:
    """Return what the system says in one line: the reason, and the file where there is one."""
    reason = error.strerror or str(error)
    return f"{reason}: {error.filename}" if error.filename else reason
