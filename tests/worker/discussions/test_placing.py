"""Where discussions are: the table is always what placing them all anew would come to."""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pygit2
import pytest
from discussion_samples import TURN
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule
from line_placer import LinePlacer, LineRepository, Tree

from heddle_worker.discussions.discussions import Discussions
from heddle_worker.discussions.heads import Heads
from heddle_worker.discussions.placed import PlacedDiscussion
from heddle_worker.discussions.placing import Placing
from heddle_worker.discussions.placings import Placings
from heddle_worker.discussions.wanted import Status, Wanted
from heddle_worker.failures import NotFoundError, ReplyTooLargeError
from heddle_worker.limits import MAX_MESSAGE_BYTES
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.state import State
from heddle_worker.repository.states import States
from heddle_worker.store import discussions, placements
from heddle_worker.store.database import Database
from heddle_worker.store.discussions import NewDiscussion, Origin, Resolution
from heddle_worker.store.errors import StoreReadOnlyError
from heddle_worker.store.placements import Placement
from heddle_worker.store.readers import Readers
from heddle_worker.store.undo import recording, undo
from heddle_worker.store.writer import Writer


class Place:
    """A repository whose lines are discussed."""

    def __init__(self, directory: Path, exits: contextlib.ExitStack) -> None:
        self.root = directory / "repository.git"
        self.files = LineRepository(self.root)
        self.repository = Repository.open(self.root)
        self.state_dir = directory / "heddle"
        self.state_dir.mkdir()
        database = Database.open(self.state_dir)
        self.writer = exits.enter_context(contextlib.closing(Writer(database)))
        self.readers = exits.enter_context(contextlib.closing(Readers(database)))
        self.placer = LinePlacer(self.files)
        self.look_through(self.writer)

    def look_through(self, writer: Writer) -> None:
        """Find discussions with this writer from now on."""
        heads = Heads(self.repository, self.root)
        self.placings = Placings(
            self.repository, States(self.repository), heads, self.placer, writer, self.readers
        )
        self.found = Discussions(heads, self.placings, self.readers, self.root)

    @contextlib.contextmanager
    def unwritable(self) -> Iterator[None]:
        """Find discussions with a writer that cannot write."""
        writer = Writer(Database.open(self.state_dir))
        writer.submit(lambda connection: connection.pragma("query_only", True)).result()
        self.look_through(writer)
        try:
            yield
        finally:
            with contextlib.suppress(StoreReadOnlyError):
                writer.close()
        self.look_through(self.writer)

    def open(self, commit: bytes, symbol: str, name: str = "", body: str = TURN.body) -> int:
        """Open a discussion; return its number."""
        origin = self.files.origin(commit, symbol)
        turn = dataclasses.replace(TURN, body=body)
        new = NewDiscussion(name or f"{symbol} at {commit.hex()}", origin, turn, "", "public")
        return self.writer.submit(lambda connection: discussions.add(connection, new)).result()

    def resolve(self, number: int) -> None:
        """Dismiss a discussion."""
        self.writer.submit(
            lambda connection: discussions.resolve(
                connection, number, Resolution.DISMISSED, reason="no"
            )
        ).result()

    def by_symbol(self, path: bytes, symbol: str, status: Status = Status.ALL) -> list[int]:
        """Return the numbers of what is at a symbol at HEAD."""
        found = self.found.by_symbol([path], symbol, self.found.head(), Wanted(status))
        assert all((one.path, one.symbol) == (path, symbol) for one in found)
        return [one.discussion.number for one in found]

    def find(self, name: str) -> PlacedDiscussion:
        """Return one discussion at HEAD."""
        return self.found.find(name, self.found.head())

    def in_state(self, commit: bytes, status: Status = Status.ALL) -> list[Placement]:
        """Return where the discussions are in a state."""
        return [one.place for one in self.found.in_state(state_of(commit), wanted=Wanted(status))]

    def table(self) -> list[Placement]:
        """Return the table's rows for HEAD, once it is up to date."""
        view = self.placings.at_head(self.found.head())
        with self.readers.snapshot() as connection:
            return [listed.placement for listed in placements.listed(connection, view)]

    def from_scratch(self, commit: bytes) -> list[Placement]:
        """Return where the discussions are, found out without any table."""
        with self.readers.snapshot() as connection:
            numbers = placements.unplaced(connection, 0)
            origins = discussions.origins(connection, numbers)
        return LinePlacer(self.files).place(origins, commit)


