"""Annotations: insights that discussions led to. Each goes where its discussion goes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import apsw

_INSERT: Final = "INSERT INTO annotations VALUES (?, ?, ?, ?, ?)"
_SELECT: Final = "SELECT a.id, a.discussion, a.kind, a.content, a.tags"


@dataclass(frozen=True, slots=True)
class StoredAnnotation:
    """An insight about a symbol.

    Attributes:
        id: opaque text.
        discussion: number of the one it comes from, which knows where the symbol is.
        kind: `constraint`, `invariant` or `rationale`.
        content: the insight.
        tags: free labels.
    """

    id: str
    discussion: int
    kind: str
    content: str
    tags: tuple[str, ...]


def add(connection: apsw.Connection, new: StoredAnnotation) -> None:
    """Add an annotation.

    Raises:
        apsw.ConstraintError: its discussion has one already.
    """
    row = (new.id, new.discussion, new.kind, new.content, json.dumps(new.tags))
    connection.execute(_INSERT, row)


def find(connection: apsw.Connection, annotation_id: str) -> StoredAnnotation | None:
    """Return the annotation of an id."""
    rows = connection.execute(f"{_SELECT} FROM annotations a WHERE a.id = ?", (annotation_id,))
    return next((_annotation(row) for row in rows), None)


def has_any(connection: apsw.Connection) -> bool:
    """Return whether there is any annotation."""
    return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM annotations)").get)


def every(connection: apsw.Connection) -> list[StoredAnnotation]:
    """Return all annotations, in the order in which their discussions were opened."""
    rows = connection.execute(f"{_SELECT} FROM annotations a ORDER BY a.discussion")
    return [_annotation(row) for row in rows]


def _annotation(row: tuple[Any, ...]) -> StoredAnnotation:
    return StoredAnnotation(row[0], row[1], row[2], row[3], tuple(json.loads(row[4])))
