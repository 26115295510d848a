from __future__ import annotations

import apsw
import pytest

from heddle_worker.store import mirror
from heddle_worker.store.database import Database
from heddle_worker.store.mirror import (
    FileCursor,
    MirrorMovedOnError,
    MirrorState,
    MirrorStep,
    Unpaired,
)
from heddle_worker.store.operations import NewOperation, append


@pytest.fixture
def connection(database: Database) -> apsw.Connection:
    return database.connection


def cursor(path: bytes, offset: int) -> FileCursor:
    return FileCursor(path, offset, b"tail", b"signature", b"main")


def test_nothing_is_remembered_at_first(connection: apsw.Connection) -> None:
    assert mirror.load(connection) == MirrorState()


def test_a_step_is_remembered(connection: apsw.Connection) -> None:
    seqs = append(connection, [NewOperation(timestamp_secs=1, verb="snapshot")] * 2)
    first = MirrorStep(
        line_ids=[b"a", b"b"],
        cursors=[cursor(b"HEAD", 10), cursor(b"gone", 20)],
        refs={b"refs/tags/v1": b"\x01", b"refs/tags/v2": b"\x02"},
        unpaired=[Unpaired(seqs[0], b"key", True), Unpaired(seqs[1], b"key", False)],
        newest=seqs[-1],
    )
    second = MirrorStep(
        line_ids=[b"c"],
        cursors=[cursor(b"HEAD", 30)],
        gone_cursors=[b"gone"],
        refs={b"refs/tags/v2": b"\x03"},
        gone_refs=[b"refs/tags/v1"],
        paired=[seqs[0]],
    )
    state = MirrorState()
    for step in (first, second):
        mirror.advance(connection, state.generation, step)
        state.follow(step)
        assert mirror.load(connection) == state
    assert state == MirrorState(
        generation=2,
        cursors={b"HEAD": cursor(b"HEAD", 30)},
        refs={b"refs/tags/v2": b"\x03"},
        unpaired={seqs[1]: Unpaired(seqs[1], b"key", False)},
    )
    assert mirror.known_lines(connection, [b"a", b"c", b"d"]) == {b"a", b"c"}


def test_only_one_step_is_taken_from_a_state(connection: apsw.Connection) -> None:
    mirror.advance(connection, 0, MirrorStep(line_ids=[b"a"]))
    connection.execute("SAVEPOINT second")
    with pytest.raises(MirrorMovedOnError):
        mirror.advance(connection, 0, MirrorStep(line_ids=[b"b"]))
    connection.execute("ROLLBACK TO second")
    assert mirror.generation(connection) == 1
    assert mirror.known_lines(connection, [b"a", b"b"]) == {b"a"}


def test_what_is_far_back_is_not_paired_any_more(connection: apsw.Connection) -> None:
    seqs = append(connection, [NewOperation(timestamp_secs=1, verb="snapshot")] * 2_500)
    state = MirrorState()
    for seq in (seqs[0], seqs[-1]):
        step = MirrorStep(unpaired=[Unpaired(seq, b"key", True)], newest=seq)
        mirror.advance(connection, state.generation, step)
        state.follow(step)
    assert list(state.unpaired) == [seqs[-1]]
    assert mirror.load(connection) == state