def state_of(commit: bytes) -> State:
    return State(commit, b"", (), "", "", (), "", "", 0, 0)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with contextlib.ExitStack() as exits:
        yield Place(tmp_path, exits)


def test_a_symbol_s_discussions_are_those_at_head(place: Place) -> None:
    first = place.files.commit({"a": {"run": "1", "stop": "1"}, "b": {"walk": "1"}})
    place.files.check_out(first)
    numbers = [place.open(first, symbol, str(i)) for i, symbol in enumerate(("run", "walk", "run"))]
    assert place.by_symbol(b"a", "run") == [numbers[0], numbers[2]]
    assert place.by_symbol(b"a", "stop") == []
    assert place.by_symbol(b"b", "run") == []

    moved = place.files.commit({"a": {"stop": "1"}, "b": {"walk": "1", "run": "1"}})
    place.files.check_out(moved)
    assert place.by_symbol(b"a", "run") == []
    assert place.by_symbol(b"b", "run") == [numbers[0], numbers[2]]


def test_statuses_select(place: Place) -> None:
    first = place.files.commit({"a": {"run": "1"}})
    place.files.check_out(first)
    open_one, settled = place.open(first, "run"), place.open(first, "run", "settled")
    place.resolve(settled)
    assert place.by_symbol(b"a", "run", Status.OPEN) == [open_one]
    assert place.by_symbol(b"a", "run", Status.RESOLVED) == [settled]
    assert place.by_symbol(b"a", "run", Status.ORPHANED) == []
    place.files.check_out(place.files.commit({"a": {"stop": "1"}}))
    assert place.by_symbol(b"a", "run", Status.ORPHANED) == [open_one, settled]
    assert place.by_symbol(b"a", "run", Status.OPEN) == [open_one]
    assert [one.discussion for one in place.in_state(first, Status.RESOLVED)] == [settled]
    assert place.in_state(first, Status.ORPHANED) == []


def test_only_what_is_touched_is_placed_anew(place: Place) -> None:
    tree = {path: {f"{path}_run": "1"} for path in "abcdef"}
    first = place.files.commit(tree)
    place.files.check_out(first)
    numbers = {path: place.open(first, f"{path}_run") for path in "abcdef"}
    place.table()
    place.placer.asked.clear()
    second = place.files.commit({**tree, "c": {"c_run": "2"}, "g": {"new": "1"}})
    place.files.check_out(second)
    assert place.by_symbol(b"c", "c_run") == [numbers["c"]]
    assert place.placer.asked == [numbers["c"]]
    assert [one.is_changed for one in place.table()] == [path == "c" for path in "abcdef"]
    place.by_symbol(b"d", "d_run")
    assert place.placer.asked == [numbers["c"]]


@pytest.mark.parametrize("has_view", [False, True])
def test_a_store_that_cannot_be_written_is_read_as_well(place: Place, has_view: bool) -> None:
    tree = {path: {f"{path}_run": "1"} for path in "abc"}
    first = place.files.commit(tree)
    second = place.files.commit({"b": {"b_run": "2", "a_run": "1"}, "c": {"c_run": "1"}})
    place.files.check_out(first)
    numbers = [place.open(first, f"{path}_run", path) for path in "ab"]
    if has_view:
        place.table()
    numbers.append(place.open(first, "c_run", "c"))
    with place.unwritable():
        with pytest.raises(StoreReadOnlyError):
            place.table()
        assert place.in_state(first) == place.from_scratch(first)
        assert place.in_state(second) == place.from_scratch(second)
        place.files.check_out(second)
        assert place.by_symbol(b"b", "a_run") == numbers[:1]
        assert [one.place for one in map(place.find, "abc")] == place.from_scratch(second)
        touched = place.found.of_symbols(None, [(b"b", "a_run"), (b"c", "c_run")], 100_000)
        assert [one.discussion.number for one in touched.discussions] == numbers[::2]
        late = place.open(second, "a_run", "late")
        assert place.by_symbol(b"b", "a_run") == [numbers[0], late]
    assert place.table() == place.from_scratch(second)


