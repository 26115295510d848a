"""Transactions on worktrees, how far an abort has got, and what waits for a commit."""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import apsw

from heddle_worker.store.operations import NewOperation
from heddle_worker.store.undo import undo

_COLUMNS: Final = (
    "id, worktree, state, thread, message, base_id, started_at, step, request, kept_as"
)
_BYTES_FIELDS: Final = frozenset({"change_id", "old_id"})


class TransactionState(enum.StrEnum):
    """What has become of a transaction, as clients are told."""

    ACTIVE = "active"
    COMMITTED = "committed"
    ABORTED = "aborted"


class AbortStep(enum.StrEnum):
    """How far the abort of an active transaction has got, as noted before each step."""

    NONE = ""
    """Nobody has asked for it."""
    ASKED = "asked"
    """What there is may be on its way into a snapshot; nothing has been touched."""
    RESTORING = "restoring"
    """What there was is kept, and the worktree is being taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A transaction on one worktree.

    Attributes:
        id: a UUID as text.
        worktree: which one: its git directory, relative to the common one.
        state: what has become of it.
        thread: the branch that it was begun for; empty for the one checked out.
        message: what it is for, in the client's words.
        base_id: raw id of the state that it began from.
        started_at: Unix seconds.
        step: how far an abort has got.
        request: the bytes of the request for the abort; empty without one.
        kept_as: name of the snapshot that keeps what the abort takes back; empty without one.
    """

    id: str
    worktree: bytes
    state: TransactionState
    thread: str
    message: str
    base_id: bytes
    started_at: int
    step: AbortStep = AbortStep.NONE
    request: bytes = b""
    kept_as: str = ""


def add(connection: apsw.Connection, transaction: Transaction) -> None:
    """Add an active transaction.

    Raises:
        apsw.ConstraintError: there is one on the worktree.
    """
    connection.execute(
        f"INSERT INTO transactions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        dataclasses.astuple(transaction),
    )


def find(connection: apsw.Connection, transaction_id: str) -> Transaction | None:
    """Return a transaction by its id."""
    found = _select(connection, "id = ?", transaction_id)
    return found[0] if found else None


def active_on(connection: apsw.Connection, worktree: bytes) -> Transaction | None:
    """Return the active transaction of a worktree."""
    found = _select(connection, "worktree = ? AND state = 'active'", worktree)
    return found[0] if found else None


def recent(connection: apsw.Connection, limit: int) -> list[Transaction]:
    """Return the transactions that were begun last, the newest first, active ones before others."""
    order = "true ORDER BY state = 'active' DESC, started_at DESC, id LIMIT ?"
    return _select(connection, order, limit)


def cut_off(connection: apsw.Connection) -> list[Transaction]:
    """Return the transactions whose abort was begun and not finished."""
    return _select(connection, "state = 'active' AND step != ?", AbortStep.NONE)


def finish(connection: apsw.Connection, transaction_id: str, state: TransactionState) -> None:
    """Note what has become of a transaction; what was buffered for it goes."""
    connection.execute(
        "UPDATE transactions SET state = ?, step = '', request = x'' WHERE id = ?",
        (state, transaction_id),
    )
    connection.execute("DELETE FROM buffered_changes WHERE transaction_id = ?", (transaction_id,))


def note_step(
    connection: apsw.Connection,
    transaction_id: str,
    step: AbortStep,
    request: bytes,
    kept_as: str = "",
) -> None:
    """Note how far an abort has got, what asked for it, and where it keeps what there is."""
    connection.execute(
        "UPDATE transactions SET step = ?, request = ?, kept_as = ? WHERE id = ?",
        (step, request, kept_as, transaction_id),
    )


def buffer(
    connection: apsw.Connection,
    transaction_id: str,
    operations: Sequence[NewOperation],
    changeset: bytes,
) -> None:
    """Keep operations for the commit of a transaction, and for its abort what they changed."""
    connection.execute(
        "INSERT INTO buffered_changes (transaction_id, operations, changeset) VALUES (?, ?, ?)",
        (transaction_id, json.dumps([_as_fields(one) for one in operations]), changeset),
    )


def buffered(connection: apsw.Connection, transaction_id: str) -> list[NewOperation]:
    """Return the operations kept for the commit of a transaction, in order."""
    rows = connection.execute(
        "SELECT operations FROM buffered_changes WHERE transaction_id = ? ORDER BY position",
        (transaction_id,),
    )
    return [_from_fields(fields) for (text,) in rows for fields in json.loads(text)]


def count_buffered(connection: apsw.Connection, transaction_id: str) -> int:
    """Return how many operations wait for the commit of a transaction."""
    statement = (
        "SELECT coalesce(sum(json_array_length(operations)), 0) FROM buffered_changes "
        "WHERE transaction_id = ?"
    )
    return int(connection.execute(statement, (transaction_id,)).get)


def undo_buffered(connection: apsw.Connection, transaction_id: str) -> None:
    """Undo what was changed within a transaction, the latest first.

    A row that somebody else has changed since stays as it is.
    """
    rows = connection.execute(
        "SELECT changeset FROM buffered_changes WHERE transaction_id = ? ORDER BY position DESC",
        (transaction_id,),
    )
    changesets: list[Any] = rows.fetchall()
    for (changeset,) in changesets:
        undo(connection, changeset)


def _select(connection: apsw.Connection, condition: str, value: object) -> list[Transaction]:
    statement = f"SELECT {_COLUMNS} FROM transactions WHERE {condition}"  # noqa: S608 - ours
    return [
        Transaction(
            id=row[0],
            worktree=row[1],
            state=TransactionState(row[2]),
            thread=row[3],
            message=row[4],
            base_id=row[5],
            started_at=row[6],
            step=AbortStep(row[7]),
            request=row[8],
            kept_as=row[9],
        )
        for row in connection.execute(statement, (value,))
    ]


def _as_fields(operation: NewOperation) -> dict[str, Any]:
    fields = dataclasses.asdict(operation)
    return fields | {name: fields[name].hex() for name in _BYTES_FIELDS}


def _from_fields(fields: dict[str, Any]) -> NewOperation:
    values: dict[str, Any] = {
        key: tuple(each) if isinstance(each, list) else each for key, each in fields.items()
    }
    return NewOperation(**values | {name: bytes.fromhex(fields[name]) for name in _BYTES_FIELDS})
