"""The page about performance, and the README's table, say what one run has measured."""

# ruff: noqa: RUF001 - pages have dashes and multiplication signs

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from documents import PROJECT
from generators import bars, parts, peers, performance
from generators.figures import Run, number

MACHINE = {
    "cpu": "a processor",
    "cpus": 2,
    "memory_gb": 8.0,
    "kernel": "Linux 6",
    "python": "CPython 3.11",
    "git": "2.39",
    "sqlite": "3.54",
    "packages": {"grpcio": "1.85"},
}
FIGURE = re.compile(r"\d\s?(?:ms|µs|s|MB|%|×|times)(?![\w%])")
"""A number that looks measured."""


def row(what: str, value: float, **fields: Any) -> dict[str, Any]:
    """Return a row of a document, with neither floor nor bar unless they are given."""
    nothing = dict.fromkeys(("floor", "floor_range", "ratio", "bar", "limit", "met"))
    return {"what": what, "value": value, "unit": "ms", "range": [value, value]} | nothing | fields


def run_of(*benchmarks: dict[str, Any], **fields: Any) -> Run:
    """Return a run of these benchmarks."""
    body = {
        "commit": "0123456789abcdef",
        "clean": True,
        "date": datetime(2026, 11, 24, tzinfo=UTC).isoformat(),
        "seconds": 1800.0,
        "quick": False,
        "machine": MACHINE,
        "benchmarks": benchmarks,
    }
    return Run.of(body | fields)