def test_a_state_far_from_head_costs_what_differs_once(place: Place) -> None:
    tree = {path: {f"{path}_run": "1"} for path in "abcdef"}
    first, second = place.files.commit(tree), place.files.commit({**tree, "b": {"b_run": "2"}})
    place.files.check_out(first)
    numbers = [place.open(first, f"{path}_run") for path in "abcdef"]
    place.table()
    place.placer.asked.clear()
    for _ in range(3):
        assert [one.is_changed for one in place.in_state(second)] == [
            path == "b" for path in "abcdef"
        ]
    assert place.placer.asked == [numbers[1]]
    assert place.in_state(second) == place.from_scratch(second)
    assert place.table() == place.from_scratch(first)


def test_only_from_an_earlier_state_is_the_shorter_way_gone(place: Place) -> None:
    first = place.files.commit({"a": {"run": "1"}})
    later = place.files.commit({"a": {"run": "2"}}, first)
    elsewhere = place.files.commit({"a": {"run": "3"}})
    place.files.check_out(first)
    number = place.open(first, "run")
    assert place.table() == place.from_scratch(first)
    assert (place.placer.asked, place.placer.advanced) == ([number], [])
    place.in_state(later)
    assert place.placer.advanced == [number]
    place.in_state(elsewhere)
    assert (place.placer.asked, place.placer.advanced) == ([number] * 3, [number])


def test_the_states_that_were_looked_at_last_are_remembered(place: Place) -> None:
    first = place.files.commit({"a": {"run": "1"}})
    place.files.check_out(first)
    number = place.open(first, "run")
    place.table()
    states = [place.files.commit({"a": {"run": f"{i}"}}, first) for i in range(2, 19)]

    def asked(*looked_at: bytes) -> int:
        place.placer.asked.clear()
        for state in looked_at:
            assert [one.discussion for one in place.in_state(state)] == [number]
        return len(place.placer.asked)

    assert asked(*states[:16]) == 16
    assert asked(*states[:16]) == 0
    # The one that was looked at longest ago goes.
    assert asked(states[0], states[16]) == 1
    assert asked(states[0], *states[2:]) == 0
    assert asked(states[1]) == 1


def test_many_are_placed_in_parts(place: Place) -> None:
    first = place.files.commit({"a": {"run": "1"}, "b": {"walk": "1"}})
    place.files.check_out(first)
    origin = place.files.origin(first, "run")

    def add(connection: apsw.Connection) -> list[int]:
        new = (NewDiscussion(f"{i}", origin, TURN, "", "public") for i in range(2_001))
        return [discussions.add(connection, one) for one in new]

    numbers = place.writer.submit(add).result()
    assert [one.discussion for one in place.table()] == numbers
    assert place.placer.asked == numbers
    second = place.files.commit({"a": {"run": "2"}, "b": {"walk": "1"}}, first)
    place.files.check_out(second)
    assert [one.is_changed for one in place.table()] == [True] * len(numbers)
    assert place.placer.advanced == numbers


def test_what_was_found_is_true_until_something_happens(place: Place) -> None:
    first = place.files.commit({"a": {"run": "1"}})
    second = place.files.commit({"a": {"run": "2"}}, first)
    place.files.check_out(first)

    def found() -> Placing:
        return place.placings.in_state(second, place.found.head())

    def is_true(placing: Placing) -> bool:
        with place.readers.snapshot() as connection:
            return placing.is_true(connection)

    nothing = found()
    assert is_true(nothing)
    number = place.open(first, "run")
    assert not is_true(nothing)
    one = found()
    assert is_true(one)
    assert list(one.elsewhere) == [number]
    # The table has moved on.
    place.open(first, "run", "late")
    place.table()
    assert not is_true(one)


def test_from_a_number_on(place: Place) -> None:
    first = place.files.commit({"a": {"run": "1"}, "b": {"walk": "1"}})
    second = place.files.commit({"a": {"run": "2"}, "b": {"walk": "1"}}, first)
    place.files.check_out(first)
    numbers = [place.open(first, symbol, f"{i}") for i, symbol in enumerate(("run", "walk") * 3)]
    for state in (first, second):
        placing = place.placings.in_state(state, place.found.head())
        with place.readers.snapshot() as connection:
            for index, number in enumerate(numbers):
                later = [one.placement.discussion for one in placing.everywhere(connection, number)]
                assert later == numbers[index + 1 :]
                at = placing.at(connection, b"a", "run", number)
                assert [one.placement.discussion for one in at] == [
                    one for one in numbers[::2] if one > number
                ]
            any_of = placing.at_any(connection, [(b"b", "walk"), (b"a", "run")])
            assert [one.placement.discussion for one in any_of] == numbers
            places = placing.of(connection, [numbers[0], numbers[3], 99])
            assert [place.is_changed for place in places.values()] == [state == second, False]


