"""Signals about functions that are like no other."""

from __future__ import annotations

from functions_by_hand import changed, function, outline

from heddle_worker.review.change import Change
from heddle_worker.review.configuration import SignalSettings
from heddle_worker.signals.function_index import FunctionIndex
from heddle_worker.signals.material import Material
from heddle_worker.signals.novelty import find
from heddle_worker.signals.signal import Signal
from heddle_worker.signals.summaries import summary_of
from heddle_worker.symbols.outline import Symbol

WORDS = "a b c d e f g h i j k l m n o p q r s t"


def found(
    change: Change, *files: list[Symbol], tolerance: float = 0.15, knows: bool = True
) -> list[Signal]:
    index = FunctionIndex()
    index.move_to({b"%d.py" % n: summary_of(outline(*file)) for n, file in enumerate(files)})
    corpus = index if knows else None
    return list(find(Material(change, (), SignalSettings(tolerance=tolerance), corpus)))


def with_new(words: str) -> tuple[Change, list[Symbol]]:
    new = function("new", words, line=5)
    return changed("0.py", added=[new]), [new]


OTHERS = [function("near", WORDS), function("far", "x y z"), function("further", "v w")]


def test_one_that_resembles_another_enough_is_not_novel() -> None:
    change, file = with_new(f"{WORDS} u")
    assert found(change, file, OTHERS) == []


def test_one_that_does_not_is_and_the_nearest_is_named() -> None:
    change, file = with_new("a b c d e f g h i j 1 2 3 4 5")
    (signal,) = found(change, file, OTHERS)
    assert signal.anchor == "0.py:new:5-7"
    assert signal.reason == "the most similar function shares 40% of its tokens: near in 1.py"
    change, file = with_new("1 2 3")
    (signal,) = found(change, file, OTHERS)
    assert signal.reason == "no other function of the repository resembles it"


def test_the_tolerance_decides() -> None:
    change, file = with_new(f"{WORDS} 1 2 3 4 5")
    assert len(found(change, file, OTHERS)) == 1
    assert found(change, file, OTHERS, tolerance=0.2) == []


def test_edited_ones_are_looked_at_too() -> None:
    old, new = function("f", WORDS), function("f", "1 2 3")
    (signal,) = found(changed("0.py", edited=[(old, new)]), [new], OTHERS)
    assert signal.symbol == "f"


def test_neither_itself_nor_what_is_in_it_counts() -> None:
    new = function("new", WORDS)
    inner = function("new::inner", WORDS)
    change = changed("0.py", added=[new], others=[inner])
    assert len(found(change, [new, inner], OTHERS[1:])) == 1
    assert found(change, [new, inner], OTHERS) == []


def test_few_functions_or_unknown_ones_say_nothing() -> None:
    change, file = with_new("1 2 3")
    assert found(change, file, OTHERS[:2]) == []
    assert found(change, file, OTHERS, knows=False) == []
