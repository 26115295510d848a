"""Signals about invariants that were written down."""

from __future__ import annotations

import pytest
from functions_by_hand import changed, function

from heddle_worker.review.change import Annotation, Change
from heddle_worker.review.configuration import SignalSettings
from heddle_worker.signals.invariant_adjacency import find
from heddle_worker.signals.material import Material
from heddle_worker.signals.signal import Signal
from heddle_worker.symbols.outline import SymbolKind


def invariant(
    symbol: str, path: bytes = b"a.py", kind: str = "invariant", tags: tuple[str, ...] = ()
) -> Annotation:
    return Annotation("1", kind, "never negative", tags, path, symbol)


def found(change: Change, *annotations: Annotation) -> list[Signal]:
    return list(find(Material(change, annotations, SignalSettings())))


EDITED = changed("a.py", edited=[(function("C::f", "one"), function("C::f", "two", line=7))])


def test_one_at_a_symbol_that_was_edited_is_quoted() -> None:
    (signal,) = found(EDITED, invariant("C::f"))
    assert signal.anchor == "a.py:C::f:7-9"
    assert signal.reason == "an invariant is written here: never negative"


@pytest.mark.parametrize(
    "annotation",
    [
        invariant("C::f", kind="rationale"),
        invariant("C::f", kind="constraint", tags=("enforced",)),
        invariant("C::g"),
        invariant("C::f", path=b"b.py"),
    ],
)
def test_others_say_nothing(annotation: Annotation) -> None:
    assert found(EDITED, annotation) == []


def test_what_is_tagged_as_enforcing_counts() -> None:
    assert len(found(EDITED, invariant("C::f", kind="rationale", tags=("x", "enforces")))) == 1


def test_a_class_is_changed_with_what_is_in_it() -> None:
    holder = function("C", line=3, kind=SymbolKind.CLASS)
    edited = [(function("C::f", "one"), function("C::f", "two", line=4))]
    (signal,) = found(changed("a.py", edited=edited, others=[holder]), invariant("C"))
    assert signal.anchor == "a.py:C:3-5"


def test_a_file_as_a_whole_may_have_one() -> None:
    (signal,) = found(EDITED, invariant("a.py"))
    assert (signal.start_line, signal.end_line) == (0, 0)


def test_deleting_the_symbol_counts() -> None:
    (signal,) = found(changed("a.py", deleted=[function("f")]), invariant("f"))
    assert signal.anchor == "a.py:f"


def test_a_long_one_is_cut() -> None:
    long = Annotation("1", "invariant", "x" * 1000, (), b"a.py", "C::f")
    (signal,) = found(EDITED, long)
    assert signal.reason == f"an invariant is written here: {'x' * 119}…"
