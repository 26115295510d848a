"""Figures about code, of modules that are written for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from git_repository import GitRepository
from hypothesis import given
from hypothesis import strategies as st

from release.duplicates import Duplicate, Place, duplicates
from release.metrics import Room, as_text, measure
from release.source_code import Function, Module
from release.start_costs import StartCost

TEN = [f"value_{number} = work({number})" for number in range(10)]
MODULE = '''\
"""A module.

Of three lines."""

import sys
from pathlib import (
    Path,
)

LIMIT = 3
"""What is said of it."""


def spin(turns):  # how often
    """Turn."""
    # Why it turns.
    return f"""{turns}
    times"""


class Engine:
    async def stop(self):
        return sys, Path
'''


def read(root: Path, name: str, *lines: str) -> Module:
    path = root / name
    path.write_text("\n".join([*lines, ""]), "utf-8")
    return Module.read(root, path)


def test_code_is_what_neither_documents_nor_comments(tmp_path: Path) -> None:
    module = read(tmp_path, "engine.py", *MODULE.splitlines())
    assert module.path == "engine.py"
    assert module.lines == 23
    assert list(module.code) == [5, 6, 7, 8, 10, 14, 17, 18, 21, 22, 23]
    assert module.code[14] == "def spin ( turns ) :"
    assert module.imported == {5, 6, 7, 8}


def test_functions_are_counted_from_their_def_to_their_end(tmp_path: Path) -> None:
    module = read(tmp_path, "engine.py", *MODULE.splitlines())
    assert module.functions == (
        Function("engine.py", "spin", 14, 5),
        Function("engine.py", "stop", 22, 2),
    )


def test_ten_lines_are_found_in_two_modules_however_they_look(tmp_path: Path) -> None:
    one = read(tmp_path, "one.py", "import os", "first = 1", *TEN, "last = 1")
    spaced = [f"    {line}  # {number}" for number, line in enumerate(TEN)]
    other = read(tmp_path, "other.py", "class Other:", '    """Other."""', "", *spaced)
    assert duplicates([one, other]) == [
        Duplicate(10, (Place("one.py", 3, 12), Place("other.py", 4, 13)))
    ]


def test_nine_lines_are_none(tmp_path: Path) -> None:
    modules = [read(tmp_path, name, *TEN[:9], f"own = {name!r}") for name in ("a.py", "b.py")]
    assert duplicates(modules) == []
    assert [each.lines for each in duplicates(modules, least=9)] == [9]


def test_imports_are_none(tmp_path: Path) -> None:
    lines = [f"import module_{number}" for number in range(20)]
    assert duplicates([read(tmp_path, name, *lines) for name in ("a.py", "b.py")]) == []


def test_three_places_are_one_duplicate_and_a_longer_one_in_two_is_another(tmp_path: Path) -> None:
    longer = [*TEN, "more = 1"]
    modules = [
        read(tmp_path, "a.py", *longer),
        read(tmp_path, "b.py", *longer),
        read(tmp_path, "c.py", *TEN),
    ]
    found = [(each.lines, [str(place) for place in each.places]) for each in duplicates(modules)]
    assert found == [
        (11, ["a.py:1-11", "b.py:1-11"]),
        (10, ["a.py:1-10", "b.py:1-10", "c.py:1-10"]),
    ]


@given(
    before=st.integers(0, 5), alike=st.integers(1, 30), after=st.integers(0, 5), least=st.just(10)
)
def test_a_run_is_found_whole_from_ten_lines_on(
    before: int, alike: int, after: int, least: int
) -> None:
    common = {number: f"line {number}" for number in range(alike)}

    def module(name: str) -> Module:
        own = [f"{name} before {number}" for number in range(before)]
        end = [f"{name} after {number}" for number in range(after)]
        code = dict(enumerate([*own, *common.values(), *end], start=1))
        return Module(name, len(code), code, frozenset(), ())

    found = duplicates([module("a"), module("b")], least)
    assert [each.lines for each in found] == ([alike] if alike >= least else [])
    for each in found:
        assert {(place.first, place.last) for place in each.places} == {
            (before + 1, before + alike)
        }


@pytest.mark.parametrize("copies", [2, 3])
def test_what_is_repeated_in_one_module_is_found(tmp_path: Path, copies: int) -> None:
    lines = [line for copy in range(copies) for line in (*TEN, f"end_{copy} = 1")]
    (found,) = duplicates([read(tmp_path, "one.py", *lines)])
    assert found.lines == 10
    assert len(found.places) == copies


def test_a_checkout_is_measured_without_what_is_generated_or_not_tracked(tmp_path: Path) -> None:
    repository = GitRepository.init(tmp_path / "r")
    long = "def work():\n" + "".join(f"    x{number} = 1\n" for number in range(300))
    repository.write("heddle_worker/long.py", long)
    repository.write("tests/test_long.py", long)
    repository.write("heddle_api/v1.py", long)
    repository.write("setup.py", "x = 1\n")
    repository.commit()
    (repository.root / "untracked.py").write_text(long)
    metrics = measure(repository.root, [StartCost("heddle agent status", 130, 16)])
    assert list(metrics.rooms) == [
        Room("./", 1, 1, 1),
        Room("heddle_api/, generated", 1, 301, 301),
        Room("heddle_worker/", 1, 301, 301),
        Room("tests/", 1, 301, 301),
    ]
    assert [path for path, _ in metrics.long_modules] == [
        "heddle_worker/long.py",
        "tests/test_long.py",
    ]
    assert metrics.longest_function_of_the_program.module == "heddle_worker/long.py"
    assert [each.lines for each in metrics.duplicates] == [301]
    text = as_text(metrics)
    assert "301 lines, work (heddle_worker/long.py:1)" in text
    assert "130  heddle agent status, 16 of them heddle's" in text
