from __future__ import annotations

import dataclasses
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_language import pair, told

from heddle_worker.review.change import FilePair
from heddle_worker.review.matching import match
from heddle_worker.symbols.outline import OutlineStatus

LONG: Final = (
    "take the list of all the names and sort them by length then give back the first of it"
)
OTHER: Final = (
    "open a socket wait for bytes parse what came answer with an error or else a reply line"
)


def changes(*pairs: FilePair) -> list[str]:
    return told(match(pairs))


def test_what_only_lies_on_other_lines_is_not_listed() -> None:
    assert changes(pair(f"def f {LONG}", f"// new\n\ndef f {LONG}")) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (f"def f {LONG}", f"def f {LONG} twice", ["a:f edited"]),
        (f"def f {LONG}", f"def f  {LONG} // why", ["a:f reformatted"]),
        (f"def f {LONG}", f"def g {LONG}", ["a:f -> a:g renamed"]),
        (f"def f {LONG}", f"def g {LONG} twice", ["a:f -> a:g renamed edited"]),
        (f"def f {LONG}", f"def f {LONG}\ndef g {OTHER}", ["a:g added"]),
        (f"def f {LONG}\ndef g {OTHER}", f"def g {OTHER}", ["a:f deleted"]),
        (f"def f {LONG}", f"def g {OTHER}", ["a:g added", "a:f deleted"]),
        (f"def f {LONG}", f"def f {OTHER}", ["a:f edited"]),
        (f"def f {LONG}", f"class f {LONG}", ["a:f edited"]),
    ],
)
def test_one_function(old: str, new: str, expected: list[str]) -> None:
    assert changes(pair(old, new)) == expected


def test_a_copy_is_an_addition() -> None:
    assert changes(pair(f"def f {LONG}", f"def f {LONG}\ndef g {LONG}")) == ["a:g added"]


def test_a_renamed_file_moves_its_symbols() -> None:
    renamed = pair(f"def f {LONG}\ndef g 1", f"def f {LONG}\ndef g 2", b"b", b"a")
    assert changes(renamed) == ["a:f -> b:f moved", "a:g -> b:g moved edited"]


def test_a_symbol_moves_to_another_file() -> None:
    two = (pair(f"def f {LONG}\ndef g 1", "def g 1", b"a"), pair("", f"def f {LONG}", b"b"))
    assert changes(*two) == ["a:f -> b:f moved"]


def test_a_symbol_moves_edited_and_renamed_to_another_file() -> None:
    two = (pair(f"def f {LONG}", None, b"a"), pair(None, f"def better {LONG} twice", b"b"))
    assert changes(*two) == ["a:f -> b:better moved renamed edited"]


CLASS: Final = f"""
class A of base
  field one
  def f {LONG}
  def g {OTHER}
"""


@pytest.mark.parametrize(
    ("text", "replacement", "expected"),
    [
        ("parse", "read", ["a:A::g edited"]),
        ("base", "other", ["a:A edited"]),
        ("field one", "field two", ["a:A edited"]),
        ("def f", "def h", ["a:A::f -> a:A::h renamed"]),
        (f"  def f {LONG}\n", "", ["a:A::f deleted"]),
        ("  field one\n", "  field one\n  def h 1\n", ["a:A::h added"]),
        ("def g", "def   g", ["a:A::g reformatted"]),
        ("of base", "of   base", ["a:A reformatted"]),
        ("  def", "    def", ["a:A reformatted"]),
        (
            "class A",
            "class B",
            ["a:A -> a:B renamed", "a:A::f -> a:B::f moved", "a:A::g -> a:B::g moved"],
        ),
    ],
)
def test_a_class_is_apart_from_its_methods(
    text: str, replacement: str, expected: list[str]
) -> None:
    assert changes(pair(CLASS, CLASS.replace(text, replacement))) == expected


def test_methods_in_another_order_are_no_change() -> None:
    swapped = f"class A of base\n  field one\n  def g {OTHER}\n  def f {LONG}"
    assert changes(pair(CLASS, swapped)) == []


