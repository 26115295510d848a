"""Taking back what was changed in the store, in another transaction than the one that did it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

import apsw

# What clients' calls change. The log and the memory of operation ids are not undone, nor is what
# can be worked out again.
_TABLES: Final = (
    "hooks",
    "discussions",
    "discussion_turns",
    "annotations",
    "signatures",
    "signed_symbols",
)


@contextlib.contextmanager
def recording(connection: apsw.Connection) -> Iterator[Callable[[], bytes]]:
    """Record what the block changes; the function returns it as a changeset, after the block."""
    session = apsw.Session(connection, "main")
    try:
        for table in _TABLES:
            session.attach(table)
        changes: list[bytes] = []
        yield lambda: changes[0]
        changes.append(session.changeset())
    finally:
        session.close()


def undo(connection: apsw.Connection, changeset: bytes) -> None:
    """Undo a changeset, except in rows that were changed again since."""
    if changeset:
        apsw.Changeset.apply(
            apsw.Changeset.invert(changeset),
            connection,
            conflict=lambda _reason, _change: apsw.SQLITE_CHANGESET_OMIT,
        )