def measured(name: str, *rows: dict[str, Any], skipped: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the part of a document that a benchmark fills."""
    return {
        "benchmark": name,
        "seconds": 60.0,
        "load_before": 0.25,
        "met": True,
        "rows": list(rows),
        "notes": ["floor: another"],
        "skipped": list(skipped),
    }


MET = {"floor": 100, "ratio": 1.264, "bar": "<= 1.5x + 50", "limit": 200, "met": True}
MISSED = {"bar": "<= 60", "limit": 60, "met": False}
LIFE = run_of(
    measured(
        "lifecycle",
        row("status", 126.4, **(MET | {"range": [103.2, 217]})),
        row("memory_used", 69.2, **MISSED),
        skipped=("macOS: not here",),
    )
)


def test_every_bar_of_the_figures_is_in_the_table_of_all_bars_once() -> None:
    run = Run.read()
    asked = [bar for part in bars.parts() for bar in part.bars]
    told = Counter(
        (bar.rows.partition(":")[0], each.what) for bar in asked for each in run.rows(bar.rows)
    )
    there = [
        (name, each.what)
        for name, benchmark in run.benchmarks.items()
        for each in benchmark.rows
        if each.bar is not None
    ]
    assert there
    assert told == Counter(there)


def test_every_benchmark_has_its_place_on_the_page() -> None:
    page = performance.TEMPLATE.read_text("utf-8")
    assert Run.read().benchmarks
    for name in Run.read().benchmarks:
        assert f"python -m benchmarks {name}`" in page


def test_figures_that_are_written_by_hand_say_when_they_were_measured() -> None:
    for paragraph in performance.TEMPLATE.read_text("utf-8").split("\n\n"):
        written = re.sub(r"\{\{.*?\}\}|`[^`]+`|check every [\d.]+ s", "", paragraph)
        if FIGURE.search(written) and not paragraph.startswith("|"):
            assert "November 2026" in paragraph, paragraph


def test_a_field_of_a_row_is_put_into_the_text() -> None:
    text = (
        "{{lifecycle: sta* | value}}, {{lifecycle: status | range}}, {{lifecycle: status | ratio}}"
    )
    page = performance.filled(f"{text}, {{{{lifecycle: status | bar}}}}", LIFE)
    assert page.splitlines()[-1] == "126 ms, 103–217, 1.26×, ≤ 1.5× + 50 ms"


def test_a_table_has_what_its_rows_have_and_says_what_was_left_out() -> None:
    lines = performance.filled("{{table lifecycle}}", LIFE).splitlines()
    assert lines[2:] == [
        "| what | value (range) | floor | ratio | bar | met |",
        "| --- | --- | --- | --- | --- | --- |",
        "| status | 126 ms (103–217) | 100 ms | 1.26× | ≤ 1.5× + 50 ms | yes |",
        r"| memory\_used | 69.2 ms | – | – | ≤ 60 ms | **no** |",
        "",
        "* floor: another",
        "* **left out:** macOS: not here",
    ]
    bare = performance.filled("{{table bare}}", run_of(measured("bare", row("one", 1))))
    assert "| what | value (range) |" in bare.splitlines()


def test_what_was_not_measured_is_said() -> None:
    failed = {"benchmark": "store", "seconds": 1.0, "load_before": 0.1, "error": "no daemon"}
    page = performance.filled("{{table store}}\n{{store: any | value}}", run_of(failed))
    assert page.splitlines()[-2:] == ["**Not measured in this run:** no daemon", "–"]
    assert "did not come to it" in performance.filled("{{table store}}", run_of())


def test_a_cause_is_told_only_while_its_bar_is_missed() -> None:
    template = "{{if missed lifecycle: %s}}\nthe cause\n{{end}}\nmore"
    assert "the cause" in performance.filled(template % "memory_used", LIFE)
    met = performance.filled(template % "status", LIFE)
    assert "the cause" not in met
    assert met.endswith("more\n")


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("{{lifecycle: start | value}}", "there is no row 'lifecycle: start'"),
        ("{{lifecycle: * | value}}", "names 2 rows"),
        ("{{everything}}", "asks for 'everything'"),
        ("{{if missed lifecycle: start}}", "there is no row"),
    ],
)
def test_a_template_that_asks_for_what_is_not_there_is_refused(
    template: str, complaint: str
) -> None:
    with pytest.raises(SystemExit, match=re.escape(complaint)):
        performance.filled(template, LIFE)


def test_the_page_names_machine_commit_and_date() -> None:
    text = " ".join(performance.filled("{{machine}}", LIFE).split())
    assert "on 24 November 2026, of commit `0123456789`. It took 30 minutes" in text
    assert "a processor, 2 processors, 8 GB, Linux 6" in text
    assert "--quick" not in text
    text = performance.filled("{{machine}}", run_of(quick=True, clean=False))
    assert "--quick" in text
    assert "not committed" in text


def test_the_worst_of_several_rows_stands_for_their_bar() -> None:
    rows = [
        row("query, a, p50 at 9", 1.2, floor=1, ratio=1.2, bar="<= 1.3x", limit=1.3, met=True),
        row("query, b, p50 at 9", 5.0, floor=2, ratio=2.5, bar="<= 1.3x", limit=2.6, met=False),
        row("query, c, p50 at 9", 9.0, floor=9, ratio=1.0, bar="<= 1.3x", limit=11.7, met=True),
    ]
    part = bars.Part("Queries", "queries", [bars.Bar("queries", "store: query, *")], ())
    run = run_of(measured("store", *rows))
    assert bars.summary(run, [part], ["store: query, b, *"]).splitlines() == [
        "0 of 1 bars are met.",
        "",
        "|  | bar | measured | met |",
        "| --- | --- | --- | --- |",
        "| **[Queries](#queries)** |  |  |  |",
        "| queries | ≤ 1.3× | 5 ms, 2.50×; the worst of 3 | **no** |",
    ]
    assert "| **no**, cause not known |" in bars.summary(run, [part], ["store: query, a, *"])
    assert "| queries | – | not measured |  |" in bars.summary(run_of(), [part], [])


def test_tests_are_asked_for_what_the_nightly_run_asks_for() -> None:
    nightly = dict(re.findall(r"(HEDDLE_\w+):(\d+)\}", (PROJECT / "tox.ini").read_text("utf-8")))
    commands = [check.command for part in bars.parts() for check in part.checks]
    asked = re.findall(r"(HEDDLE_\w+)=(\d+)", " ".join(commands))
    assert asked
    for name, count in asked:
        assert nightly[name] == count
    for command in commands:
        for path in re.findall(r"tests/\S+", command):
            assert (PROJECT / path).exists(), path


def test_supervisors_are_compared_from_the_one_that_is_back_soonest() -> None:
    figures = {"heddle": 5.7, "circus": 3346.0, "gunicorn (HTTP)": 4.9}
    rows = [row(f"failover: {name}", value) for name, value in figures.items()]
    left = [row(f"outlives its stop: {name}", 0, unit="of 11") for name in figures]
    run = run_of(measured("peers", *rows, *left, row("stop: circus", 268.4)))
    assert peers.readme(run).splitlines() == [
        "`python -m benchmarks peers` on 24 November 2026, medians of 11 rounds in milliseconds:",
        "",
        "|  | keeps a warm worker | worker killed until it answers again | `status` | `stop` |",
        "| --- | --- | --- | --- | --- |",
        "| heddle | yes | 5.70 | – | – |",
        "| gunicorn (HTTP) | no, forks from a loaded parent | 4.90 | – | – |",
        "| circus | no | 3,346 | – | 268 |",
    ]
    assert "| circus | – | – | 3,346 | 268 | 0 of 11 | – |" in peers.comparison(run)
    assert "has not been measured" in peers.readme(run_of())


def test_a_part_of_a_file_is_replaced_and_nothing_else() -> None:
    begin, end = "<!-- x: made by docs/generate_reference.py -->\n", "<!-- end of x -->\n"
    text = f"before\n{begin}old\n{end}after\n"
    made = parts.replaced(text, "x", "new")
    assert made == f"before\n{begin}\nnew\n\n{end}after\n"
    assert parts.replaced(made, "x", "new") == made
    for broken in (f"before\n{begin}", f"{end}{begin}", text + text):
        with pytest.raises(SystemExit, match="'x'"):
            parts.replaced(broken, "x", "new")


def test_numbers_have_three_digits_and_counts_have_all() -> None:
    values = (85_878, 847.123, 12.345, 1.2345, 0.0474, 0, -2.071)
    assert [number(value) for value in values] == [
        "85,878", "847", "12.3", "1.23", "0.047", "0", "-2.07",
    ]  # fmt: skip
