"""Signals about functions that are hardly what they were, or unlike their siblings."""

from __future__ import annotations

from functions_by_hand import changed, function

from heddle_worker.review.change import Change
from heddle_worker.review.configuration import SignalSettings
from heddle_worker.signals.material import Material
from heddle_worker.signals.pattern_deviation import find
from heddle_worker.signals.signal import Signal
from heddle_worker.symbols.outline import SymbolKind


def found(change: Change, threshold: float = 0.6) -> list[Signal]:
    return list(find(Material(change, (), SignalSettings(threshold=threshold))))


def test_an_edited_function_is_compared_with_what_it_was() -> None:
    old, new = function("f", "a b c d e"), function("f", "a b v w x y z", line=4)
    (signal,) = found(changed("a.py", edited=[(old, new)]))
    assert signal.anchor == "a.py:f:4-6"
    assert signal.reason == "80% of its tokens differ from its earlier version"


def test_the_threshold_itself_is_beyond_it() -> None:
    # 2 of 5 are in both.
    whole = changed("a.py", edited=[(function("f", "a b c"), function("f", "a b x y"))])
    assert len(found(whole, 0.6)) == 1
    assert found(whole, 0.61) == []


def test_a_new_function_is_compared_with_the_nearest_of_its_file() -> None:
    siblings = [function("near", "a b c d x"), function("far", "p q")]
    near = function("new", "a b c d e")
    assert found(changed("a.py", added=[near], others=siblings)) == []
    (signal,) = found(changed("a.py", added=[function("new", "a p x y z")], others=siblings))
    assert signal.reason == (
        "new, and 75% of its tokens differ from near, the most similar function of its file"
    )
    (signal,) = found(changed("a.py", added=[function("new", "v w")], others=siblings))
    assert "nothing in common" in signal.reason


def test_without_siblings_nothing_is_said() -> None:
    new = function("f", "a b")
    assert found(changed("a.py", added=[new])) == []
    holder = function("C", "a b", kind=SymbolKind.CLASS)
    inner = function("f::g", "p q")
    assert found(changed("a.py", added=[new], others=[holder, inner])) == []


def test_classes_and_what_is_gone_do_not_count() -> None:
    old, new = (function("C", words, kind=SymbolKind.CLASS) for words in ("a b", "x y"))
    whole = changed("a.py", edited=[(old, new)], deleted=[function("f", "a")])
    assert found(whole) == []


def test_thousands_of_new_functions_are_judged_too() -> None:
    many = [function(f"f{n}", f"a b c d e f g h i j n{n}") for n in range(3_000)]
    assert found(changed("a.py", added=[*many[:1_999], function("odd", "x y z")])) != []
    assert found(changed("a.py", added=many)) == []
