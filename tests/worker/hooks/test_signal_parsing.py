"""Signals as hooks give them: what is taken, and in which words the rest is refused."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle_worker.hooks import schemas
from heddle_worker.hooks.signal_parsing import BadResponseError, parse_signals
from heddle_worker.limits import MAX_EXTRA_SIGNALS
from heddle_worker.store.extra_signals import ExtraSignal

SCHEMA = json.loads(schemas.response_schema("pre_capture"))


def test_all_that_a_signal_may_have() -> None:
    value = {
        "kind": "licence.missing",
        "file": "a b/ö.py",
        "symbol": "Engine::add",
        "start_line": 3,
        "end_line": 7,
        "reason": "no \x1b[31mlicence\x1b[0m\nat the\ttop",
        "more": [1],
    }
    jsonschema.validate({"extra_signals": [value]}, SCHEMA)
    assert parse_signals([value]) == (
        ExtraSignal("licence.missing", "a b/ö.py", "Engine::add", 3, 7, "no licence at the top"),
    )


def test_the_whole_change_is_meant_unless_a_file_is_named() -> None:
    assert parse_signals([{"kind": "risky"}]) == (ExtraSignal("risky", "*", "", 0, 0, ""),)
    assert parse_signals([{"kind": "risky", "file": "a", "start_line": 3}]) == (
        ExtraSignal("risky", "a", "", 3, 3, ""),
    )


def test_a_long_reason_is_cut() -> None:
    (signal,) = parse_signals([{"kind": "risky", "reason": "x" * 300}])
    assert signal.reason == "x" * 199 + "…"


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ({}, "extra_signals is not a list"),
        ([[]], r"extra_signals\[0\] is not an object"),
        ([{"kind": "a"}, {}], r"extra_signals\[1\]\.kind has to be a name"),
        ([{"kind": 1}], r"\.kind is not a text"),
        ([{"kind": "no spaces"}], r"\.kind has to be a name"),
        ([{"kind": "a\n"}], r"\.kind has to be a name"),
        ([{"kind": "a" * 65}], r"\.kind has to be a name"),
        ([{"kind": "novelty"}], r"\.kind is novelty, which heddle itself raises"),
        ([{"kind": "diff_summary.mixed"}], "which heddle itself raises"),
        ([{"kind": "a", "file": "\x1b[2J"}], r"\.file has a control character"),
        ([{"kind": "a", "file": "a\udc80"}], r"\.file has a control character"),
        ([{"kind": "a", "symbol": "a\u202eb"}], r"\.symbol has a control character"),
        ([{"kind": "a", "file": "a" * 1_025}], r"\.file is longer than 1024 bytes"),
        ([{"kind": "a", "reason": ["a"]}], r"\.reason is not a text"),
        ([{"kind": "a", "start_line": True}], r"\.start_line is not a line's number"),
        ([{"kind": "a", "start_line": -1}], r"\.start_line is not a line's number"),
        ([{"kind": "a", "end_line": 2}], "lines that are no range"),
        ([{"kind": "a", "start_line": 3, "end_line": 2}], "lines that are no range"),
        ([{"kind": "a"}] * (MAX_EXTRA_SIGNALS + 1), "more than 256 entries"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_place(value: object, complaint: str) -> None:
    with pytest.raises(BadResponseError, match=complaint):
        parse_signals(value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NEARLY = st.fixed_dictionaries(
    {"kind": st.sampled_from(["a", "novelty"]) | st.text()},
    optional=dict.fromkeys(("file", "symbol", "start_line", "end_line", "reason"), VALUES),
)


@given(st.lists(NEARLY | VALUES, max_size=4))
def test_whatever_is_given_is_taken_clean_or_refused_in_a_line(value: list[Any]) -> None:
    complaint = ""
    signals: tuple[ExtraSignal, ...] = ()
    try:
        signals = parse_signals(value)
    except BadResponseError as error:
        complaint = str(error)
    if complaint:
        assert len(complaint.splitlines()) == 1
        return
    jsonschema.validate({"extra_signals": value}, SCHEMA)
    for signal in signals:
        for text in (signal.kind, signal.file, signal.symbol, signal.reason):
            assert not {unicodedata.category(one) for one in text} & {"Cc", "Cf", "Cs"}
        assert 0 <= signal.start_line <= signal.end_line
