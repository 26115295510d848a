"""What clients' operation ids have led to, so that a request that comes again is not run again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import apsw

from heddle_worker.store.database import Database
from heddle_worker.store.errors import translated

RETENTION_SECONDS: Final = 604_800
"""A reply is replayed for seven days."""

# More than one for each that is added, so that the table shrinks to what is still of use.
_EXPIRED_AT_ONCE: Final = 4

_FIND: Final = """
SELECT digest, reply FROM finished_requests
WHERE verb = ? AND operation_id = ? AND finished_at > ?
"""
_KEEP: Final = "INSERT OR REPLACE INTO finished_requests VALUES (?, ?, ?, ?, ?)"
_EXPIRE: Final = """
DELETE FROM finished_requests WHERE (verb, operation_id) IN (
    SELECT verb, operation_id FROM finished_requests INDEXED BY finished_requests_by_time
    WHERE finished_at <= ? ORDER BY finished_at LIMIT ?
)
"""


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What makes two requests the same one: two verbs may use one id without meeting.

    Attributes:
        verb: such as `hook.register_hook`.
        operation_id: the 16 bytes of the client's UUID.
    """

    verb: str
    operation_id: bytes


@dataclass(frozen=True, slots=True)
class Finished:
    """A request that has succeeded.

    Attributes:
        digest: of the request's bytes.
        reply: the bytes that its caller got.
    """

    digest: bytes
    reply: bytes


def find(connection: apsw.Connection, key: RequestKey, now: int) -> Finished | None:
    """Return what a request has led to within the retention; `now` is in Unix seconds."""
    bounds = (key.verb, key.operation_id, now - RETENTION_SECONDS)
    row = connection.execute(_FIND, bounds).fetchone()
    return Finished(*row) if row is not None else None


def keep(connection: apsw.Connection, key: RequestKey, finished: Finished, now: int) -> None:
    """Keep what a request has led to, and drop a few that nobody can ask for any more."""
    connection.execute(_KEEP, (key.verb, key.operation_id, finished.digest, finished.reply, now))
    connection.execute(_EXPIRE, (now - RETENTION_SECONDS, _EXPIRED_AT_ONCE))


class FinishedRequests:
    """Looks requests up on a connection of its own, so that nobody's long look is waited for.

    Used by one thread at a time.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: apsw.Connection | None = None

    def find(self, key: RequestKey, now: int) -> Finished | None:
        """Return what `find` returns; one step on an index.

        Raises:
            StoreError: the database cannot be read.
        """
        if self._connection is None:
            self._connection = self._database.reader()
        with translated(self._database.path):
            return find(self._connection, key, now)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
