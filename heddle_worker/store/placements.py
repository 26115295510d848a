"""Where discussions are at the HEAD of each worktree: a table that can be worked out again.

It is what makes the discussions of one symbol cost the same among a hundred and among a hundred
thousand: they are found by an index, and a HEAD that moves changes the rows of touched files alone.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import apsw

_COLUMNS: Final = (
    "p.discussion, p.path, p.symbol, p.start_line, p.end_line, p.is_changed, p.is_orphaned"
)
_LISTED: Final = "d.resolution = 'open', d.bytes + octet_length(d.reason)"
# What is gone by now is not placed.
_PUT: Final = """
INSERT OR REPLACE INTO placements
SELECT ?1, number, ?3, ?4, ?5, ?6, ?7, ?8 FROM discussions WHERE number = ?2
"""
# Left to itself, SQLite reads all of a view so as not to sort, or for want of statistics.
_LISTED_AT: Final = f"""
SELECT {_COLUMNS}, {_LISTED} FROM placements p INDEXED BY placements_by_place
CROSS JOIN discussions d ON d.number = p.discussion
WHERE p.view = ? AND p.path = ? AND p.symbol = ? AND p.discussion > ? ORDER BY p.discussion
"""  # noqa: S608 - ours
_LISTED_IN: Final = f"""
SELECT {_COLUMNS}, {_LISTED} FROM placements p INDEXED BY placements_by_place
CROSS JOIN discussions d ON d.number = p.discussion
WHERE p.view = ? AND p.path = ?
"""  # noqa: S608 - ours
_LISTED_ALL: Final = f"""
SELECT {_COLUMNS}, {_LISTED} FROM placements p CROSS JOIN discussions d ON d.number = p.discussion
WHERE p.view = ? AND p.discussion > ? ORDER BY p.discussion
"""  # noqa: S608 - ours
_ORPHANED: Final = f"""
SELECT {_COLUMNS} FROM placements p INDEXED BY placements_orphaned
WHERE p.view = ? AND p.is_orphaned
"""  # noqa: S608 - ours
_IN_FILE: Final = """
SELECT discussion FROM placements WHERE view = ?1 AND path = ?2
UNION ALL SELECT number FROM discussions WHERE path = ?2 AND number <= ?3
"""
_MOVE_ON: Final = """
UPDATE placement_views
SET version = ?, state_id = ?, newest = ?, generation = generation + 1
WHERE id = ? AND generation = ?
"""


@dataclass(frozen=True, slots=True)
class View:
    """How far the placements of one worktree have got.

    Attributes:
        id: of the view.
        worktree: what tells the worktree from others.
        version: of what has found the places.
        state_id: raw id of the state that the discussions are placed in; empty before any commit.
        newest: number of the last discussion that is placed.
        generation: counts the steps that led here.
    """

    id: int
    worktree: bytes
    version: str
    state_id: bytes
    newest: int
    generation: int


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a discussion is in one state.

    Attributes:
        discussion: its number.
        path, symbol: the symbol; of an orphaned one, where it was last.
        start_line, end_line: counted from 1, both inclusive; 0 for a file as a whole, and for an
            orphaned one.
        is_changed: the symbol's bytes are not those it was opened about.
        is_orphaned: the symbol is gone.
    """

    discussion: int
    path: bytes
    symbol: str
    start_line: int
    end_line: int
    is_changed: bool
    is_orphaned: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A placement, with what it takes to decide whether its discussion is to be shown.

    Attributes:
        placement: of the discussion.
        is_open: nobody has settled it.
        size: bytes of all its texts.
    """

    placement: Placement
    is_open: bool
    size: int


def view_of(connection: apsw.Connection, worktree: bytes) -> View | None:
    """Return the view of a worktree."""
    return _view(connection, "worktree = ?", worktree)


def open_view(connection: apsw.Connection, worktree: bytes) -> View:
    """Return the view of a worktree; a new one begins as a copy of the view that moved on most."""
    view = view_of(connection, worktree)
    if view is not None:
        return view
    model = _view(connection, "true ORDER BY generation DESC LIMIT ?", 1) or View(
        0, worktree, "", b"", 0, 0
    )
    connection.execute(
        "INSERT INTO placement_views (worktree, version, state_id, newest, generation) "
        "VALUES (?, ?, ?, ?, 0)",
        (worktree, model.version, model.state_id, model.newest),
    )
    made = connection.last_insert_rowid()
    connection.execute(
        "INSERT INTO placements SELECT ?, discussion, path, symbol, start_line, end_line, "
        "is_changed, is_orphaned FROM placements WHERE view = ?",
        (made, model.id),
    )
    return dataclasses.replace(model, id=made, worktree=worktree, generation=0)


def forget_views(connection: apsw.Connection, present: Collection[bytes]) -> None:
    """Drop the views of worktrees that are no longer there."""
    for view_id, worktree in connection.execute(
        "SELECT id, worktree FROM placement_views"
    ).fetchall():
        if worktree not in present:
            connection.execute("DELETE FROM placement_views WHERE id = ?", (view_id,))


def move_on(
    connection: apsw.Connection, before: View, after: View, placed: Iterable[Placement]
) -> bool:
    """Take a view on: these placements replace those of the same discussions.

    Args:
        connection: in a transaction.
        before: the view as it was when the placements were found out.
        after: the same with another version, state and newest number.
        placed: where discussions are elsewhere than before.

    Returns:
        Whether it was done; it is not when somebody else has taken the view on meanwhile.
    """
    row = (after.version, after.state_id, after.newest, before.id, before.generation)
    connection.execute(_MOVE_ON, row)
    if not connection.changes():
        return False
    connection.executemany(
        _PUT,
        (
            (
                before.id,
                placement.discussion,
                placement.path,
                placement.symbol,
                placement.start_line,
                placement.end_line,
                placement.is_changed,
                placement.is_orphaned,
            )
            for placement in placed
        ),
    )
    return True


def of(connection: apsw.Connection, view: View, wanted: Iterable[int]) -> dict[int, Placement]:
    """Return where some discussions are, by their numbers."""
    statement = (
        f"SELECT {_COLUMNS} FROM json_each(?) j "  # noqa: S608 - ours
        "CROSS JOIN placements p ON p.view = ? AND p.discussion = j.value"
    )
    rows = connection.execute(statement, (json.dumps(list(wanted)), view.id))
    return {row[0]: _placement(row) for row in rows}


def numbers(connection: apsw.Connection, view: View) -> list[int]:
    """Return the numbers of all discussions that are placed."""
    statement = "SELECT discussion FROM placements WHERE view = ?"
    return [number for (number,) in connection.execute(statement, (view.id,))]


def numbers_in(connection: apsw.Connection, view: View, paths: Iterable[bytes]) -> set[int]:
    """Return the numbers of the discussions that are in some files, or were opened there."""
    return {
        number
        for path in paths
        for (number,) in connection.execute(_IN_FILE, (view.id, path, view.newest))
    }


def orphaned(connection: apsw.Connection, view: View) -> dict[int, Placement]:
    """Return where the discussions whose symbol is gone were last, by their numbers."""
    return {row[0]: _placement(row) for row in connection.execute(_ORPHANED, (view.id,))}


def unplaced(connection: apsw.Connection, newest: int) -> list[int]:
    """Return the numbers of the discussions after `newest`, in order."""
    statement = "SELECT number FROM discussions WHERE number > ? ORDER BY number"
    return [number for (number,) in connection.execute(statement, (newest,))]


def listed_at(
    connection: apsw.Connection, view: View, path: bytes, symbol: str, after: int = 0
) -> Iterator[Listed]:
    """Yield what is placed at a symbol, in the order of opening, from a number on."""
    rows = connection.execute(_LISTED_AT, (view.id, path, symbol, after))
    return map(_listed, rows)


def listed_in(connection: apsw.Connection, view: View, path: bytes) -> Iterator[Listed]:
    """Yield what is placed in a file."""
    return map(_listed, connection.execute(_LISTED_IN, (view.id, path)))


def listed(connection: apsw.Connection, view: View, after: int = 0) -> Iterator[Listed]:
    """Yield all that is placed, in the order of opening, from a number on."""
    return map(_listed, connection.execute(_LISTED_ALL, (view.id, after)))


def as_listed(connection: apsw.Connection, placed: Iterable[Placement]) -> list[Listed]:
    """Return the same for placements that are not in the table, in the order of opening."""
    by_number = {placement.discussion: placement for placement in placed}
    rows = connection.execute(
        f"SELECT d.number, {_LISTED} FROM json_each(?) j "  # noqa: S608 - ours
        "CROSS JOIN discussions d ON d.number = j.value ORDER BY d.number",
        (json.dumps(list(by_number)),),
    )
    return [Listed(by_number[number], bool(is_open), size) for number, is_open, size in rows]


def _view(connection: apsw.Connection, condition: str, value: object) -> View | None:
    statement = (
        "SELECT id, worktree, version, state_id, newest, generation FROM placement_views "  # noqa: S608
        f"WHERE {condition}"
    )
    return next((View(*row) for row in connection.execute(statement, (value,))), None)


def _listed(row: tuple[Any, ...]) -> Listed:
    return Listed(_placement(row), bool(row[7]), row[8])


def _placement(row: tuple[Any, ...]) -> Placement:
    discussion, path, symbol, start_line, end_line, is_changed, is_orphaned = row[:7]
    return Placement(
        discussion, path, symbol, start_line, end_line, bool(is_changed), bool(is_orphaned)
    )
