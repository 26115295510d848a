"""All benchmarks of one run: what is said of each, whatever becomes of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from documents import PROJECT
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.document import as_document, write_document
from benchmarks.report import Bar, Options, Report, Row, as_json, as_table
from benchmarks.sampling import Figure
from benchmarks.suite import outcome, run_one, status

REPORT = Report(
    [
        Row("start", Figure(847.123456, 680.0, 1004.0), "ms", Figure.of(280.0), Bar(factor=1.5)),
        Row("calls", Figure.of(85_878), ""),
        Row("failed calls", Figure.of(0), "", bar=Bar(plus=0)),
    ],
    ["floor: another"],
    ["s6: there is no s6-supervise"],
)


def test_a_report_keeps_what_tables_and_pages_are_made_of() -> None:
    start, calls, failed = as_json(REPORT)["rows"]
    assert start["value"] == 847.12
    assert start["range"] == [680, 1004]
    assert start["ratio"] == 3.0254
    assert (start["bar"], start["limit"], start["met"]) == ("<= 1.5x", 420, False)
    assert calls["value"] == 85_878, "a count is exact"
    assert calls["met"] is None
    assert (failed["bar"], failed["met"]) == ("<= 0", True)
    assert as_json(REPORT)["met"] is False


def test_a_table_names_what_was_left_out() -> None:
    lines = as_table(as_json(REPORT)).splitlines()
    assert lines[2].split() == [
        "start",
        "847",
        "680-1,004",
        "ms",
        "280",
        "3.03x",
        "<=",
        "1.5x",
        "NO",
    ]
    assert lines[-2:] == ["* floor: another", "SKIPPED: s6: there is no s6-supervise"]


def test_a_benchmark_that_has_a_report_is_measured_whether_or_not_its_bars_are_met() -> None:
    printed = json.dumps({"benchmark": "client", "machine": {}, "quick": True} | as_json(REPORT))
    for code in (0, 1):
        assert outcome("client", code, printed, "") == as_json(REPORT)


@pytest.mark.parametrize(
    ("code", "said", "error"),
    [
        (2, "benchmarks: peers: SKIPPED: x\nbenchmarks: peers: no daemon\n", "no daemon"),
        (2, "", "it ended with 2"),
        (1, "Traceback\nKeyError: 'pid'\n", "it ended with 1: KeyError: 'pid'"),
        (-9, "", "it ended with -9"),
    ],
)
def test_one_that_has_none_says_why(code: int, said: str, error: str) -> None:
    assert outcome("peers", code, "", said) == {"error": error}


def test_one_that_takes_too_long_is_ended() -> None:
    measured = run_one("client", Options(quick=True), limit=0.0)
    assert measured["error"].startswith("it ended with SIGTERM after 0 s")
    assert measured.keys() == {"benchmark", "seconds", "load_before", "error"}


def test_the_exit_status_is_that_of_the_worst() -> None:
    met, missed, failed = {"met": True}, {"met": False}, {"error": "no daemon"}
    cases: list[tuple[list[dict[str, Any]], int]] = [
        ([met, met], 0),
        ([met, missed], 1),
        ([failed, missed, met], 2),
    ]
    for measured, expected in cases:
        assert status({"benchmarks": measured}) == expected


def test_a_document_has_a_line_for_each_row(tmp_path: Path) -> None:
    document = {"commit": "f" * 40, "benchmarks": [as_json(REPORT), {"error": "no daemon"}]}
    write_document(tmp_path / "figures.json", document)
    text = (tmp_path / "figures.json").read_text("utf-8")
    assert json.loads(text) == document
    assert sum('"what"' in line for line in text.splitlines()) == 3
    assert '    {"error": "no daemon"}' in text.splitlines()
    assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=10,
    )
)
def test_a_document_is_json_of_the_same_value(value: object) -> None:
    assert json.loads(as_document(value)) == value


def test_the_command_knows_its_benchmarks() -> None:
    command = [sys.executable, "-m", "benchmarks"]
    listed = subprocess.run(
        [*command, "--list"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    names = [line.split()[0] for line in listed.stdout.splitlines()]
    assert names == sorted(names)
    for name in names:
        module = PROJECT / "benchmarks" / name
        assert module.with_suffix(".py").exists() or (module / "__init__.py").exists()
    refused = subprocess.run(
        [*command, "nothing"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert "all" in refused.stderr
