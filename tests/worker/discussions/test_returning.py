"""Which symbols that are gone may be back: what one state has and another has not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from git_repository import GitRepository

from heddle_worker.discussions.placed import where_opened
from heddle_worker.discussions.returning import arrivals
from heddle_worker.domain import Domain
from heddle_worker.repository.state import State
from heddle_worker.store.discussions import Origin

START: Final = """
    fuel = tank.open(key, pressure)
    for cylinder in engine.cylinders:
        cylinder.ignite(fuel, spark=True)
    engine.listen(noise)
    return engine.report(fuel)
"""
# Half of it is as it was.
EDITED: Final = """
    fuel = tank.open(key, pressure)
    for cylinder in engine.cylinders:
        cylinder.ignite(fuel, spark=True)
    while warm < 20:
        warm += heater.burn(gas)
    return None
"""
OTHER: Final = """
    with path.open() as file:
        return sum(len(line.split()) for line in file)
"""


def function(name: str, body: str) -> str:
    return f"def {name}(value):{body}\n\n"


class Bench:
    """A repository of Python files, and what heddle knows of it."""

    def __init__(self, directory: Path) -> None:
        self.git = GitRepository.init(directory)
        heddle_dir = directory.with_name("heddle")
        for each in (heddle_dir, heddle_dir / "state"):
            each.mkdir(mode=0o700)
        self.domain = Domain.open(directory, heddle_dir, lambda: None)
        self.before = self.commit({"car.py": function("wash", OTHER), "engine.py": "RPM = 1\n"})
        # Where it is discussed is a state of its own.
        self.opened = self.commit({"engine.py": function("start", START), "old.py": "X = 1\n"})
        self.git.git("checkout", "--quiet", self.before.id.hex())

    def commit(self, files: dict[str, str]) -> State:
        """Write files and commit them."""
        for name, text in files.items():
            path = self.git.root / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        self.git.git("add", "--all")
        return self.domain.code.states.get(bytes.fromhex(self.git.commit()))

    def origin(self, path: str, symbol: str) -> Origin:
        return self.domain.origins.find(self.opened, [path.encode()], symbol)

    def may_have(self, origin: Origin, state: State, last: tuple[str, str] | None = None) -> bool:
        """Return whether a symbol that is gone may be in a state, by where it was last."""
        place = where_opened(1, origin)
        if last is not None:
            path, symbol = last
            place = where_opened(1, self.domain.origins.find(self.opened, [path.encode()], symbol))
        changed = self.git.git("diff", "--name-only", self.before.id.hex(), state.id.hex())
        touched = [name.encode() for name in changed.splitlines()]
        code = self.domain.code
        found = arrivals(code.states, code.outlines, touched, self.before.id, state.id)
        return found.may_have(origin, place)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(tmp_path_factory.mktemp("returning") / "repository")
    with contextlib.closing(bench.domain):
        yield bench


@pytest.fixture
def bench(opened: Bench) -> Bench:
    """The repository, at the state in which the symbol is gone."""
    opened.git.git("checkout", "--quiet", "--force", opened.before.id.hex())
    return opened


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"notes.txt": "start\n"}, False, id="no symbol"),
        pytest.param({"car.py": function("wash", START)}, False, id="a known name"),
        pytest.param({"new.py": function("count", OTHER)}, False, id="something else"),
        pytest.param({"new.py": function("start", OTHER)}, True, id="its name"),
        pytest.param({"new.py": "class Engine:\n    def start(self): pass\n"}, True, id="a method"),
        pytest.param({"new.py": function("begin", START)}, True, id="its body"),
        pytest.param({"new.py": function("begin", EDITED)}, True, id="much of its body"),
        pytest.param({"engine.py": function("count", OTHER)}, True, id="its file"),
    ],
)
def test_what_a_symbol_may_be_among(bench: Bench, files: dict[str, str], expected: bool) -> None:
    origin = bench.origin("engine.py", "start")
    assert bench.may_have(origin, bench.commit(files)) is expected


def test_it_may_be_where_it_was_last_and_under_its_last_name(bench: Bench) -> None:
    origin = bench.origin("engine.py", "start")
    elsewhere = bench.commit({"car.py": function("count", OTHER)})
    assert not bench.may_have(origin, elsewhere)
    assert bench.may_have(origin, elsewhere, last=("car.py", "wash"))
    bench.git.git("checkout", "--quiet", bench.before.id.hex())
    renamed = bench.commit({"new.py": "class Car:\n    def wash(self): pass\n"})
    assert not bench.may_have(origin, renamed)
    assert bench.may_have(origin, renamed, last=("car.py", "wash"))


def test_a_file_as_a_whole_may_be_any_new_file(bench: Bench) -> None:
    origin = bench.origin("old.py", "old.py")
    assert not bench.may_have(origin, bench.commit({"car.py": function("polish", OTHER)}))
    (bench.git.root / "car.py").unlink()
    assert not bench.may_have(origin, bench.commit({}))
    bench.git.git("checkout", "--quiet", "--force", bench.before.id.hex())
    assert bench.may_have(origin, bench.commit({"notes.txt": "text\n"}))


def test_links_are_no_files(bench: Bench) -> None:
    whole, symbol = bench.origin("old.py", "old.py"), bench.origin("engine.py", "start")
    (bench.git.root / "new.py").symlink_to("engine.py")
    linked = bench.commit({})
    assert not bench.may_have(whole, linked)
    assert not bench.may_have(symbol, linked)


def test_a_change_of_many_files_is_looked_at_in_parts(bench: Bench) -> None:
    origin = bench.origin("engine.py", "start")
    files = {f"new/{number:03}.txt": "text\n" for number in range(99)}
    for name in ("000.py", "999.py"):
        bench.git.git("checkout", "--quiet", "--force", bench.before.id.hex())
        state = bench.commit({**files, "new/099.txt": "", f"new/{name}": function("start", OTHER)})
        assert bench.may_have(origin, state)
    bench.git.git("checkout", "--quiet", "--force", bench.before.id.hex())
    assert not bench.may_have(origin, bench.commit({**files, "new/099.py": "X = 1\n", "z": ""}))


@pytest.mark.parametrize(("count", "expected"), [(2_000, False), (2_001, True)])
def test_anything_may_be_in_a_change_of_very_many_files(
    bench: Bench, count: int, expected: bool
) -> None:
    code, before = bench.domain.code, bench.before.id
    touched = [b"%d" % number for number in range(count)]
    found = arrivals(code.states, code.outlines, touched, before, before)
    for origin in (bench.origin("engine.py", "start"), bench.origin("old.py", "old.py")):
        assert found.may_have(origin, where_opened(1, origin)) is expected
