"""The number that grows with what reviews tell of the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from heddle_worker.store.database import Database
from heddle_worker.store.review_version import ReviewVersion


@pytest.fixture
def database(heddle_dir: Path) -> Iterator[Database]:
    """A new database."""
    database = Database.open(heddle_dir)
    yield database
    database.connection.close()


def discuss(connection: apsw.Connection, number: int) -> None:
    connection.execute(
        "INSERT INTO discussions VALUES (?1, ?1, x'', x'', '', 0, 0, '', '', x'', x'', x'', "
        "0, '', '', '', '', '', 'open', x'', '', 0, 0)",
        (str(number),),
    )


CHANGES = {
    "a discussion": "INSERT INTO discussions SELECT 2, '2', state_id, path, symbol, start_line, "
    "end_line, language, kind, content, meaning, sketch, opened_at, author_name, author_email, "
    "body, thread_ref, visibility, resolution, resolved_by, reason, last_position, bytes "
    "FROM discussions",
    "a turn": "INSERT INTO discussion_turns VALUES (1, 1, '', '', '', 0)",
    "a resolution": "UPDATE discussions SET resolution = 'dismissed'",
    "an annotation": "INSERT INTO annotations VALUES ('a', 1, 'invariant', '', '[]')",
    "a signature": "INSERT INTO signatures (state, position, actor_name, actor_email, kind, scope, "
    "justification, signed_at, algorithm, public_key, signature, key_id, change, size) "
    "VALUES (x'', 0, '', '', '', '[]', '', 0, '', x'', x'', x'', x'', 0)",
    "an end": "DELETE FROM discussions",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_grows_with_what_is_said(database: Database, change: str) -> None:
    discuss(database.connection, 1)
    with closing(ReviewVersion(database)) as version:
        before = version.current()
        assert version.current() == before
        database.connection.execute(change)
        assert version.current() > before


def test_it_stays_when_other_things_are_written(database: Database) -> None:
    with closing(ReviewVersion(database)) as version:
        before = version.current()
        database.connection.execute(
            "INSERT INTO hooks (name, command, events, timeout_ms) VALUES ('lint', 'lint', '[]', 1)"
        )
        assert version.current() == before


def test_what_another_process_writes_is_seen(database: Database) -> None:
    with (
        closing(ReviewVersion(database)) as version,
        closing(apsw.Connection(str(database.path))) as other,
    ):
        before = version.current()
        discuss(other, 1)
        assert version.current() > before
