"""What a pidfile states, and what a look at one has found. Pure: bytes in, values out."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from heddle_supervisor.process_identity import PID_MAX

PIDFILE_MARKER: Final = "heddle-agent"
"""The second line of every pidfile, by which a reader knows that it is one of ours."""


@dataclass(frozen=True, slots=True)
class PidFileContents:
    """What a pidfile states.

    Attributes:
        pid: the supervisor's pid, 1 to 2³¹ - 1.
        started_at_secs: when it took the lock, in seconds since the epoch.
    """

    pid: int
    started_at_secs: int

    def render(self) -> str:
        """Return the file's text: three lines, each ended by a newline."""
        return f"{self.pid}\n{PIDFILE_MARKER}\n{self.started_at_secs}\n"

    @classmethod
    def parse(cls, text: str) -> PidFileContents | None:
        """Return what `text` states, or None when it is not a pidfile of ours.

        Lines are stripped and further lines ignored, as the contract says.
        """
        lines = [line.strip() for line in text.splitlines()[:3]]
        if len(lines) < 3 or lines[1] != PIDFILE_MARKER:  # noqa: PLR2004 - pid, marker, time
            return None
        pid, started = _decimal(lines[0]), _decimal(lines[2])
        if pid is None or started is None or not 0 < pid <= PID_MAX:
            return None
        return cls(pid, started)


class PidFileKind(enum.Enum):
    """What stands at the pidfile's path."""

    ABSENT = "absent"
    OURS = "ours"
    LEGACY = "legacy"
    """A single integer, which `status` alone accepts."""
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class PidFileReading:
    """One look at the pidfile.

    Attributes:
        kind: what stands there.
        contents: what it states; None unless the kind is OURS or LEGACY.
        locked: whether somebody holds the lock, that is, whether a daemon lives.
        problem: why it is FOREIGN, as one phrase.
    """

    kind: PidFileKind
    contents: PidFileContents | None = None
    locked: bool = False
    problem: str = ""


def interpret(data: bytes, *, locked: bool) -> PidFileReading:
    """Return what the bytes of a regular file at the pidfile's path say.

    Args:
        data: all of them, as far as they can matter.
        locked: whether somebody holds the file's lock.
    """
    text = data.decode(errors="replace")
    contents = PidFileContents.parse(text)
    if contents is not None:
        return PidFileReading(PidFileKind.OURS, contents, locked)
    legacy = _decimal(text.strip())
    if legacy is not None and 0 < legacy <= PID_MAX:
        return PidFileReading(PidFileKind.LEGACY, PidFileContents(legacy, 0), locked)
    problem = "is empty" if not text.strip() else f"has no `{PIDFILE_MARKER}` marker and valid pid"
    if locked:
        problem += ", although a daemon holds its lock: it soon writes the file anew"
    return PidFileReading(PidFileKind.FOREIGN, None, locked, problem)


def _decimal(text: str) -> int | None:
    """Return the number that ASCII digits state; `int` alone would accept more than that."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else None  # noqa: PLR2004 - 64 bits
