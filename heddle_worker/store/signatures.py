"""Signatures of reviews: per state, in the order of signing, and found by what they cover."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import apsw

_INSERT: Final = """
INSERT INTO signatures (
    state, position, actor_name, actor_email, kind, scope, justification, signed_at, algorithm,
    public_key, signature, key_id, change, size
) VALUES (
    ?1, (SELECT coalesce(max(position) + 1, 0) FROM signatures WHERE state = ?1),
    ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
)
RETURNING id, position
"""
_INSERT_COVERED: Final = "INSERT INTO signed_symbols VALUES (?, ?, ?, ?, ?)"
_COLUMNS: Final = (
    "s.id, s.state, s.position, s.actor_name, s.actor_email, s.kind, s.scope, s.justification, "
    "s.signed_at, s.algorithm, s.public_key, s.signature, s.key_id, s.change"
)
_COVERED: Final = """
SELECT c.signature, c.path, c.symbol, c.content FROM json_each(?) j
CROSS JOIN signed_symbols c ON c.signature = j.value ORDER BY c.signature, c.position
"""
_FIND_SAME: Final = """
SELECT position FROM signatures
WHERE state = ? AND key_id = ? AND signed_at = ? AND kind = ? AND scope = ?
ORDER BY position LIMIT 1
"""
_TOUCHING: Final = """
SELECT id, state, position, actor_name, actor_email, kind, key_id, change FROM signatures
WHERE id IN (
    SELECT id FROM signatures WHERE state = ?1
    UNION SELECT id FROM signatures WHERE change = ?2 AND change <> x''
    UNION SELECT c.signature FROM json_each(?3) j
        CROSS JOIN signed_symbols c ON c.content = unhex(j.value)
)
ORDER BY id DESC LIMIT ?4
"""


@dataclass(frozen=True, slots=True)
class CoveredSymbol:
    """A symbol that a signature names, as it was when it was signed.

    Attributes:
        path: its file's, as git has it.
        symbol: its name; empty for the file as a whole.
        content: digest of its bytes; for the file as a whole, the raw id of its blob.
    """

    path: bytes
    symbol: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSignature:
    """A signature that was verified, before it has its place among those of its state.

    Attributes:
        state: raw id of the commit.
        actor_name, actor_email: in whose name it was handed in.
        kind: of review, such as `read`.
        symbols: names of the symbols covered, as pairs of file and symbol in the signer's order;
            empty for the whole change.
        justification: free text; may be empty.
        signed_at: in Unix seconds, as it was signed.
        algorithm, public_key, signature: as they were sent.
        key_id: what identifies the key, however it is written.
        change: digest of all that the state changes; empty if the scope is not the whole change.
        covered: what the symbols were; empty for the whole change.
    """

    state: bytes
    actor_name: str
    actor_email: str
    kind: str
    symbols: tuple[tuple[str, str], ...]
    justification: str
    signed_at: int
    algorithm: str
    public_key: bytes
    signature: bytes
    key_id: bytes
    change: bytes
    covered: tuple[CoveredSymbol, ...]

    @property
    def size(self) -> int:
        """About how many bytes it takes in a reply."""
        names = sum(len(text.encode()) + 8 for pair in self.symbols for text in pair)
        texts = (self.actor_name, self.actor_email, self.justification, self.algorithm)
        fixed = len(self.public_key) + len(self.signature) + 128
        return names + fixed + sum(len(text.encode()) for text in texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSignature(NewSignature):
    """A signature on record; the other fields are those of `NewSignature`.

    Attributes:
        position: its place among the signatures of its state, from 0.
    """

    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What a signature is bound to, and by whom; the fields are those of `StoredSignature`."""

    state: bytes
    position: int
    actor_name: str
    actor_email: str
    kind: str
    key_id: bytes
    change: bytes
    covered: tuple[CoveredSymbol, ...]


def add(connection: apsw.Connection, new: NewSignature) -> int:
    """Add a signature to those of its state; return its position among them."""
    values = (
        new.state,
        new.actor_name,
        new.actor_email,
        new.kind,
        _scope(new),
        new.justification,
        new.signed_at,
        new.algorithm,
        new.public_key,
        new.signature,
        new.key_id,
        new.change,
        new.size,
    )
    row: Any = connection.execute(_INSERT, values).fetchone()
    number, position = row
    connection.executemany(
        _INSERT_COVERED,
        [
            (number, place, each.path, each.symbol, each.content)
            for place, each in enumerate(new.covered)
        ],
    )
    return int(position)