def test_without_discussions_nothing_is_written(place: Place) -> None:
    first = place.files.commit({"a": {"run": "1"}})
    place.files.check_out(first)
    assert place.by_symbol(b"a", "run") == []
    assert place.in_state(first) == []
    with place.readers.snapshot() as connection:
        assert placements.view_of(connection, b".") is None
    number = place.open(first, "run")
    assert place.by_symbol(b"a", "run") == [number]
    with place.readers.snapshot() as connection:
        assert placements.view_of(connection, b".") is not None


def test_the_symbols_of_a_large_change(place: Place) -> None:
    names = [f"run{number}" for number in range(30)]
    first = place.files.commit({"a": dict.fromkeys(names, "1"), "b": {"walk": "1"}})
    halves = {"a": dict.fromkeys(names[:15], "1"), "c": dict.fromkeys(names[15:], "1")}
    second = place.files.commit({**halves, "b": {"walk": "1"}}, first)
    place.files.check_out(first)
    numbers = {name: place.open(first, name) for name in [*names, "walk"]}

    def found(state: State | None, *places: tuple[bytes, str]) -> list[int]:
        selected = place.found.of_symbols(state, places, MAX_MESSAGE_BYTES)
        return [one.discussion.number for one in selected.discussions]

    in_a = [(b"a", name) for name in names]
    assert found(None, *in_a) == found(state_of(first), *in_a) == list(numbers.values())[:-1]
    assert found(state_of(second), *in_a) == [numbers[name] for name in names[:15]]
    in_c = [(b"c", name) for name in reversed(names)]
    expected = [numbers[name] for name in [*names[15:], "walk"]]
    assert found(state_of(second), (b"b", "walk"), *in_c) == expected
    assert found(state_of(second), *in_c[:3]) == [numbers[name] for name in names[-3:]]
    assert found(None, *in_c) == []


def test_a_pruned_head_costs_placing_all_of_them(place: Place) -> None:
    tree: Tree = {"a": {"run": "1"}, "b": {"walk": "1"}}
    first = place.files.commit(tree)
    place.files.check_out(first)
    place.open(first, "run"), place.open(first, "walk")
    assert place.table() == place.from_scratch(first)
    second = place.files.commit({"a": {"run": "2"}, "b": {"walk": "2"}})
    place.files.check_out(second)
    hexed = first.hex()
    (place.root / "objects" / hexed[:2] / hexed[2:]).unlink()
    # A handle remembers objects that it has read.
    fresh = Repository.open(place.root)
    heads = Heads(fresh, place.root)
    placings = Placings(fresh, States(fresh), heads, place.placer, place.writer, place.readers)
    place.placings = placings
    assert place.table() == place.from_scratch(second)
    assert all(one.is_changed for one in place.table())


def test_what_another_version_has_found_out_is_found_out_anew(place: Place) -> None:
    first = place.files.commit({"a": {"run": "1"}, "b": {"walk": "1"}})
    place.files.check_out(first)
    numbers = [place.open(first, "run"), place.open(first, "walk")]
    place.table()
    place.placer.asked.clear()
    place.table()
    assert place.placer.asked == []
    place.placer.version = "2"
    assert place.table() == place.from_scratch(first)
    assert place.placer.asked == numbers
    place.table()
    assert place.placer.asked == numbers


def test_before_the_first_commit_everything_is_orphaned(place: Place) -> None:
    elsewhere = place.files.commit({"a": {"run": "1"}})
    number = place.open(elsewhere, "run")
    orphaned = Placement(number, b"a", "run", 0, 0, is_changed=True, is_orphaned=True)
    assert place.table() == [orphaned]
    assert place.by_symbol(b"a", "run", Status.ORPHANED) == [number]
    place.files.check_out(elsewhere)
    assert place.table() == place.from_scratch(elsewhere)
    place.files.handle.set_head("refs/heads/unborn")
    assert place.table() == [orphaned]


