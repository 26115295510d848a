"""Reads what git itself recorded of the activity in a repository, each act once.

The caller keeps what it is told to remember, together with the entries, and hands it in again the
next time. Files are read from where the last reading ended; what was rewritten, by the expiry of
old lines for example, is recognised line by line.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from heddle_worker.repository.entries import Entry
from heddle_worker.repository.errors import DamagedRepositoryError
from heddle_worker.repository.fresh_lines import FreshLog, KnownLines, fresh_lines
from heddle_worker.repository.head_branches import branches_of_head
from heddle_worker.repository.log_entries import entries_of_logs
from heddle_worker.repository.ordering import in_order
from heddle_worker.repository.pairing import IsBranch, Unpaired
from heddle_worker.repository.ref_entries import RefComparison
from heddle_worker.repository.ref_files import HEADS, Ref, RefFiles
from heddle_worker.repository.reflog_files import (
    LogFile,
    LogKind,
    LogRead,
    Position,
    find_logs,
    read_log,
)
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.signatures import Watchpoint

_PAIRING_REACH: Final = 1_000
"""How many entries back a twin may be missing: it is written within milliseconds."""
_SYMBOLIC: Final = re.compile(rb"ref: refs/heads/([^\n]+)\n")
_DIRECT: Final = re.compile(rb"[0-9a-f]{40}\n")


@dataclass(frozen=True, slots=True)
class LogCursor:
    """How far a log was read; `key` names the log, the rest is as in `Position`."""

    key: bytes
    offset: int
    tail: bytes
    signature: bytes
    branch: bytes


@dataclass(frozen=True, slots=True)
class Memory:
    """What the caller remembers from the last reading.

    Attributes:
        is_empty: there was none.
        positions: how far each log was read, by its key.
        refs: full name to raw id.
        unpaired: entries whose line had no twin yet.
        known: finds the lines that were read before.
    """

    is_empty: bool
    positions: Mapping[bytes, Position]
    refs: Mapping[bytes, bytes]
    unpaired: Unpaired
    known: KnownLines


@dataclass(frozen=True, slots=True)
class Step:
    """Some entries, in order, and what is to be remembered in the same moment."""

    entries: Sequence[Entry]
    cursors: Sequence[LogCursor] = ()
    gone_logs: Sequence[bytes] = ()
    unnoticed_refs: Mapping[bytes, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one reading found.

    Attributes:
        ordered: the entries, in order.
        tangled: entries without an order among themselves; normally none.
        logs: the logs that were read.
        gone_logs: keys of the logs that are no more.
        unnoticed_refs: refs to be remembered that have no entry.
        watchpoint: how everything looked right before it was read.
    """

    ordered: Sequence[Entry]
    tangled: Sequence[Entry]
    logs: Sequence[FreshLog]
    gone_logs: Sequence[bytes]
    unnoticed_refs: Mapping[bytes, bytes]
    watchpoint: Watchpoint

    def steps(self, size: int) -> Iterator[Step]:
        """Yield the entries in runs of `size`; after each, the reading can break off and go on."""
        # First what stays true whatever becomes of the rest.
        if self.gone_logs or self.unnoticed_refs:
            yield Step((), (), self.gone_logs, self.unnoticed_refs)
        last = max(0, (len(self.ordered) - 1) // size) * size
        for start in range(0, last, size):
            entries = self.ordered[start : start + size]
            yield Step(entries, list(self._cursors_after(entries)))
        entries = [*self.ordered[last:], *self.tangled]
        cursors = [_cursor_at_end(fresh) for fresh in self.logs]
        if entries or cursors:
            yield Step(entries, cursors)

    def _cursors_after(self, entries: Iterable[Entry]) -> Iterator[LogCursor]:
        places = {place.log: place for entry in entries for place in entry.places}
        for place in places.values():
            read = self.logs[place.log].read
            tail = read.tail_at(place.end)
            # Without a signature, so that the rest of the log is read again.
            yield LogCursor(read.log.key, place.end, tail, b"", place.branch)


class ReflogReader:
    """Reads the reflogs and refs of one repository. Not for several threads at once."""

    def __init__(self, repository: Repository, clock: Callable[[], float] = time.time) -> None:
        self._repository = repository
        self._clock = clock
        self._refs = RefFiles(repository.common_dir)
        self._watchpoint: Watchpoint | None = None

    def may_have_news(self) -> bool:
        """Return False when certainly nothing has happened since the batch given to `done`."""
        return self._watchpoint is None or not self._watchpoint.is_unchanged()

    def done(self, batch: Batch) -> None:
        """Note that everything in a batch is on record."""
        self._watchpoint = batch.watchpoint

    def read(self, memory: Memory) -> Batch:
        """Return what happened since what the caller remembers.

        Raises:
            DamagedRepositoryError: a file of the repository cannot be read.
        """
        try:
            return self._read(memory)
        except OSError as error:
            raise DamagedRepositoryError(
                f"cannot read {error.filename or self._repository.common_dir}: {error.strerror}"
            ) from error

    def _read(self, memory: Memory) -> Batch:
        now_ns = time.time_ns()
        seen: dict[Path, bytes] = {}
        # Refs before logs: git first writes that a ref moves, and then moves it.
        refs = self._refs.read(seen)
        logs, reads = _read_logs(self._repository.common_dir, seen, memory.positions)
        logged = {log.ref for log in logs}
        is_branch = _branch_test(refs, memory.refs, logged)
        fresh = list(self._fresh_logs(reads, memory, is_branch))
        entries = entries_of_logs(
            fresh,
            refs=memory.refs,
            is_branch=is_branch,
            unpaired=memory.unpaired,
        )
        told = {name for entry in entries for name, _target in entry.refs}
        comparison = RefComparison(
            before=memory.refs,
            now=refs,
            value_of=self._refs.value,
            tag_origin=self._repository.tag_origin,
            is_told=told.__contains__,
            is_logged=logged.__contains__,
            is_first=memory.is_empty,
            now_secs=int(self._clock()),
        )
        entries.extend(comparison.entries())
        ordered, tangled = in_order(entries)
        for entry in ordered[:-_PAIRING_REACH]:
            entry.pairing = b""
        return Batch(
            ordered=ordered,
            tangled=tangled,
            logs=fresh,
            gone_logs=sorted(memory.positions.keys() - {log.key for log in logs}),
            unnoticed_refs=comparison.unnoticed,
            watchpoint=Watchpoint(seen, now_ns),
        )

    def _fresh_logs(
        self, reads: Iterable[LogRead], memory: Memory, is_branch: IsBranch
    ) -> Iterator[FreshLog]:
        taken: set[bytes] = set()
        for read in reads:
            position = memory.positions.get(read.log.key) if read.is_continued else None
            before = position.branch if position else b""
            branches = [b""] * len(read.lines)
            if read.log.kind is LogKind.HEAD:
                branches = branches_of_head(
                    read.lines,
                    before=before,
                    now=_branch_now(read.log.path.parent.parent / "HEAD", is_branch),
                    is_branch=is_branch,
                )
            known = _knows_nothing if memory.is_empty else memory.known
            lines = fresh_lines(read, branches, known, taken)
            yield FreshLog(read, lines, branches[-1] if branches else before)


def _knows_nothing(_line_ids: Iterable[bytes]) -> set[bytes]:
    return set()


def _read_logs(
    common_dir: Path, seen: dict[Path, bytes], positions: Mapping[bytes, Position]
) -> tuple[list[LogFile], list[LogRead]]:
    """Return the logs there are, and what was read of those that changed."""
    logs, reads = [], []
    for log in find_logs(common_dir, seen):
        logs.append(log)
        position = positions.get(log.key)
        if position is not None and position.signature == log.signature:
            continue
        read = read_log(log, position)
        if read is not None:
            reads.append(read)
    return logs, reads


def _branch_test(
    refs: Mapping[bytes, Ref], before: Mapping[bytes, bytes], logged: set[bytes]
) -> IsBranch:
    def is_branch(name: bytes) -> bool:
        ref = name if name.startswith(HEADS) else HEADS + name
        return ref in refs or ref in before or ref in logged

    return is_branch


def _branch_now(head: Path, is_branch: IsBranch) -> bytes | None:
    """Return the branch that a `HEAD` file names, empty for none, `None` if it is not born yet."""
    try:
        content = head.read_bytes()
    except OSError:
        return None
    if _DIRECT.match(content):
        return b""
    symbolic = _SYMBOLIC.match(content)
    return symbolic[1] if symbolic and is_branch(symbolic[1]) else None


def _cursor_at_end(fresh: FreshLog) -> LogCursor:
    read = fresh.read
    return LogCursor(
        read.log.key, read.end, read.tail_at(read.end), read.log.signature, fresh.branch_at_end
    )
