"""The files that hold the reflogs: finding them, and reading what is new at their ends."""

from __future__ import annotations

import enum
import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final, Protocol

from heddle_worker.repository.ref_files import HEADS, REMOTES
from heddle_worker.repository.reflog_lines import ReflogLine, parse
from heddle_worker.repository.signatures import signature, signature_at
from heddle_worker.repository.walking import ref_files

_WINDOW: Final = 256
_DIGEST_BYTES: Final = 16


class LogKind(enum.Enum):
    """Whose moves a reflog records."""

    HEAD = "HEAD"
    BRANCH = "branch"
    REMOTE_BRANCH = "remote branch"
    STASH = "stash"


@dataclass(frozen=True, slots=True)
class LogFile:
    """A reflog.

    Attributes:
        path: its file.
        key: the path relative to the common directory, as bytes: names it for good.
        kind: whose moves it records.
        ref: the ref's full name; for a `HEAD`, the path of that file relative to the common
            directory.
        signature: of the file, from before anything was read of it.
    """

    path: Path
    key: bytes
    kind: LogKind
    ref: bytes
    signature: bytes


class Position(Protocol):
    """How far a log has been read."""

    @property
    def offset(self) -> int:
        """Bytes that were read."""

    @property
    def tail(self) -> bytes:
        """What `LogRead.tail_at` told at that offset."""

    @property
    def signature(self) -> bytes:
        """The log's, when everything in it had been read."""

    @property
    def branch(self) -> bytes:
        """Short name of the branch that a `HEAD` was on then; empty for none."""


@dataclass(frozen=True, slots=True)
class LogRead:
    """What was read of a log.

    Attributes:
        log: the file.
        lines: the complete ones that were read.
        is_continued: they follow what was read before; else they are everything in the file.
        end: offset after the last complete line.
    """

    log: LogFile
    lines: list[ReflogLine]
    is_continued: bool
    end: int
    _data: bytes
    _start: int

    def tail_at(self, end: int) -> bytes:
        """Return the digest of what stands right before the offset `end`."""
        return _digest(self._data[max(0, end - _WINDOW - self._start) : end - self._start])


def find_logs(common_dir: Path, seen: dict[Path, bytes]) -> Iterator[LogFile]:
    """Yield the reflogs of branches, of the stash, and then of every worktree's `HEAD`.

    Of the last ones, the signatures are put into `seen`: a branch's log never changes without a
    change in the directory of the branch's ref.
    """
    logs = common_dir / "logs"
    for kind, prefix in ((LogKind.BRANCH, HEADS), (LogKind.REMOTE_BRANCH, REMOTES)):
        for entry in ref_files(logs / os.fsdecode(prefix)):
            key = os.fsencode(entry.path)[len(os.fsencode(common_dir)) + 1 :]
            if not (kind is LogKind.REMOTE_BRANCH and key.endswith(b"/HEAD")):
                yield LogFile(
                    Path(entry.path), key, kind, key.removeprefix(b"logs/"), _signature_of(entry)
                )
    stash = logs / "refs/stash"
    if looks := signature_at(stash):
        yield LogFile(stash, b"logs/refs/stash", LogKind.STASH, b"refs/stash", looks)
    yield from _find_head_logs(common_dir, seen)


def _find_head_logs(common_dir: Path, seen: dict[Path, bytes]) -> Iterator[LogFile]:
    worktrees = common_dir / "worktrees"
    seen[worktrees] = signature_at(worktrees)
    for directory in ("", *(f"worktrees/{name}" for name in _names_in(worktrees))):
        path = common_dir / directory / "logs/HEAD"
        seen[path] = signature_at(path)
        if seen[path]:
            key = os.fsencode(path.relative_to(common_dir))
            ref = os.fsencode(Path(directory) / "HEAD")
            yield LogFile(path, key, LogKind.HEAD, ref, seen[path])


def read_log(log: LogFile, position: Position | None) -> LogRead | None:
    """Read what a log has gained since `position`, or all of it when it was rewritten since.

    Returns `None` when the file has gone meanwhile.
    """
    try:
        with log.path.open("rb") as file:
            if position and 0 < position.offset <= os.fstat(file.fileno()).st_size:
                start = max(0, position.offset - _WINDOW)
                file.seek(start)
                data = file.read()
                known = position.offset - start
                if _digest(data[:known]) == position.tail:
                    return _read(log, data, start, known)
                file.seek(0)
            return _read(log, file.read(), 0, None)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _read(log: LogFile, data: bytes, start: int, known: int | None) -> LogRead:
    begin = known or 0
    return LogRead(
        log=log,
        lines=parse(data[begin:], start + begin),
        is_continued=known is not None,
        end=start + max(begin, data.rfind(b"\n") + 1),
        _data=data,
        _start=start,
    )


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=_DIGEST_BYTES).digest()


def _names_in(directory: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in os.scandir(directory))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _signature_of(entry: os.DirEntry[str]) -> bytes:
    try:
        return signature(entry.stat())
    except FileNotFoundError:
        return b""
