"""Discussions: what was said about a symbol, by whom, and what came of it."""

from __future__ import annotations

import array
import enum
import json
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import apsw

_INSERT: Final = """
INSERT INTO discussions (
    id, state_id, path, symbol, start_line, end_line, language, kind, content, meaning, sketch,
    opened_at, author_name, author_email, body, thread_ref, visibility,
    resolution, resolved_by, reason, last_position, bytes
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', x'', '', 0, ?)
RETURNING number
"""
_COLUMNS: Final = (
    "d.number, d.id, d.state_id, d.path, d.symbol, d.start_line, d.end_line, d.language, d.kind, "
    "d.content, d.meaning, d.sketch, d.opened_at, d.author_name, d.author_email, d.body, "
    "d.thread_ref, d.visibility, d.resolution, d.resolved_by, d.reason, a.id"
)
_FROM: Final = "FROM discussions d LEFT JOIN annotations a ON a.discussion = d.number"
_GROW: Final = """
UPDATE discussions SET last_position = last_position + 1, bytes = bytes + ? WHERE number = ?
RETURNING last_position, bytes
"""
_TURN: Final = "INSERT INTO discussion_turns VALUES (?, ?, ?, ?, ?, ?)"
_TURNS: Final = """
SELECT t.discussion, t.author_name, t.author_email, t.body, t.posted_at
FROM json_each(?) j CROSS JOIN discussion_turns t ON t.discussion = j.value
ORDER BY t.discussion, t.position
"""
_RESOLVE: Final = """
UPDATE discussions SET resolution = ?, resolved_by = ?, reason = ? WHERE number = ?
"""


class Resolution(enum.StrEnum):
    """What came of a discussion."""

    OPEN = "open"
    INTO_ANNOTATION = "into_annotation"
    BY_EDIT = "by_edit"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Origin:
    """The symbol that a discussion was opened about, as it was then.

    Attributes:
        state_id: raw id of the state, which may be gone by now.
        path: the file's, as git has it.
        symbol: its name; for the file as a whole, what people are shown as its path.
        start_line, end_line: counted from 1, both inclusive; 0 for the file as a whole.
        language: of the file; empty when it is not known.
        kind: what the symbol was; empty for the file as a whole.
        content, meaning: digests of the symbol; for the file as a whole, the raw id of its blob.
        sketch: of the symbol; empty for the file as a whole.
    """

    state_id: bytes
    path: bytes
    symbol: str
    start_line: int
    end_line: int
    language: str
    kind: str
    content: bytes
    meaning: bytes
    sketch: tuple[int, ...]

    @property
    def is_file(self) -> bool:
        """Whether it is the file as a whole."""
        return not self.kind


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a discussion; the time is in Unix seconds."""

    author_name: str
    author_email: str
    body: str
    posted_at: int

    @property
    def size(self) -> int:
        """Bytes of its texts."""
        return sum(len(text.encode()) for text in (self.author_name, self.author_email, self.body))


@dataclass(frozen=True, slots=True)
class NewDiscussion:
    """A discussion before it has its number.

    Attributes:
        id: opaque text.
        origin: what it is about.
        turn: the first one.
        thread_ref: free text.
        visibility: one of four words.
    """

    id: str
    origin: Origin
    turn: Turn
    thread_ref: str
    visibility: str


@dataclass(frozen=True, slots=True)
class Discussion:
    """A discussion; what it has in common with `NewDiscussion` is the same.

    Attributes:
        number: its place in the order in which they were opened.
        turns: the oldest first.
        resolution: what came of it.
        resolved_by: raw id of the state that settled it by an edit; else empty.
        reason: why it was dismissed; else empty.
        annotation_id: of what it was written down as; else empty.
    """

    number: int
    id: str
    origin: Origin
    turns: tuple[Turn, ...]
    thread_ref: str
    visibility: str
    resolution: Resolution
    resolved_by: bytes
    reason: str
    annotation_id: str

    @property
    def opened_at(self) -> int:
        """When it was opened, in Unix seconds."""
        return self.turns[0].posted_at

    @property
    def is_open(self) -> bool:
        """Whether nobody has settled it."""
        return self.resolution is Resolution.OPEN


def add(connection: apsw.Connection, new: NewDiscussion) -> int:
    """Add a discussion; return its number."""
    origin, turn = new.origin, new.turn
    row = (
        new.id,
        origin.state_id,
        origin.path,
        origin.symbol,
        origin.start_line,
        origin.end_line,
        origin.language,
        origin.kind,
        origin.content,
        origin.meaning,
        _packed(origin.sketch),
        turn.posted_at,
        turn.author_name,
        turn.author_email,
        turn.body,
        new.thread_ref,
        new.visibility,
        turn.size + len(new.thread_ref.encode()),
    )
    return int(connection.execute(_INSERT, row).get)


def append(connection: apsw.Connection, number: int, turn: Turn) -> tuple[int, int]:
    """Append a turn; return how many turns there were at most, and the bytes of what was said."""
    position, size = connection.execute(_GROW, (turn.size, number)).get
    row = (number, position, turn.author_name, turn.author_email, turn.body, turn.posted_at)
    connection.execute(_TURN, row)
    return position + 1, size


def resolve(
    connection: apsw.Connection,
    number: int,
    resolution: Resolution,
    *,
    resolved_by: bytes = b"",
    reason: str = "",
) -> None:
    """Note what came of a discussion."""
    connection.execute(_RESOLVE, (resolution, resolved_by, reason, number))


def find(connection: apsw.Connection, discussion_id: str) -> Discussion | None:
    """Return the discussion of an id."""
    rows = connection.execute(f"SELECT {_COLUMNS} {_FROM} WHERE d.id = ?", (discussion_id,))
    found = _as_discussions(connection, rows.fetchall())
    return found[0] if found else None


def number_of(connection: apsw.Connection, discussion_id: str) -> int | None:
    """Return the number of the discussion of an id."""
    rows = connection.execute("SELECT number FROM discussions WHERE id = ?", (discussion_id,))
    return next((number for (number,) in rows), None)


def load(connection: apsw.Connection, numbers: Collection[int]) -> list[Discussion]:
    """Return the discussions of some numbers, those that are there, in that order."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM json_each(?) j CROSS JOIN discussions d ON d.number = j.value "  # noqa: S608 - ours
        "LEFT JOIN annotations a ON a.discussion = d.number ORDER BY d.number",
        (json.dumps(list(numbers)),),
    )
    return _as_discussions(connection, rows.fetchall())