def test_the_methods_of_a_renamed_class_are_followed_though_nothing_of_them_is_alike() -> None:
    old = f"class A {LONG}\n  def f 1 2 3\n  def A start"
    new = f"class B {LONG}\n  def f 4 5 6\n  def B other"
    assert changes(pair(old, new)) == [
        "a:A -> a:B renamed",
        "a:A::f -> a:B::f moved edited",
        "a:A::A -> a:B::B moved renamed edited",
    ]


def test_small_methods_of_other_classes_are_no_partners() -> None:
    two = (
        pair("class A\n  def f pass", None, b"a"),
        pair(None, f"class B {LONG}\n  def f pass", b"b"),
    )
    assert changes(*two) == ["a:A deleted", "a:A::f deleted", "b:B added", "b:B::f added"]


def test_an_overload_that_goes_leaves_the_others_what_they_are() -> None:
    three = f"def f int {LONG}\ndef f text {OTHER}\ndef f none 1"
    two = f"def f text {OTHER}\ndef f none 1"
    assert changes(pair(three, two)) == ["a:f deleted"]
    assert changes(pair(two, three)) == ["a:f added"]


def test_an_edited_overload_is_found_by_what_it_is_like() -> None:
    old = f"def f {LONG}\ndef f {OTHER}"
    new = f"def f {OTHER} twice\ndef f {LONG} twice"
    assert changes(pair(old, new)) == ["a:f#2 -> a:f edited", "a:f -> a:f#2 edited"]


def test_overloads_that_tell_nothing_are_paired_in_order() -> None:
    assert changes(pair("def f 1\ndef f 2", "def f 3\ndef f 4")) == [
        "a:f edited",
        "a:f#2 edited",
    ]


def test_of_a_file_that_could_not_be_read_nothing_is_said() -> None:
    whole = pair(f"def f {LONG}", "")
    assert whole.new is not None
    unread = dataclasses.replace(whole.new, status=OutlineStatus.TOO_LARGE)
    assert changes(dataclasses.replace(whole, new=unread)) == []
    assert changes(whole) == ["a:f deleted"]


def test_deleted_symbols_come_last_in_their_file() -> None:
    two = (
        pair(f"def a {LONG}\ndef z 1", "def z 2", b"a"),
        pair("def y 1\ndef b 1", "def y 2", b"b"),
    )
    assert changes(*two) == ["a:z edited", "a:a deleted", "b:y edited", "b:b deleted"]


WORDS: Final = st.lists(st.sampled_from("abcdefgh"), max_size=12).map(" ".join)
FUNCTIONS: Final = st.lists(st.tuples(st.sampled_from("pqrst"), WORDS), max_size=8)


def file_of(functions: list[tuple[str, str]]) -> str:
    return "\n".join(f"def {name} {words}" for name, words in functions)


@given(st.lists(st.tuples(FUNCTIONS, FUNCTIONS), max_size=4))
def test_every_symbol_has_at_most_one_partner(
    files: list[tuple[list[tuple[str, str]], list[tuple[str, str]]]],
) -> None:
    pairs = [
        pair(file_of(old), file_of(new), str(n).encode()) for n, (old, new) in enumerate(files)
    ]
    found = match(pairs)
    olds = [(change.old.path, change.old.symbol.name) for change in found if change.old]
    news = [(change.new.path, change.new.symbol.name) for change in found if change.new]
    assert len(olds) == len(set(olds))
    assert len(news) == len(set(news))
    assert found == match(pairs)
    # Whatever is listed nowhere is unchanged, so as many are left of either side.
    left_old = sum(len(old) for old, _ in files) - len(olds)
    left_new = sum(len(new) for _, new in files) - len(news)
    assert left_old == left_new
    for change in found:
        if change.old and change.new:
            same = change.old.symbol.meaning == change.new.symbol.meaning
            assert change.is_edited is not same


def test_a_change_read_backwards_has_as_many_pairs() -> None:
    old = f"def f {LONG}\ndef g {OTHER}\ndef h 1"
    new = f"def f2 {LONG} x\ndef g2 {OTHER}\ndef i 1"
    forwards, backwards = match([pair(old, new)]), match([pair(new, old)])
    paired = {(c.old.symbol.name, c.new.symbol.name) for c in forwards if c.old and c.new}
    assert paired == {(c.new.symbol.name, c.old.symbol.name) for c in backwards if c.old and c.new}
    assert len(paired) == 3
