"""Signals about functions that no test reaches."""

from __future__ import annotations

import pytest
from functions_by_hand import changed, function, outline

from heddle_worker.review.configuration import SignalSettings
from heddle_worker.signals.function_index import FunctionIndex
from heddle_worker.signals.material import Material
from heddle_worker.signals.summaries import summary_of
from heddle_worker.signals.test_reachability import find
from heddle_worker.symbols.outline import Symbol, SymbolKind

TESTS = [function(f"test_{n}", calls=["used"], is_test=True) for n in range(3)]


def found(
    new: Symbol,
    *others: Symbol,
    tests: list[Symbol] = TESTS,
    path: str = "engine.py",
    test_path: str = "checks.py",
    language: str = "python",
    test_language: str = "python",
    fewest: int = 3,
) -> list[str]:
    index = FunctionIndex()
    index.move_to(
        {
            path.encode(): summary_of(outline(new, *others, language=language)),
            test_path.encode(): summary_of(outline(*tests, language=test_language)),
        }
    )
    change = changed(path, added=[new], others=others, language=language)
    settings = SignalSettings(min_test_functions_in_repo=fewest)
    return [signal.symbol for signal in find(Material(change, (), settings, index))]


def test_one_that_nobody_calls_is_named_with_what_that_means() -> None:
    assert found(function("lonely")) == ["lonely"]
    index = FunctionIndex()
    files = {b"a.py": summary_of(outline(function("lonely"), *TESTS))}
    index.move_to(files)
    change = changed("a.py", added=[function("lonely", line=3)])
    (signal,) = find(Material(change, (), SignalSettings(), index))
    assert signal.anchor == "a.py:lonely:3-5"
    assert "static reachability, not runtime coverage" in signal.reason


def test_one_that_is_called_over_others_is_reached() -> None:
    way = [function("used", calls=["between"]), function("C::between", calls=["end"])]
    assert found(function("D::end"), *way) == []
    assert found(function("D::other"), *way) == ["D::other"]


def test_calls_in_a_circle_end() -> None:
    circle = [function("one", calls=["other"]), function("other", calls=["one", "new"])]
    assert found(function("new", calls=["one"]), *circle) == ["new"]


def test_functions_of_one_name_count_as_one() -> None:
    assert found(function("Engine::used")) == []


@pytest.mark.parametrize(
    ("name", "language"),
    [("C::__init__", "python"), ("C::constructor", "typescript"), ("drop", "rust")],
)
def test_what_the_language_calls_itself_is_not_named(name: str, language: str) -> None:
    assert found(function(name), language=language, test_language=language) == []


def test_languages_that_do_not_call_each_other_are_kept_apart() -> None:
    assert found(function("used"), path="a.go", language="go") == ["used"]
    assert found(function("used"), path="a.ts", language="typescript", test_language="tsx") == []
    assert found(function("used"), path="a.c", language="c", test_language="cpp") == []


def test_what_lies_among_tests_is_one() -> None:
    helpers = [function(f"helper_{n}", calls=["used"]) for n in range(3)]
    assert found(function("used"), tests=helpers) == []
    assert found(function("lonely"), tests=helpers) == []
    assert found(function("used"), tests=helpers, test_path="tests/a.py") == []
    assert found(function("lonely"), tests=helpers, test_path="tests/a.py") == ["lonely"]
    assert found(function("lonely"), path="tests/b.py") == []


def test_with_few_tests_nothing_is_said() -> None:
    assert found(function("lonely"), tests=TESTS[:2]) == []
    assert found(function("lonely"), tests=TESTS[:2], fewest=2) == ["lonely"]


def test_only_what_can_be_called_is_named() -> None:
    assert found(function("Lonely", kind=SymbolKind.CLASS)) == []
    change = changed("a.py", added=[function("lonely")])
    assert list(find(Material(change, (), SignalSettings(), None))) == []
