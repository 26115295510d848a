"""What hooks and subscribers were told of, so that a next worker can go on from there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import apsw

from heddle_worker.limits import MAX_TOLD_SIGNALS

_EXPECT: Final = """
INSERT OR IGNORE INTO told_operations SELECT 1, coalesce(max(seq), 0) FROM operations
"""
_ADVANCE: Final = "UPDATE told_operations SET seq = ?1 WHERE seq < ?1"
_NOTE: Final = "INSERT INTO told_signals (state, kind) VALUES (?, ?) ON CONFLICT DO NOTHING"
_SHORTEN: Final = """
DELETE FROM told_signals WHERE id <= (SELECT max(id) FROM told_signals) - ?
"""
_NOBODY: Final = ""
"""Stands where a branch's name does, and is none."""


def operations(connection: apsw.Connection) -> int | None:
    """Return up to which entry of the operation log everybody was told; `None` if nobody was."""
    seq: int | None = connection.execute("SELECT seq FROM told_operations").get
    return seq


def begin_operations(connection: apsw.Connection, seq: int) -> None:
    """Note that somebody listens, and is told of what comes after an entry."""
    connection.execute("INSERT OR REPLACE INTO told_operations VALUES (1, ?)", (seq,))


def expect_operations(connection: apsw.Connection) -> None:
    """Note that somebody is about to listen, unless somebody does."""
    connection.execute(_EXPECT)


def note_operations(connection: apsw.Connection, seq: int) -> None:
    """Note that everybody was told of all up to an entry, if anybody listens."""
    connection.execute(_ADVANCE, (seq,))


def end_operations(connection: apsw.Connection) -> None:
    """Note that nobody listens any longer."""
    connection.execute("DELETE FROM told_operations")


def tips(connection: apsw.Connection) -> dict[str, bytes] | None:
    """Return where the branches were up to which everybody was told of signals; by their names.

    `None` says that nobody was.
    """
    found = dict(connection.execute("SELECT name, tip FROM told_tips"))
    return found if found.pop(_NOBODY, None) is not None else None


def begin_tips(connection: apsw.Connection, branches: Mapping[str, bytes]) -> None:
    """Note that somebody listens to signals of whatever comes to branches beyond these tips."""
    end_tips(connection)
    rows = [(_NOBODY, b""), *branches.items()]
    connection.executemany("INSERT INTO told_tips VALUES (?, ?)", rows)


def expect_tips(connection: apsw.Connection, branches: Mapping[str, bytes]) -> None:
    """Do what `begin_tips` does, unless somebody listens."""
    if tips(connection) is None:
        begin_tips(connection, branches)


def move_tips(
    connection: apsw.Connection, before: Mapping[str, bytes], now: Mapping[str, bytes]
) -> None:
    """Note that everybody was told of signals up to these tips, and not only up to those before."""
    gone = [(name,) for name in before.keys() - now.keys()]
    moved = [item for item in now.items() if before.get(item[0]) != item[1]]
    connection.executemany("DELETE FROM told_tips WHERE name = ?", gone)
    connection.executemany("INSERT OR REPLACE INTO told_tips VALUES (?, ?)", moved)


def end_tips(connection: apsw.Connection) -> None:
    """Note that nobody listens to signals any longer."""
    connection.execute("DELETE FROM told_tips")


def end(connection: apsw.Connection) -> None:
    """Note that nobody is told of anything any longer."""
    end_operations(connection)
    end_tips(connection)


def signals(connection: apsw.Connection, state: bytes) -> set[str]:
    """Return the kinds of a state's signals that everybody was told of."""
    query = "SELECT kind FROM told_signals WHERE state = ?"
    return {kind for (kind,) in connection.execute(query, (state,))}


def note_signals(connection: apsw.Connection, state: bytes, kinds: Iterable[str]) -> None:
    """Note that everybody was told of a state's signals of some kinds; the oldest are forgotten."""
    connection.executemany(_NOTE, [(state, kind) for kind in kinds])
    connection.execute(_SHORTEN, (MAX_TOLD_SIGNALS,))


def conflicts(connection: apsw.Connection) -> dict[bytes, tuple[str, bytes]]:
    """Return the conflicts that there were: by the worktree, the cause."""
    rows = connection.execute("SELECT worktree, name, content FROM told_conflicts")
    return {worktree: (name, content) for worktree, name, content in rows}


def set_conflicts(connection: apsw.Connection, found: Mapping[bytes, tuple[str, bytes]]) -> None:
    """Note the conflicts that there are, in place of those that there were."""
    connection.execute("DELETE FROM told_conflicts")
    rows = [(worktree, *cause) for worktree, cause in found.items()]
    connection.executemany("INSERT INTO told_conflicts VALUES (?, ?, ?)", rows)
