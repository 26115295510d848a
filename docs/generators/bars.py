"""All bars in one table: what is asked, what was measured, whether it is met.

`bars.toml` says which bars there are. Those of benchmarks name rows of the figures; those of tests
carry what the last full run of the test has given.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from generators.figures import MISSING, Row, Run
from generators.markdown import table

BARS: Final = Path(__file__).with_name("bars.toml")


@dataclass(frozen=True, slots=True)
class Bar:
    """What is asked of one row, or of several that are alike.

    Attributes:
        what: its name, in Markdown.
        rows: `BENCHMARK: PATTERN`.
    """

    what: str
    rows: str


@dataclass(frozen=True, slots=True)
class Check:
    """What is asked of a test, and what its last full run has given.

    Attributes:
        what: what is asked, in Markdown.
        command: what runs it in full.
        default: whether each run of the tests does that.
        result: what came of it, in Markdown; empty where no full run is on record.
        date: when that was.
        commit: of which commit, or the commit that states it.
    """

    what: str
    command: str
    default: bool = False
    result: str = ""
    date: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """The bars of one part of heddle."""

    name: str
    section: str
    """Where the page explains them."""
    bars: Sequence[Bar]
    checks: Sequence[Check]


def parts(path: Path = BARS) -> list[Part]:
    """Return the bars, part by part."""
    return [_part(body) for body in tomllib.loads(path.read_text("utf-8"))["part"]]


def _part(body: dict[str, Any]) -> Part:
    bars = [Bar(**each) for each in body.get("bars", ())]
    return Part(
        body["name"], body["section"], bars, [Check(**each) for each in body.get("checks", ())]
    )


def summary(run: Run, asked: Sequence[Part], explained: Sequence[str]) -> str:
    """Return how many bars are met, and the table of all that benchmarks measure.

    Args:
        run: what was measured.
        asked: the bars.
        explained: rows, as `BENCHMARK: PATTERN`, of which the page tells why they fall short.
    """
    bars = [(part, bar, run.rows(bar.rows)) for part in asked for bar in part.bars]
    known = [row for rows in explained for row in run.rows(rows)]
    met = sum(bool(rows) and all(row.met for row in rows) for _part, _bar, rows in bars)
    count = f"{met} of {len(bars)} bars are met."
    return f"{count}\n\n{table(('', 'bar', 'measured', 'met'), _summary_rows(bars, known))}"


def checks(asked: Sequence[Part]) -> str:
    """Return the table of the bars that tests hold."""
    heads = ("what is asked", "in full by", "last full run on record")
    return table(heads, _check_rows(asked))


def _summary_rows(
    bars: Sequence[tuple[Part, Bar, list[Row]]], explained: Sequence[Row]
) -> Iterator[Sequence[str]]:
    last = ""
    for part, bar, rows in bars:
        if part.name != last:
            yield (f"**[{part.name}](#{part.section})**", "", "", "")
            last = part.name
        if not rows:
            yield (bar.what, MISSING, "not measured", "")
            continue
        worst = max(rows, key=_shortfall)
        ratio = worst.field("ratio")
        measured = worst.field("value") + ("" if ratio == MISSING else f", {ratio}")
        if len(rows) > 1:
            measured += f"; the worst of {len(rows)}"
        met = worst.field("met")
        if worst.met is False and worst not in explained:
            met += ", cause not known"
        yield (bar.what, worst.field("bar"), measured, met)


def _shortfall(row: Row) -> tuple[bool, float]:
    """Return what sorts rows from the one that is best within its bar to the worst."""
    return (row.met is False, row.value / row.limit if row.limit else row.value)


def _check_rows(asked: Sequence[Part]) -> Iterator[Sequence[str]]:
    for part in asked:
        if part.checks:
            yield (f"**{part.name}**", "", "")
        for check in part.checks:
            yield (check.what, f"`{check.command}`", _record(check))


def _record(check: Check) -> str:
    if check.default:
        return "each run of the tests is one"
    if not check.result:
        return "none"
    return f"{check.result} ({check.date or 'no date on record'}, `{check.commit or '?'}`)"