def test_one_that_is_opened_elsewhere_is_placed_at_head(place: Place) -> None:
    first, second = (place.files.commit({name: {"run": name}}) for name in ("a", "b"))
    place.files.check_out(second)
    place.table()
    number = place.open(first, "run", "late")
    assert place.by_symbol(b"b", "run") == [number]
    found = place.found.find("late", place.found.head())
    assert (found.path, found.body_changed_since_open, found.is_orphaned) == (b"b", True, False)
    assert found.log_symbol == "b:run"
    with pytest.raises(NotFoundError, match="discussion none not found"):
        place.found.find("none", place.found.head())


def test_one_that_is_taken_back_is_gone(place: Place) -> None:
    first = place.files.commit({"a": {"run": "1"}})
    place.files.check_out(first)
    kept = place.open(first, "run", "kept")
    new = NewDiscussion("undone", place.files.origin(first, "run"), TURN, "", "public")

    def opened(connection: apsw.Connection) -> bytes:
        with recording(connection) as changeset:
            discussions.add(connection, new)
        return changeset()

    changeset = place.writer.submit(opened).result()
    assert place.by_symbol(b"a", "run") == [kept, kept + 1]
    second = place.files.commit({"a": {"run": "2"}})
    assert len(place.in_state(second)) == 2
    place.writer.submit(lambda connection: undo(connection, changeset)).result()
    assert place.by_symbol(b"a", "run") == [kept]
    assert len(place.in_state(second)) == 1
    assert place.open(first, "run", "later") == kept + 2
    assert place.by_symbol(b"a", "run") == [kept, kept + 2]


def test_each_worktree_has_its_own_head(place: Place, tmp_path: Path) -> None:
    first, second = (place.files.commit({name: {"run": name}}) for name in ("a", "b"))
    place.files.check_out(first)
    place.files.check_out(second, "refs/heads/other")
    number = place.open(first, "run")
    assert place.by_symbol(b"a", "run") == [number]
    place.files.handle.add_worktree(
        "other", str(tmp_path / "other"), place.files.handle.references["refs/heads/other"]
    )
    head = place.found.head(tmp_path / "other")
    assert (head.here.branch, head.state_id) == ("other", second)
    found = place.found.by_symbol([b"b"], "run", head)
    assert [one.discussion.number for one in found] == [number]
    assert place.by_symbol(b"a", "run") == [number]
    assert place.found.by_symbol([b"a"], "run", head) == []


def test_the_view_of_a_worktree_that_is_gone_goes(place: Place, tmp_path: Path) -> None:
    first = place.files.commit({"a": {"run": "1"}})
    place.files.check_out(first)
    place.open(first, "run")
    for name in ("one", "two"):
        place.files.handle.references.create(f"refs/heads/{name}", pygit2.Oid(raw=first))
        place.files.handle.add_worktree(
            name, str(tmp_path / name), place.files.handle.references[f"refs/heads/{name}"]
        )
        place.found.by_symbol([b"a"], "run", place.found.head(tmp_path / name))
        worktree = place.files.handle.lookup_worktree(name)
        (tmp_path / name / ".git").unlink()
        worktree.prune(True)
    with place.readers.snapshot() as connection:
        assert placements.view_of(connection, b"worktrees/one") is None
        assert placements.view_of(connection, b"worktrees/two") is not None


def test_another_worker_may_take_the_view_on_meanwhile(place: Place) -> None:
    first = place.files.commit({"a": {"run": "1"}, "b": {"walk": "1"}})
    place.files.check_out(first)
    place.open(first, "run")
    place.open(first, "walk")
    assert place.table() == place.from_scratch(first)
    second = place.files.commit({"a": {"run": "2"}, "b": {"walk": "1"}}, first)
    third = place.files.commit({"a": {"run": "2"}, "b": {"walk": "2"}}, second)

    class Overtaken(LinePlacer):
        def place(self, origins: Mapping[int, Origin], state_id: bytes) -> list[Placement]:
            if not self.asked:
                place.files.check_out(third)
                assert place.table() == place.from_scratch(third)
            return super().place(origins, state_id)

    placer = Overtaken(place.files)
    repository = Repository.open(place.root)
    heads = Heads(repository, place.root)
    slower = Placings(repository, States(repository), heads, placer, place.writer, place.readers)
    place.files.check_out(second)
    view = slower.at_head(heads.of(place.root))
    assert placer.asked
    assert view.state_id == second
    with place.readers.snapshot() as connection:
        rows = [listed.placement for listed in placements.listed(connection, view)]
    assert rows == place.from_scratch(second)


