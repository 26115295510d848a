"""Discussions in a real history: the table is what following each from its beginning comes to."""

from __future__ import annotations

import contextlib
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias

import apsw
import pygit2
import pytest
from discussion_samples import TURN
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle_worker.discussions.placed import PlacedDiscussion
from heddle_worker.discussions.travelling import Travelling
from heddle_worker.domain import Domain
from heddle_worker.repository.state import State
from heddle_worker.store import annotations as stored_annotations
from heddle_worker.store import discussions, placements
from heddle_worker.store.annotations import StoredAnnotation
from heddle_worker.store.discussions import NewDiscussion, Resolution
from heddle_worker.store.placements import Placement

Tree: TypeAlias = dict[str, dict[str, list[str]]]
"""Python files by path, each with the lines of its functions by name."""

_WHO: Final = pygit2.Signature("Ada", "ada@example.com", 1_790_000_000)
_WORDS: Final = ("alpha", "beta", "gamma", "delta", "eta", "theta", "kappa", "mu", "nu", "xi", "pi")


class Place:
    """A repository of Python files, and the discussions about them."""

    def __init__(self, root: Path) -> None:
        self.handle = pygit2.init_repository(str(root), bare=True, initial_head="main")
        heddle_dir = root / ".heddle"
        for directory in (heddle_dir, heddle_dir / "state"):
            directory.mkdir(mode=0o700)
        self.domain = Domain.open(root, heddle_dir, lambda: None)
        self.domain.writer.begin().result()
        self._scratch = Travelling(
            self.domain.code.traveller, self.domain.code.states, self.domain.code.outlines
        )

    def commit(self, tree: Tree, *parents: State) -> State:
        """Commit files."""
        builder = self.handle.TreeBuilder()
        for path, functions in tree.items():
            text = "\n\n".join(
                "\n".join([f"def {name}(value):", *lines, "    return value\n"])
                for name, lines in functions.items()
            )
            blob = self.handle.create_blob(text.encode())
            builder.insert(path, blob, pygit2.enums.FileMode.BLOB)
        ids = [pygit2.Oid(raw=parent.id) for parent in parents]
        made = self.handle.create_commit(None, _WHO, _WHO, "state", builder.write(), ids)
        return self.domain.code.states.get(made.raw)

    def check_out(self, state: State) -> None:
        """Let the branch that is checked out be at a state."""
        target = pygit2.Oid(raw=state.id)
        self.handle.references.create("refs/heads/main", target, force=True)

    def open(self, state: State, path: str, symbol: str) -> int:
        """Open a discussion; return its number."""
        origin = self.domain.origins.find(state, [path.encode()], symbol)

        def add(connection: apsw.Connection) -> int:
            count = discussions.newest(connection) + 1
            new = NewDiscussion(str(count), origin, TURN, "", "public")
            return discussions.add(connection, new)

        return self.domain.writer.submit(add).result()

    def at_head(self) -> list[PlacedDiscussion]:
        """Return all discussions at HEAD."""
        head = self.domain.discussions.head()
        return self.domain.discussions.in_state(self.domain.code.states.get(head.state_id))

    def from_scratch(self, state: State) -> list[Placement]:
        """Return where each discussion is, followed from where it was opened."""
        with self.domain.readers.snapshot() as connection:
            origins = discussions.origins(connection, placements.unplaced(connection, 0))
        return self._scratch.place(origins, state.id)


@contextlib.contextmanager
def opened(directory: Path) -> Iterator[Place]:
    """Give a place, and end what it has started."""
    place = Place(directory / "repository.git")
    try:
        yield place
    finally:
        place.domain.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with opened(tmp_path) as place:
        yield place


def lines_of(chance: random.Random) -> list[str]:
    """Return a function's lines, as no other function has them."""
    return [
        f"    {chance.choice(_WORDS)} = {chance.choice(_WORDS)}(value, {chance.random()})"
        for _ in range(chance.randint(4, 8))
    ]


def changed(chance: random.Random, tree: Tree, fresh: Iterator[str]) -> Tree:
    """Return a tree in which one thing has become of one function, or of one file."""
    changed = {path: dict(functions) for path, functions in tree.items()}
    path = chance.choice(sorted(changed))
    functions = changed[path]
    name = chance.choice(sorted(functions))
    match chance.choice(["edit", "rename", "move", "delete", "add", "move file"]):
        case "edit":
            functions[name] = [*functions[name][1:], *lines_of(chance)[:1]]
        case "rename":
            functions[next(fresh)] = functions.pop(name)
        case "move":
            changed[chance.choice(sorted(changed))][name] = functions.pop(name)
        case "delete":
            del functions[name]
        case "add":
            functions[next(fresh)] = lines_of(chance)
        case "move file":
            changed[f"{next(fresh)}.py"] = changed.pop(path)
    return {path: functions for path, functions in changed.items() if functions} or tree


@given(chance=st.randoms(use_true_random=False))
@settings(max_examples=6, deadline=None)
def test_the_table_is_what_following_each_from_its_beginning_comes_to(
    chance: random.Random,
) -> None:
    fresh = (f"fresh{number}" for number in range(1_000))
    tree = {f"file{i}.py": {f"first{i}{j}": lines_of(chance) for j in range(3)} for i in range(3)}
    with tempfile.TemporaryDirectory() as directory, opened(Path(directory)) as place:
        history = [(place.commit(tree), tree)]
        head = history[0]
        for _ in range(14):
            if chance.random() < 0.2:
                head = chance.choice(history)
            else:
                tree = changed(chance, head[1], fresh)
                head = (place.commit(tree, head[0]), tree)
                history.append(head)
            place.check_out(head[0])
            state, tree = chance.choice([head, chance.choice(history)])
            path = chance.choice(sorted(tree))
            place.open(state, path, chance.choice([*sorted(tree[path]), path]))
            assert [one.place for one in place.at_head()] == place.from_scratch(head[0])
        for state, _tree in history:
            found = place.domain.discussions.in_state(state)
            assert [one.place for one in found] == place.from_scratch(state)


