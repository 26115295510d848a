"""The daemon's log: one event a line, appended by several processes, rotated by size."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Final

_MAX_BYTES: Final = 1_048_576
_KEPT: Final = 3
_TAIL_BYTES: Final = 262_144
_FOLLOW_SECONDS: Final = 0.2


class EventLog:
    """Appends events to a log file.

    A line is `<UTC time> pid=<pid> role=<role> event=<name> key=value …`; values with white space
    or quotes are JSON strings. Lines are appended in one write, so those of several processes do
    not mix. A log that cannot be written (a full disk) never disturbs its writer: the line is lost.
    """

    def __init__(self, path: Path, role: str) -> None:
        self.path = path
        self._role = role

    def event(self, name: str, /, **fields: object) -> None:
        """Append one event, which happens now."""
        self.event_at(time.time(), name, **fields)

    def event_at(self, at: float, name: str, /, **fields: object) -> None:
        """Append one event that happened `at` so many seconds since the epoch."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03d}Z"
        words = {"pid": os.getpid(), "role": self._role, "event": name, **fields}
        line = stamp + "".join(f" {key}={_render(value)}" for key, value in words.items()) + "\n"
        with contextlib.suppress(OSError):
            self._append(line.encode())

    def _append(self, line: bytes) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.path, flags, 0o600)
        try:
            if os.fstat(descriptor).st_size > _MAX_BYTES:
                self._rotate(descriptor)
            os.write(descriptor, line)
        finally:
            os.close(descriptor)

    def _rotate(self, descriptor: int) -> None:
        """Rename the full log away; one process does it, the others write one line more to it."""
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        try:
            if os.fstat(descriptor).st_ino != self.path.stat().st_ino:
                return
        except FileNotFoundError:
            return  # another process has rotated it, and nobody has written since
        for number in range(_KEPT - 1, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                self._numbered(number).replace(self._numbered(number + 1))
        self.path.replace(self._numbered(1))

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")


def _render(value: object) -> str:
    text = str(value)
    plain = text.isprintable() and not any(c.isspace() or c in '"=' for c in text)
    return text if text and plain else json.dumps(text)


def parse_line(line: str) -> dict[str, str]:
    """Return what a line tells: its time as `time`, and its keys with their values."""
    stamp, _, rest = line.partition(" ")
    fields = {"time": stamp}
    decoder = json.JSONDecoder()
    while rest:
        key, _, rest = rest.partition("=")
        if rest.startswith('"'):
            value, end = decoder.raw_decode(rest)
            fields[key], rest = value, rest[end + 1 :]
        else:
            fields[key], _, rest = rest.partition(" ")
    return fields


def tail(path: Path, lines: int) -> list[str]:
    """Return the last lines of a log, oldest first; none where there is no log."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return text.splitlines()[-lines:] if lines else []


def follow_lines(path: Path, lines: int) -> Iterator[str]:
    """Yield the last lines of a log, then each new one as it comes, across rotations."""
    with contextlib.ExitStack() as stack:
        file = _open(path, stack)
        if file is not None:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            *whole, rest = file.read().split(b"\n")
            yield from _decoded(whole[-lines:] if lines else [])
        while True:
            over = file is None or _is_rotated(path, file)
            if file is not None:
                *whole, rest = (rest + file.read()).split(b"\n")
                yield from _decoded(whole)
            if over:
                stack.close()
                file, rest = _open(path, stack), b""
            time.sleep(_FOLLOW_SECONDS)


def _open(path: Path, stack: contextlib.ExitStack) -> IO[bytes] | None:
    with contextlib.suppress(FileNotFoundError):
        return stack.enter_context(path.open("rb"))
    return None


def _is_rotated(path: Path, file: IO[bytes]) -> bool:
    try:
        return path.stat().st_ino != os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    return (line.decode(errors="replace") for line in lines)
