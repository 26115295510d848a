"""What a check has found, and what can be done about it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class Level(enum.Enum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    """It works, but not as well or as safely as it could."""
    FAIL = "fail"
    """Something does not work, or will not."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        name: of the check; part of the interface.
        level: how bad it is.
        text: what was found, fit for a terminal.
        remedy: what a person can do about it; empty when nothing has to be done.
        mend: does that, where it loses nothing and interrupts nobody; raises OSError or
            HeddleError when it cannot.
        mended: what was wrong until `--fix` has mended it; empty otherwise.
    """

    name: str
    level: Level
    text: str
    remedy: str = ""
    mend: Callable[[], object] | None = field(default=None, compare=False)
    mended: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the object that `doctor --json` prints for it."""
        return {
            "name": self.name,
            "level": self.level.value,
            "text": self.text,
            "remedy": self.remedy,
            "fixable": self.mend is not None,
            "mended": self.mended,
        }


def ok(name: str, text: str) -> Finding:
    """Return a finding that is none."""
    return Finding(name, Level.OK, text)


def warning(
    name: str, text: str, remedy: str = "", mend: Callable[[], object] | None = None
) -> Finding:
    """Return a finding that could be better."""
    return Finding(name, Level.WARN, text, remedy, mend)


def failure(
    name: str, text: str, remedy: str = "", mend: Callable[[], object] | None = None
) -> Finding:
    """Return a finding that has to be mended."""
    return Finding(name, Level.FAIL, text, remedy, mend)