def told(place: Place) -> list[tuple[str, str, bool, bool]]:
    """Return where each discussion is at HEAD, whether it differs, and whether it is gone."""
    return [
        (one.path.decode(), one.symbol, one.body_changed_since_open, one.is_orphaned)
        for one in place.at_head()
    ]


def test_what_is_back_as_it_was_has_not_changed(place: Place) -> None:
    """Step by step, each of which knows only the one before it and how all began."""
    chance = random.Random(3)
    start, stop, longer = lines_of(chance), lines_of(chance), lines_of(chance)
    first = place.commit({"engine.py": {"start": start, "stop": stop}})
    place.check_out(first)
    for symbol in ("start", "engine.py"):
        place.open(first, "engine.py", symbol)
    assert told(place) == [
        ("engine.py", "start", False, False),
        ("engine.py", "engine.py", False, False),
    ]
    edited = {"start": [*start, *longer], "stop": stop}
    state = place.commit({"engine.py": edited}, first)
    place.check_out(state)
    changed = [("engine.py", "start", True, False), ("engine.py", "engine.py", True, False)]
    assert told(place) == changed
    # Moved as it is by now, it still differs from what it was.
    state = place.commit({"car.py": edited}, state)
    place.check_out(state)
    moved = [("car.py", "start", True, False), ("car.py", "car.py", True, False)]
    assert told(place) == moved
    state = place.commit({"car.py": {"start": start, "stop": stop}}, state)
    place.check_out(state)
    assert told(place) == [("car.py", "start", False, False), ("car.py", "car.py", False, False)]
    state = place.commit({"other.py": {"stop": stop}}, state)
    place.check_out(state)
    assert told(place)[0][2:] == (True, True)
    place.check_out(place.commit({"car.py": {"start": start, "stop": stop}}, state))
    assert told(place)[0] == ("car.py", "start", False, False)


def test_lines_are_those_of_the_state_that_is_asked_about(place: Place) -> None:
    chance = random.Random(4)
    start, stop = lines_of(chance), lines_of(chance)
    first = place.commit({"engine.py": {"start": start}})
    place.check_out(first)
    place.open(first, "engine.py", "start")
    ends = len(start) + 2
    state = place.commit({"engine.py": {"stop": stop, "start": start}}, first)
    place.check_out(state)
    (one,) = place.at_head()
    before = len(stop) + 4
    assert (one.place.start_line, one.place.end_line) == (before + 1, before + ends)
    (one,) = place.domain.discussions.in_state(first)
    assert (one.place.start_line, one.place.end_line) == (1, ends)


def test_annotations_go_where_their_discussions_go(place: Place) -> None:
    chance = random.Random(1)
    start, stop = lines_of(chance), lines_of(chance)
    first = place.commit({"engine.py": {"start": start, "stop": stop}})
    place.check_out(first)
    number = place.open(first, "engine.py", "start")
    place.open(first, "engine.py", "stop")
    annotation = StoredAnnotation("note", number, "invariant", "Starts once.", ("enforces",))

    def note(connection: apsw.Connection) -> None:
        discussions.resolve(connection, number, Resolution.INTO_ANNOTATION)
        stored_annotations.add(connection, annotation)

    place.domain.writer.submit(note).result()
    second = place.commit({"engine.py": {"stop": stop}, "car.py": {"ignite": start}}, first)
    third = place.commit({"engine.py": {"stop": stop}}, second)
    place.check_out(third)
    told = {
        state.id: [
            (one.id, one.kind, one.content, one.tags, one.path, one.symbol, one.is_orphaned)
            for one in place.domain.discussions.annotations_in(state)
        ]
        for state in (first, second, third)
    }
    what = ("note", "invariant", "Starts once.", ("enforces",))
    assert told[first.id] == [(*what, b"engine.py", "start", False)]
    assert told[second.id] == [(*what, b"car.py", "ignite", False)]
    assert told[third.id] == [(*what, b"car.py", "ignite", True)]
    assert place.domain.discussions.annotations_in(None)[0].is_orphaned


def test_the_discussions_of_a_change_s_symbols(place: Place) -> None:
    chance = random.Random(2)
    start, stop = lines_of(chance), lines_of(chance)
    first = place.commit({"engine.py": {"start": start, "stop": stop}})
    place.check_out(first)
    started, stopped = (place.open(first, "engine.py", name) for name in ("start", "stop"))
    second = place.commit({"engine.py": {"begin": start, "stop": [*stop, "    pass"]}}, first)

    def found(state: State | None, *places: tuple[bytes, str]) -> list[int]:
        selected = place.domain.discussions.of_symbols(state, places, 10_000)
        assert selected.left_out == 0
        return [one.discussion.number for one in selected.discussions]

    begin, stop_place = (b"engine.py", "begin"), (b"engine.py", "stop")
    assert found(second, begin, stop_place) == [started, stopped]
    assert found(second, (b"engine.py", "start")) == []
    assert found(None, (b"engine.py", "start")) == [started]
    place.check_out(second)
    assert found(None, begin) == [started]
    assert found(first, begin) == []
