"""Signals about what the author was not sure of."""

from __future__ import annotations

import dataclasses

import pytest
from changes import change, state
from functions_by_hand import changed, function

from heddle_worker.review.configuration import SignalSettings
from heddle_worker.signals.material import Material
from heddle_worker.signals.self_flagged_uncertainty import find
from heddle_worker.signals.signal import Signal


def found(body: str, subject: str = "A change", most: int = 5) -> list[Signal]:
    edited = changed("a.py", edited=[(function("C::f", "one"), function("C::f", "two", line=7))])
    whole = dataclasses.replace(edited, state=state(subject, body))
    return list(find(Material(whole, (), SignalSettings(max_per_state=most))))


@pytest.mark.parametrize(
    ("line", "anchor", "reason"),
    [
        ("self-flag: hasty", "*", "hasty"),
        ("self-flag:hasty", "*", "hasty"),
        ("Self-Flag: hasty", "*", "hasty"),
        ("self-flag: [a.py] hasty", "a.py", "hasty"),
        ("self-flag: [a.py:C::f] hasty", "a.py:C::f:7-9", "hasty"),
        ("self-flag: [a.py:g] hasty", "a.py:g", "hasty"),
        ("self-flag: [ a.py : C::f ] hasty", "a.py:C::f:7-9", "hasty"),
        ("self-flag: [b.py:C::f] hasty", "b.py:C::f", "hasty"),
        ("self-flag: [a.py:C::f]", "a.py:C::f:7-9", "flagged by its author, without a reason"),
        ("self-flag: [] hasty", "*", "[] hasty"),
        ("self-flag: see [a.py]", "*", "see [a.py]"),
    ],
)
def test_a_line_is_read(line: str, anchor: str, reason: str) -> None:
    (signal,) = found(f"Why.\n\n{line}\n\nSigned-off-by: Ada <ada@example.com>\n")
    assert (signal.anchor, signal.reason) == (anchor, reason)


@pytest.mark.parametrize(
    "line", ["a self-flag: no", "> self-flag: no", "self-flag:", "self flag: x"]
)
def test_other_lines_say_nothing(line: str) -> None:
    assert found(line) == []


def test_the_subject_may_be_one() -> None:
    (signal,) = found("", subject="self-flag: hasty")
    assert signal.reason == "hasty"


def test_there_are_at_most_as_many_as_may_be() -> None:
    lines = [f"self-flag: {number}" for number in range(9)]
    assert [signal.reason for signal in found("\n".join(lines))] == ["0", "1", "2", "3", "4"]
    assert len(found("\n".join(lines), most=2)) == 2


def test_a_long_one_is_cut() -> None:
    (signal,) = found(f"self-flag: {'x' * 1000}")
    assert signal.reason == "x" * 199 + "…"


def test_a_worktree_has_no_message() -> None:
    whole = dataclasses.replace(change([]), state=None)
    assert list(find(Material(whole, (), SignalSettings()))) == []
