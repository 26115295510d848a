"""A run of the store that was recorded, and copies of its files with something wrong in them."""

from __future__ import annotations

import contextlib
import functools
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import apsw

from heddle_worker.store.database import Database, database_path
from heddle_worker.store.operations import NewOperation, append
from heddle_worker.store.writer import Writer

_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_SALT_OF_LOG: Final = slice(16, 24)
_SALT_OF_FRAME: Final = slice(8, 16)
_LEFT_OVER: Final = 20
"""How many frames of an earlier round are kept behind those of the last one."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The files of a store as they were right after the last acknowledged write.

    Attributes:
        main, wal: contents of the database file and of its write-ahead log.
        base: how many operations the main file had when the log was begun.
        acknowledged: after each write, how many operations were acknowledged, and how much of the
            log's beginning holds all that was written until then, in bytes.
    """

    main: bytes
    wal: bytes
    base: int
    acknowledged: tuple[tuple[int, int], ...]

    def safe_before(self, offset: int) -> int:
        """Return how many operations lie wholly before an offset in the log."""
        return max([self.base, *(count for count, end in self.acknowledged if end <= offset)])

    def frames(self) -> list[int]:
        """Return where the log's frames begin, those of earlier rounds included."""
        return list(range(_HEADER, len(self.wal), _frame_size(self.wal)))

    def pages_in_log(self) -> set[int]:
        """Return the numbers, from 1, of the pages of which the log has newer ones."""
        return {struct.unpack_from(">I", self.wal, start)[0] for start in self.frames()}

    def lay_out(self, heddle_dir: Path, *, main: bytes, wal: bytes) -> Path:
        """Write a store's files into an empty `.heddle` directory; return the database's path."""
        path = database_path(heddle_dir)
        path.parent.mkdir(parents=True, mode=0o700)
        path.write_bytes(main)
        path.with_name(f"{path.name}-wal").write_bytes(wal)
        return path


def record(heddle_dir: Path, *, writes: int, checkpoint_after: int = 0) -> Recording:
    """Append operations in many acknowledged writes, on a machine that then goes down.

    Args:
        heddle_dir: an empty one.
        writes: how many.
        checkpoint_after: the log is begun anew after so many of them; 0 for never.
    """
    first = Database.open(heddle_dir)
    base = len(append(first.connection, _operations(0, 200)))
    first.close()
    with contextlib.closing(Writer(Database.open(heddle_dir))) as writer:
        path = database_path(heddle_dir)
        wal_path = path.with_name(f"{path.name}-wal")
        # As it looks to whoever finds the files after the next start of the machine.
        writer.submit(_claim_for_another_boot).result()
        count = base
        acknowledged: list[tuple[int, int]] = []
        for number in range(writes):
            work = functools.partial(append, operations=_operations(count, 1 + number % 3))
            count += len(writer.submit(work).result())
            if checkpoint_after and number == checkpoint_after:
                _begin_log_anew(writer, wal_path)
                base, acknowledged = count, []
            acknowledged.append((count, _live_end(wal_path.read_bytes())))
        wal = wal_path.read_bytes()
        kept = acknowledged[-1][1] + _LEFT_OVER * _frame_size(wal)
        return Recording(path.read_bytes(), wal[:kept], base, tuple(acknowledged))


def _operations(after: int, count: int) -> list[NewOperation]:
    return [
        NewOperation(
            timestamp_secs=1_700_000_000 + number,
            verb="snapshot",
            actor_email="ada@example.com",
            thread="main",
            change_id=number.to_bytes(20, "big"),
            detail=f"commit: number {number} " + "x" * (number % 7 * 60),
            symbols=(f"file{number % 5}.py:f", "all.py:g"),
        )
        for number in range(after + 1, after + count + 1)
    ]


def _claim_for_another_boot(connection: apsw.Connection) -> None:
    connection.execute("UPDATE meta SET value = 'another-boot 00' WHERE key = 'opened'")


def _begin_log_anew(writer: Writer, wal_path: Path) -> None:
    """Write until the writer has put everything into the main file."""
    before = wal_path.read_bytes()[_SALT_OF_LOG]
    while wal_path.read_bytes()[_SALT_OF_LOG] == before:
        writer.submit(_write_much).result()


def _write_much(connection: apsw.Connection) -> None:
    connection.execute("REPLACE INTO meta VALUES ('much', hex(randomblob(200000)))")


def _live_end(wal: bytes) -> int:
    """Return where the last transaction of the log's present round ends, in bytes."""
    end, size = 0, _frame_size(wal)
    for start in range(_HEADER, len(wal), size):
        frame = wal[start : start + _FRAME_HEADER]
        # The header's salt stands in every frame of the same round.
        if frame[_SALT_OF_FRAME] != wal[_SALT_OF_LOG]:
            break
        (pages_if_commit,) = struct.unpack_from(">I", frame, 4)
        if pages_if_commit:
            end = start + size
    return end


def _frame_size(wal: bytes) -> int:
    (page_size,) = struct.unpack_from(">I", wal, 8)
    return _FRAME_HEADER + int(page_size)


def contents_of(directory: Path) -> dict[str, bytes]:
    """Return what a store's files contain, but for that which SQLite makes for the time being."""
    return {
        path.name: path.read_bytes()
        for path in directory.iterdir()
        if not path.name.endswith("-shm")
    }
