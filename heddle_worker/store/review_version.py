"""A number that grows with whatever reviews tell of the store: what was made of it can be kept."""

from __future__ import annotations

import apsw

from heddle_worker.store.database import Database
from heddle_worker.store.errors import translated

_VALUE = "SELECT value FROM review_version"


class ReviewVersion:
    """Looks the number up on a connection of its own. Used by one thread at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: apsw.Connection | None = None
        self._commits = -1
        self._value = 0

    def current(self) -> int:
        """Return the number; one step, and hardly any when nothing was written since.

        Raises:
            StoreError: the database cannot be read.
        """
        with translated(self._database.path):
            if self._connection is None:
                self._connection = self._database.reader()
            # Grows with each commit of any other connection, be it of another process.
            commits = int(self._connection.execute("PRAGMA data_version").get)
            if commits != self._commits:
                self._value = int(self._connection.execute(_VALUE).get)
                self._commits = commits
        return self._value

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