def test_many_may_ask_while_head_moves(place: Place) -> None:
    """Each gets what was true for one of the states that HEAD has been at."""
    trees: list[Tree] = [{f"file{i}": {"run": str(i)}, "other": {"walk": "1"}} for i in range(6)]
    states = [place.files.commit(tree) for tree in trees]
    place.files.check_out(states[0])
    numbers = [place.open(states[0], "run", str(i)) for i in range(3)]
    done = threading.Event()

    def ask() -> int:
        count = 0
        while not done.is_set() or not count:
            for one in numbers:
                found = place.found.find(str(one - 1), place.found.head())
                assert (found.path, found.is_orphaned) in {
                    (f"file{i}".encode(), False) for i in range(6)
                }
            count += 1
        return count

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        for state in [*states, *states, *reversed(states)]:
            place.files.check_out(state)
            place.by_symbol(b"other", "walk")
        done.set()
        assert all(one.result() for one in asking)
    assert place.table() == place.from_scratch(states[0])


def test_more_than_one_message_holds_is_refused(place: Place) -> None:
    first = place.files.commit({"a": {"run": "1", "walk": "1"}})
    place.files.check_out(first)
    body = "x" * 60_000
    count = MAX_MESSAGE_BYTES // len(body) + 1
    numbers = [place.open(first, "run", str(number), body) for number in range(count)]
    walked = place.open(first, "walk")
    with pytest.raises(ReplyTooLargeError, match="ask for parts of them with limit and after_id"):
        place.by_symbol(b"a", "run")
    with pytest.raises(ReplyTooLargeError):
        place.in_state(first)
    assert place.by_symbol(b"a", "walk") == [walked]
    some = place.found.of_symbols(None, [(b"a", "run"), (b"a", "walk")], 200_000)
    assert [one.discussion.number for one in some.discussions] == numbers[:3]
    assert some.left_out == count - 3 + 1


_NAMES = st.sampled_from(["run", "stop", "walk", "jump"])
_FILES = st.sampled_from(["a", "b", "c"])
_PLACES = st.dictionaries(_NAMES, st.tuples(_FILES, st.sampled_from(["1", "2"])), min_size=1)


def tree_of(symbols: dict[str, tuple[str, str]]) -> Tree:
    tree: dict[str, dict[str, str]] = {}
    for name, (path, body) in symbols.items():
        tree.setdefault(path, {})[name] = body
    return tree


class AnyHistory(RuleBasedStateMachine):
    """HEAD moves to any state, discussions are opened against any, and looked at in any."""

    states = Bundle("states")

    def __init__(self) -> None:
        super().__init__()
        self._exits = contextlib.ExitStack()
        directory = self._exits.enter_context(tempfile.TemporaryDirectory())
        self.place = Place(Path(directory), self._exits)
        self.head = b""

    @initialize(target=states, symbols=_PLACES)
    def begin(self, symbols: dict[str, tuple[str, str]]) -> bytes:
        self.head = self.place.files.commit(tree_of(symbols))
        self.place.files.check_out(self.head)
        return self.head

    @rule(target=states, symbols=_PLACES, parent=states, is_root=st.booleans())
    def commit(self, symbols: dict[str, tuple[str, str]], parent: bytes, is_root: bool) -> bytes:
        return self.place.files.commit(tree_of(symbols), b"" if is_root else parent)

    @rule(state=states)
    def check_out(self, state: bytes) -> None:
        self.head = state
        self.place.files.check_out(state)

    @rule(state=states, data=st.data())
    def open(self, state: bytes, data: st.DataObject) -> None:
        symbol = data.draw(st.sampled_from(sorted(self.place.files.symbols(state))))
        count = len(self.place.from_scratch(state))
        self.place.open(state, symbol, str(count))

    @rule()
    def at_head(self) -> None:
        assert self.place.table() == self.place.from_scratch(self.head)

    @rule(state=states)
    def anywhere(self, state: bytes) -> None:
        expected = self.place.from_scratch(state)
        assert self.place.in_state(state) == expected
        for placement in expected:
            at = [(placement.path, placement.symbol)]
            found = self.place.found.of_symbols(state_of(state), at, MAX_MESSAGE_BYTES)
            assert [one.place for one in found.discussions] == [
                one for one in expected if (one.path, one.symbol) == at[0]
            ]

    def teardown(self) -> None:
        self._exits.close()


AnyHistory.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestAnyHistory = AnyHistory.TestCase
