"""Of the lines that were read, those that nobody has read before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from heddle_worker.repository.reflog_files import LogKind, LogRead
from heddle_worker.repository.reflog_lines import ReflogLine, line_id, number, owners

KnownLines: TypeAlias = Callable[[Iterable[bytes]], set[bytes]]
"""Returns those of some line ids that were read before."""


class FreshLine(NamedTuple):
    """A line that nobody has read before.

    Attributes:
        line: what it says.
        line_id: lasting and unique.
        owner: full name of its ref at that time; see `owners`.
        branch: short name of the branch that a `HEAD` was on after it; empty for none.
    """

    line: ReflogLine
    line_id: bytes
    owner: bytes
    branch: bytes


@dataclass(frozen=True, slots=True)
class FreshLog:
    """What is new in one log, in its order.

    Attributes:
        read: what was read of it.
        lines: the new ones.
        branch_at_end: short name of the branch that a `HEAD` is on after all of them.
    """

    read: LogRead
    lines: Sequence[FreshLine]
    branch_at_end: bytes


def fresh_lines(
    read: LogRead, branches: Sequence[bytes], known: KnownLines, taken: set[bytes]
) -> list[FreshLine]:
    """Return what is new in a log.

    Args:
        read: what was read of it.
        branches: for each line, the branch that a `HEAD` was on.
        known: finds the lines that were read at other times.
        taken: ids of the lines that the logs read just before had; those of this one are added.
    """
    if read.log.kind is LogKind.HEAD:
        names = [read.log.ref] * len(read.lines)
    else:
        names = owners(read.lines, read.log.ref)
    if read.is_continued:
        # Each of these is new: they stand behind everything that was read before.
        ids = number(read.lines, names, lambda *alike: _count_known(known, *alike))
        seen: set[bytes] = set()
    else:
        ids = number(read.lines, names, lambda *_alike: 0)
        seen = known(ids)
    fresh = [
        one
        for one in map(FreshLine, read.lines, ids, names, branches)
        if one.line_id not in seen and one.line_id not in taken
    ]
    taken.update(ids)
    return fresh


def _count_known(known: KnownLines, owner: bytes, content: bytes) -> int:
    """Return how many lines alike were read before; their ordinals have no gaps."""

    def is_known(ordinal: int) -> bool:
        return bool(known([line_id(owner, content, ordinal)]))

    low, high = 0, 1
    while is_known(high - 1):
        low, high = high, high * 2
    while low < high - 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_known(middle - 1) else (low, middle)
    return low