def find_same(connection: apsw.Connection, new: NewSignature) -> int | None:
    """Return the position of one by which its key has signed the same at the same second."""
    values = (new.state, new.key_id, new.signed_at, new.kind, _scope(new))
    row = connection.execute(_FIND_SAME, values).fetchone()
    return None if row is None else int(row[0])


def size_of(connection: apsw.Connection, state: bytes) -> int:
    """Return about how many bytes the signatures of a state take in a reply."""
    statement = "SELECT coalesce(sum(size), 0) FROM signatures WHERE state = ?"
    return int(connection.execute(statement, (state,)).get)


def of_state(connection: apsw.Connection, state: bytes) -> list[StoredSignature]:
    """Return a state's signatures, in the order of signing."""
    statement = f"SELECT {_COLUMNS} FROM signatures s WHERE state = ? ORDER BY position"  # noqa: S608
    rows: list[Any] = connection.execute(statement, (state,)).fetchall()
    covered = _covered(connection, rows)
    return [_signature(row, covered.get(row[0], ())) for row in rows]


def has_any_of_others(connection: apsw.Connection, state: bytes) -> bool:
    """Return whether any other state has a signature."""
    statement = (
        "SELECT EXISTS (SELECT 1 FROM signatures WHERE state < ?1) "
        "OR EXISTS (SELECT 1 FROM signatures WHERE state > ?1)"
    )
    return bool(connection.execute(statement, (state,)).get)


def at(
    connection: apsw.Connection, places: Iterable[tuple[bytes, int]], most_bytes: int
) -> list[StoredSignature]:
    """Return the signatures at some places, those that are there, in that order.

    Args:
        connection: a reader's.
        places: state and position of each.
        most_bytes: how much they may take in a reply; what does not fit is left out.
    """
    found: list[StoredSignature] = []
    for place in places:
        statement = f"SELECT {_COLUMNS} FROM signatures s WHERE state = ? AND position = ?"  # noqa: S608
        rows: list[Any] = connection.execute(statement, place).fetchall()
        covered = _covered(connection, rows)
        found += (_signature(row, covered.get(row[0], ())) for row in rows)
        most_bytes -= sum(each.size for each in found[-len(rows) :]) if rows else 0
        if most_bytes < 0:
            found.pop()
            break
    return found


def touching(
    connection: apsw.Connection,
    state: bytes,
    change: bytes,
    contents: Iterable[bytes],
    most: int,
) -> list[Binding]:
    """Return the signatures that may say something about a state, in the order of signing.

    Args:
        connection: a reader's.
        state: raw id of the commit: its own signatures do.
        change: digest of all that it changes: those over the same change do.
        contents: digests of symbols: those that cover one of them do.
        most: how many are returned at most, the latest.
    """
    digests = json.dumps([content.hex() for content in contents])
    found = connection.execute(_TOUCHING, (state, change, digests, most))
    rows: list[Any] = found.fetchall()
    rows.reverse()
    covered = _covered(connection, rows)
    return [
        Binding(
            state=row[1],
            position=row[2],
            actor_name=row[3],
            actor_email=row[4],
            kind=row[5],
            key_id=row[6],
            change=row[7],
            covered=covered.get(row[0], ()),
        )
        for row in rows
    ]


def _signature(row: tuple[Any, ...], covered: tuple[CoveredSymbol, ...]) -> StoredSignature:
    return StoredSignature(
        state=row[1],
        position=row[2],
        actor_name=row[3],
        actor_email=row[4],
        kind=row[5],
        symbols=tuple((file, symbol) for file, symbol in json.loads(row[6])),
        justification=row[7],
        signed_at=row[8],
        algorithm=row[9],
        public_key=row[10],
        signature=row[11],
        key_id=row[12],
        change=row[13],
        covered=covered,
    )


def _covered(
    connection: apsw.Connection, rows: list[tuple[Any, ...]]
) -> dict[int, tuple[CoveredSymbol, ...]]:
    """Return what signatures cover, by the numbers that their rows begin with."""
    numbers = json.dumps([row[0] for row in rows])
    covered: dict[int, list[CoveredSymbol]] = {}
    for number, path, symbol, content in connection.execute(_COVERED, (numbers,)):
        covered.setdefault(number, []).append(CoveredSymbol(path, symbol, content))
    return {number: tuple(symbols) for number, symbols in covered.items()}


def _scope(new: NewSignature) -> str:
    return json.dumps(new.symbols, ensure_ascii=False)
