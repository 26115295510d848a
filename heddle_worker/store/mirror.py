"""How far other records have been read into the operation log, so that nothing is read in twice.

The records are files of lines that grow at their ends. What is remembered of them moves on in the
same transaction that appends what was read, and only from the state that the reader saw: of two
readers that set out from the same state, the second one is told to look again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import apsw

_K = TypeVar("_K")
_V = TypeVar("_V", bytes, int)

_UNPAIRED_REACH: Final = 1_000
"""How many entries back the other line of a pair is looked for: it comes within milliseconds."""


class MirrorMovedOnError(Exception):
    """Somebody else has read meanwhile: look again from the new state."""


@dataclass(frozen=True, slots=True)
class FileCursor:
    """How far one file has been read.

    Attributes:
        path: of the file, relative to what is mirrored.
        offset: bytes that were read.
        tail: digest of what stood right before the offset.
        signature: of the file's metadata when everything in it had been read; empty when not.
        branch: where the last line that was read had led.
    """

    path: bytes
    offset: int
    tail: bytes
    signature: bytes
    branch: bytes


@dataclass(frozen=True, slots=True)
class Unpaired:
    """An entry of the log that a line of another file may turn out to tell as well.

    Attributes:
        seq: the entry.
        key: digest that both lines have in common.
        of_head: the line that is known is that of a `HEAD`; the other one, a branch's.
    """

    seq: int
    key: bytes
    of_head: bool


@dataclass(frozen=True, slots=True)
class MirrorStep:
    """What changes with one step.

    Attributes:
        line_ids: lines that are known from now on.
        cursors: new or moved ones.
        gone_cursors: paths of files that are no more.
        refs: name to target, of new or moved refs.
        gone_refs: names.
        unpaired: new ones.
        paired: the entries whose other line has been found.
        newest: the newest entry of the log after this step; 0 when it adds none.
    """

    line_ids: Sequence[bytes] = ()
    cursors: Sequence[FileCursor] = ()
    gone_cursors: Sequence[bytes] = ()
    refs: Mapping[bytes, bytes] = field(default_factory=dict)
    gone_refs: Sequence[bytes] = ()
    unpaired: Sequence[Unpaired] = ()
    paired: Sequence[int] = ()
    newest: int = 0


@dataclass(slots=True)
class MirrorState:
    """What is remembered; `generation` counts the steps that led to it."""

    generation: int = 0
    cursors: dict[bytes, FileCursor] = field(default_factory=dict)
    refs: dict[bytes, bytes] = field(default_factory=dict)
    unpaired: dict[int, Unpaired] = field(default_factory=dict)

    def follow(self, step: MirrorStep) -> None:
        """Become what `advance` has made of the remembered state."""
        self.generation += 1
        self.cursors.update((cursor.path, cursor) for cursor in step.cursors)
        _drop(self.cursors, step.gone_cursors)
        self.refs.update(step.refs)
        _drop(self.refs, step.gone_refs)
        self.unpaired.update((one.seq, one) for one in step.unpaired)
        _drop(self.unpaired, step.paired)
        _drop(self.unpaired, [seq for seq in self.unpaired if seq < step.newest - _UNPAIRED_REACH])


def generation(connection: apsw.Connection) -> int:
    """Return the number of steps taken so far."""
    return int(connection.execute("SELECT generation FROM mirror").get)


def load(connection: apsw.Connection) -> MirrorState:
    """Return what is remembered."""
    state = MirrorState(generation=generation(connection))
    for path, offset, tail, signature, branch in connection.execute(
        "SELECT path, offset, tail, signature, branch FROM mirror_cursors"
    ):
        state.cursors[path] = FileCursor(path, offset, tail, signature, branch)
    for name, target in connection.execute("SELECT name, target FROM mirror_refs"):
        state.refs[name] = target
    for seq, key, of_head in connection.execute("SELECT seq, key, of_head FROM mirror_unpaired"):
        state.unpaired[seq] = Unpaired(seq, key, bool(of_head))
    return state


def known_lines(connection: apsw.Connection, line_ids: Iterable[bytes]) -> set[bytes]:
    """Return those of the lines that have been read before."""
    find = "SELECT 1 FROM mirror_lines WHERE id = ?"
    return {one for one in line_ids if connection.execute(find, (one,)).get is not None}


def advance(connection: apsw.Connection, generation: int, step: MirrorStep) -> None:
    """Take a step within the caller's transaction, the one that appends what was read.

    Raises:
        MirrorMovedOnError: `generation`, from which the step starts, is not the newest any more.
    """
    connection.execute(
        "UPDATE mirror SET generation = generation + 1 WHERE generation = ?", (generation,)
    )
    if connection.changes() == 0:
        raise MirrorMovedOnError
    many = connection.executemany
    many("INSERT OR IGNORE INTO mirror_lines VALUES (?)", _rows(step.line_ids))
    many(
        "INSERT OR REPLACE INTO mirror_cursors VALUES (?, ?, ?, ?, ?)",
        [(c.path, c.offset, c.tail, c.signature, c.branch) for c in step.cursors],
    )
    many("DELETE FROM mirror_cursors WHERE path = ?", _rows(step.gone_cursors))
    many("INSERT OR REPLACE INTO mirror_refs VALUES (?, ?)", step.refs.items())
    many("DELETE FROM mirror_refs WHERE name = ?", _rows(step.gone_refs))
    many(
        "INSERT INTO mirror_unpaired VALUES (?, ?, ?)",
        [(one.seq, one.key, int(one.of_head)) for one in step.unpaired],
    )
    many("DELETE FROM mirror_unpaired WHERE seq = ?", _rows(step.paired))
    connection.execute(
        "DELETE FROM mirror_unpaired WHERE seq < ?", (step.newest - _UNPAIRED_REACH,)
    )


def _rows(values: Sequence[_V]) -> list[tuple[_V]]:
    return [(value,) for value in values]


def _drop(mapping: dict[_K, Any], keys: Iterable[_K]) -> None:
    for key in keys:
        mapping.pop(key, None)
