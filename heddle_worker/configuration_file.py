"""Reading `.heddle/config.toml`, and noticing that files have changed."""

from __future__ import annotations

import os
import stat
import time
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from heddle_worker.limits import MAX_CONFIGURATION_BYTES

FRESH_SECONDS: Final = 0.005
"""So long nothing is looked at again: six files for each change took a fifth of its time."""


class ChangingFiles:
    """Some files, there or not, that are read again when they have changed."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = [os.fspath(path) for path in paths]
        self._signatures: list[tuple[int, int]] | None = None
        self._fresh_until = 0.0

    def have_changed(self) -> bool:
        """Return whether they have since the last look, or this is the first one."""
        now = time.monotonic()
        if now < self._fresh_until:
            return False
        before, self._signatures = self._signatures, [_signature(path) for path in self._paths]
        self._fresh_until = now + FRESH_SECONDS
        return before != self._signatures


def read_configuration(path: Path) -> dict[str, Any]:
    """Return what a `config.toml` says; nothing if it is not there.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no TOML, or no file of a sensible size.
    """
    try:
        with open(path, "rb", opener=_opened_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ValueError("not a regular file")
            content = file.read(MAX_CONFIGURATION_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    if len(content) > MAX_CONFIGURATION_BYTES:
        raise ValueError(f"longer than {MAX_CONFIGURATION_BYTES} bytes")
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _opened_at_once(path: str, flags: int) -> int:
    # Opening a pipe would wait for whoever writes to it.
    return os.open(path, flags | os.O_NONBLOCK)


def _signature(path: str) -> tuple[int, int]:
    # Before each change: a `Path` would take twice as long.
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns
