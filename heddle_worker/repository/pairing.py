"""Which lines of different reflogs tell of the same act."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from heddle_worker.repository.activity import checkout, created_from, is_object_id
from heddle_worker.repository.fresh_lines import FreshLine, FreshLog
from heddle_worker.repository.ref_files import HEADS
from heddle_worker.repository.reflog_files import LogKind
from heddle_worker.repository.reflog_lines import pair_key

Spot: TypeAlias = tuple[int, int]
"""A line: the place of its log among the logs, and its own place in the log."""

IsBranch: TypeAlias = Callable[[bytes], bool]
"""Tells whether a name, short or full, is that of a branch."""


@dataclass(frozen=True, slots=True)
class Unpaired:
    """Entries of the operation log whose line had no twin yet, the oldest first by `pair_key`.

    A log may have been read while git was between its two writes.
    """

    heads: Mapping[bytes, deque[int]] = field(default_factory=dict)
    branches: Mapping[bytes, deque[int]] = field(default_factory=dict)

    def take_branch(self, content: bytes) -> int | None:
        """Return the entry of a branch's line to which that of a `HEAD` is the twin, once."""
        return _take(self.branches, content)

    def take_head(self, content: bytes) -> int | None:
        """Return the entry of a `HEAD`'s line to which that of a branch is the twin, once."""
        return _take(self.heads, content)


class Twins:
    """Finds for a line of a `HEAD` the one that its branch got in the same act."""

    def __init__(self, logs: Sequence[FreshLog]) -> None:
        self._spots: dict[bytes, list[tuple[bytes, Spot]]] = {}
        for log, fresh in enumerate(logs):
            if fresh.read.log.kind is LogKind.BRANCH:
                for place, one in enumerate(fresh.lines):
                    alike = self._spots.setdefault(one.line.content, [])
                    alike.append((one.owner, (log, place)))

    def take(self, of_head: FreshLine) -> Spot | None:
        """Return the twin, each only once; of several, that of the branch that `HEAD` is on."""
        alike = self._spots.get(of_head.line.content)
        if not alike or not of_head.line.new:
            return None
        names = [owner for owner, _spot in alike]
        own = HEADS + of_head.branch
        _owner, spot = alike.pop(names.index(own) if own in names else 0)
        return spot


@dataclass(frozen=True, slots=True)
class Landing:
    """The line with which a `HEAD` went to a branch just made, and whether that was a fork."""

    spot: Spot
    forks: bool


class Landings:
    """Finds for the making of a branch the `HEAD` that went to it in the same act."""

    def __init__(self, logs: Sequence[FreshLog], is_branch: IsBranch) -> None:
        self._is_branch = is_branch
        self._switches: dict[tuple[bytes, bytes, int], deque[tuple[Spot, bytes]]] = {}
        self._worktrees: dict[tuple[bytes, bytes], deque[Spot]] = {}
        for log, fresh in enumerate(logs):
            if fresh.read.log.kind is LogKind.HEAD:
                for place, one in enumerate(fresh.lines):
                    self._add((log, place), one)

    def take(self, of_branch: FreshLine) -> Landing | None:
        """Return the landing on the branch that a line tells the making of, each only once.

        It is a fork when the branch begins at the tip of another one.
        """
        line, name = of_branch.line, of_branch.owner.removeprefix(HEADS)
        start = created_from(line.message)
        if start is None:
            return None
        if switches := self._switches.get((name, line.new, line.seconds)):
            spot, origin = switches.popleft()
            at_head = start == b"HEAD" and not is_object_id(origin)
            return Landing(spot, at_head or self._is_other_branch(start, name))
        if worktrees := self._worktrees.get((name, line.new)):
            at_head = start == b"HEAD"
            return Landing(worktrees.popleft(), at_head or self._is_other_branch(start, name))
        return None

    def _add(self, spot: Spot, one: FreshLine) -> None:
        line = one.line
        if moved := checkout(line.message):
            key = moved.destination, line.new, line.seconds
            self._switches.setdefault(key, deque()).append((spot, moved.origin))
        elif not line.old and not line.message:
            self._worktrees.setdefault((one.branch, line.new), deque()).append(spot)

    def _is_other_branch(self, start: bytes, name: bytes) -> bool:
        return start.removeprefix(HEADS) != name and self._is_branch(start)


def _take(waiting: Mapping[bytes, deque[int]], content: bytes) -> int | None:
    # Most of the time nothing waits, and then nothing has to be digested.
    alike = waiting.get(pair_key(content)) if waiting else None
    return alike.popleft() if alike else None
