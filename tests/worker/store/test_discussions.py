"""Discussions in the store: what was said, what came of it, and what an abort takes back."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest
from discussion_samples import ORIGIN, TURN, new_discussion
from hypothesis import given
from hypothesis import strategies as st

from heddle_worker.store import annotations as stored_annotations
from heddle_worker.store import discussions
from heddle_worker.store.annotations import StoredAnnotation
from heddle_worker.store.database import Database
from heddle_worker.store.discussions import Discussion, NewDiscussion, Resolution, Turn
from heddle_worker.store.undo import recording, undo

REPLY = Turn("Bob", "bob@example.com", "It does not.", 1_790_000_060)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[apsw.Connection]:
    with contextlib.closing(Database.open(tmp_path).connection) as connection:
        yield connection


def found(connection: apsw.Connection, name: str) -> Discussion:
    discussion = discussions.find(connection, name)
    assert discussion is not None
    return discussion


def test_it_comes_back_as_it_was_added(connection: apsw.Connection) -> None:
    new = NewDiscussion("one", ORIGIN, TURN, thread_ref="ticket 7", visibility="internal")
    number = discussions.add(connection, new)
    assert discussions.find(connection, "one") == Discussion(
        number=number,
        id="one",
        origin=ORIGIN,
        turns=(TURN,),
        thread_ref="ticket 7",
        visibility="internal",
        resolution=Resolution.OPEN,
        resolved_by=b"",
        reason="",
        annotation_id="",
    )
    assert discussions.find(connection, "another") is None
    assert discussions.newest(connection) == number
    assert discussions.origins(connection, [number, number + 1]) == {number: ORIGIN}


def test_turns_are_in_their_order(connection: apsw.Connection) -> None:
    number = discussions.add(connection, new_discussion("one"))
    other = discussions.add(connection, new_discussion("other"))
    turns = [dataclasses.replace(REPLY, body=f"reply {i}") for i in range(20)]
    for i, turn in enumerate(turns):
        discussions.append(connection, other, REPLY)
        assert discussions.append(connection, number, turn)[0] == i + 2
    assert found(connection, "one").turns == (TURN, *turns)
    assert [one.id for one in discussions.load(connection, [other, number, 99])] == ["one", "other"]


@given(texts=st.lists(st.text(max_size=20), max_size=5))
def test_its_size_is_that_of_its_texts(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    directory = tmp_path_factory.mktemp("size")
    with contextlib.closing(Database.open(directory).connection) as connection:
        number = discussions.add(connection, new_discussion("one"))
        for text in texts:
            discussions.append(connection, number, dataclasses.replace(REPLY, body=text))
        _turns, size = discussions.append(connection, number, REPLY)
        turns = found(connection, "one").turns
        said = [text for turn in turns for text in dataclasses.astuple(turn)[:3]]
        assert size == sum(len(text.encode()) for text in said)


def test_what_came_of_it(connection: apsw.Connection) -> None:
    numbers = [discussions.add(connection, new_discussion(name)) for name in ("a", "b", "c")]
    discussions.resolve(connection, numbers[0], Resolution.DISMISSED, reason="no need")
    discussions.resolve(connection, numbers[1], Resolution.BY_EDIT, resolved_by=b"\x05" * 20)
    discussions.resolve(connection, numbers[2], Resolution.INTO_ANNOTATION)
    annotation = StoredAnnotation("note", numbers[2], "invariant", "Starts once.", ("enforces",))
    stored_annotations.add(connection, annotation)
    assert found(connection, "a").reason == "no need"
    assert found(connection, "b").resolved_by == b"\x05" * 20
    assert found(connection, "c").annotation_id == "note"
    assert not any(found(connection, name).is_open for name in ("a", "b", "c"))
    assert stored_annotations.find(connection, "note") == annotation
    assert stored_annotations.every(connection) == [annotation]


def test_a_discussion_has_one_annotation(connection: apsw.Connection) -> None:
    number = discussions.add(connection, new_discussion("one"))
    stored_annotations.add(connection, StoredAnnotation("a", number, "rationale", "Because.", ()))
    with pytest.raises(apsw.ConstraintError):
        stored_annotations.add(connection, StoredAnnotation("b", number, "rationale", "So.", ()))


def undoing(connection: apsw.Connection, *changes: Callable[[], object]) -> Callable[[], None]:
    """Make changes as calls within one transaction; return what takes them back."""
    changesets = []
    for change in changes:
        with recording(connection) as changeset:
            change()
        changesets.append(changeset())

    def take_back() -> None:
        with connection:
            for one in reversed(changesets):
                undo(connection, one)

    return take_back


def test_an_abort_takes_everything_back(connection: apsw.Connection) -> None:
    before = discussions.add(connection, new_discussion("before"))
    untouched = found(connection, "before")
    annotation = StoredAnnotation("note", before, "constraint", "Keep it.", ())
    take_back = undoing(
        connection,
        lambda: discussions.append(connection, before, REPLY),
        lambda: discussions.add(connection, new_discussion("opened")),
        lambda: discussions.append(connection, before + 1, REPLY),
        lambda: discussions.resolve(connection, before, Resolution.INTO_ANNOTATION),
        lambda: stored_annotations.add(connection, annotation),
    )
    take_back()
    assert discussions.find(connection, "opened") is None
    assert found(connection, "before") == untouched
    assert stored_annotations.every(connection) == []
    assert discussions.append(connection, before, REPLY)[0] == 2


def test_what_somebody_else_said_outlives_an_abort(connection: apsw.Connection) -> None:
    """Nobody's words are taken back but the transaction's own, and those that they answer."""
    take_back = undoing(
        connection,
        lambda: discussions.add(connection, new_discussion("opened")),
        lambda: discussions.append(connection, 1, dataclasses.replace(REPLY, body="undone")),
    )
    discussions.append(connection, 1, REPLY)
    take_back()
    assert found(connection, "opened").turns == (TURN, REPLY)


def test_an_abort_takes_back_a_resolution_and_not_what_was_said_after_it(
    connection: apsw.Connection,
) -> None:
    number = discussions.add(connection, new_discussion("one"))
    take_back = undoing(
        connection,
        lambda: discussions.resolve(connection, number, Resolution.DISMISSED, reason="no"),
    )
    discussions.append(connection, number, REPLY)
    take_back()
    assert found(connection, "one").is_open
    assert found(connection, "one").turns == (TURN, REPLY)


def test_a_number_is_never_given_twice(connection: apsw.Connection) -> None:
    take_back = undoing(connection, lambda: discussions.add(connection, new_discussion("first")))
    take_back()
    assert discussions.newest(connection) == 0
    assert discussions.add(connection, new_discussion("second")) == 2
