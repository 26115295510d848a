"""Points in time as people write them: ISO 8601, or how long ago as git takes it."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

from heddle_client.git_command import git
from heddle_client.visible import visible
from heddle_supervisor.errors import ExitCode, HeddleError

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_UNIX: Final = re.compile(r"@(\d{1,12})")
_SEPARATORS: Final = re.compile(r"[\s.,_-]+")
_CLOCK: Final = re.compile(r"\d{1,2}:\d\d(:\d\d)?|\d{1,2}[ap]m")
_NUMBER: Final = re.compile(r"\d{1,6}")
# Git takes any text for a time, and what it doesn't know for now; so only these are handed to it.
_UNITS: Final = ("second", "minute", "hour", "day", "week", "month", "year")
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WORDS: Final = frozenset(
    {"ago", "last", "now", "yesterday", "midnight", "noon", "tea", "am", "pm"}
    | {*_UNITS, *(f"{unit}s" for unit in _UNITS), *_DAYS, *(day[:3] for day in _DAYS)}
    | {"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
)
_FORMS: Final = (
    "write it as 2026-11-24, 2026-11-24T15:30, @1795532965 or, as git does, '2 hours ago', "
    "'yesterday', 'last friday', 'noon'"
)


class TimeError(HeddleError):
    """A text that is no point in time."""

    exit_code = ExitCode.USAGE


def unix_seconds(text: str, repo: Path, *, is_end: bool = False) -> int:
    """Return a point in time in Unix seconds.

    Without a time zone it is the local one's. A date alone stands for its first second, or for its
    last one. `today` is the last midnight; the other words are git's, to which yesterday is the
    same time of the day before.

    Args:
        text: as it was typed.
        repo: a directory in a repository, without which git says no time.
        is_end: whether a date alone stands for its last second.

    Raises:
        TimeError: it is none, or lies before 1970.
        GitError: git cannot be run, or there is no repository.
    """
    wanted = text.strip()
    if found := _UNIX.fullmatch(wanted):
        return int(found[1])
    try:
        seconds = _iso(wanted, is_end=is_end)
    except (ValueError, OverflowError, OSError):
        seconds = _as_git(wanted, repo)
    if seconds < 0:
        raise TimeError(f"{visible(text)} lies before 1970")
    return seconds


def _iso(text: str, *, is_end: bool) -> int:
    if _DATE.fullmatch(text):
        day = datetime.combine(date.fromisoformat(text), time.max if is_end else time.min)
        return int(day.timestamp())
    # Digits alone are no date to a person.
    if text.isdigit():
        raise ValueError(text)
    return int(datetime.fromisoformat(text).timestamp())


def _as_git(text: str, repo: Path) -> int:
    words = [word for word in _SEPARATORS.split(text.lower()) if word]
    if not words or not all(_is_known(word) for word in words) or words[-1].isdigit():
        raise TimeError(f"{visible(text) or 'an empty text'} is no point in time: {_FORMS}")
    given = " ".join("midnight" if word == "today" else word for word in words)
    told = git(repo, "rev-parse", f"--since={given}").decode().strip()
    return int(told.removeprefix("--max-age="))


def _is_known(word: str) -> bool:
    is_number = _NUMBER.fullmatch(word) or _CLOCK.fullmatch(word)
    return word == "today" or word in _WORDS or is_number is not None