def origins(connection: apsw.Connection, numbers: Collection[int]) -> dict[int, Origin]:
    """Return what the discussions of some numbers are about."""
    rows = connection.execute(
        f"SELECT {_COLUMNS.removesuffix(', a.id')} FROM json_each(?) j "  # noqa: S608 - ours
        "CROSS JOIN discussions d ON d.number = j.value ORDER BY d.number",
        (json.dumps(list(numbers)),),
    )
    return {row[0]: _origin(row) for row in rows}


def opened_against(connection: apsw.Connection, state_id: bytes) -> list[int]:
    """Return the numbers of the discussions that were opened against a state, in order."""
    statement = "SELECT number FROM discussions WHERE state_id = ? ORDER BY number"
    return [number for (number,) in connection.execute(statement, (state_id,))]


def newest(connection: apsw.Connection) -> int:
    """Return the number of the discussion opened last, 0 for none."""
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM discussions").get)


def _as_discussions(
    connection: apsw.Connection, rows: Sequence[tuple[Any, ...]]
) -> list[Discussion]:
    turns: dict[int, list[Turn]] = {
        row[0]: [Turn(row[13], row[14], row[15], row[12])] for row in rows
    }
    for number, *fields in connection.execute(_TURNS, (json.dumps(list(turns)),)):
        turns[number].append(Turn(*fields))
    return [
        Discussion(
            number=row[0],
            id=row[1],
            origin=_origin(row),
            turns=tuple(turns[row[0]]),
            thread_ref=row[16],
            visibility=row[17],
            resolution=Resolution(row[18]),
            resolved_by=row[19],
            reason=row[20],
            annotation_id=row[21] or "",
        )
        for row in rows
    ]


def _origin(row: tuple[Any, ...]) -> Origin:
    state_id, path, symbol, start_line, end_line, language, kind, content, meaning, sketch = row[
        2:12
    ]
    return Origin(
        state_id=state_id,
        path=path,
        symbol=symbol,
        start_line=start_line,
        end_line=end_line,
        language=language,
        kind=kind,
        content=content,
        meaning=meaning,
        sketch=_unpacked(sketch),
    )


def _packed(sketch: tuple[int, ...]) -> bytes:
    return _little_endian(array.array("I", sketch)).tobytes()


def _unpacked(packed: bytes) -> tuple[int, ...]:
    values = array.array("I")
    values.frombytes(packed)
    return tuple(_little_endian(values))


def _little_endian(values: array.array[int]) -> array.array[int]:
    if sys.byteorder == "big":
        values.byteswap()
    return values
