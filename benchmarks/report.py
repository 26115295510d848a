"""What a benchmark returns, and its two printed forms: a table for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.sampling import Figure

_HEADINGS: Final = ("what", "value", "range", "unit", "floor", "ratio", "bar", "met")
_LEFT_ALIGNED: Final = frozenset({"what", "unit", "bar", "met"})


class BenchmarkError(Exception):
    """A benchmark could not be measured; its text is one line that says why."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks of every benchmark."""

    quick: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """The highest value that passes: `factor` times the floor, plus `plus` in the row's unit."""

    factor: float = 0.0
    plus: float = 0.0

    def limit(self, floor: float | None) -> float:
        """Return the highest passing value above `floor`; a bar without a factor needs none."""
        if not self.factor:
            return self.plus
        if floor is None:
            raise ValueError("a bar with a factor needs a floor")
        return self.factor * floor + self.plus

    def describe(self) -> str:
        """Return the bar as people write it, such as `<= 1.5x + 50`."""
        terms = [f"{self.factor:.3g}x"] if self.factor else []
        if self.plus or not terms:
            terms.append(f"{self.plus:g}")
        return "<= " + " + ".join(terms)


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure, with the floor it is judged by and the bar it has to meet, if any."""

    what: str
    value: Figure
    unit: str
    floor: Figure | None = None
    bar: Bar | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the floor the value is; `None` without a floor above zero."""
        return self.value.value / self.floor.value if self.floor and self.floor.value else None

    @property
    def limit(self) -> float | None:
        """The highest value that meets the bar, in the row's unit."""
        return self.bar.limit(self.floor.value if self.floor else None) if self.bar else None

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; `None` without a bar."""
        return None if self.limit is None else self.value.value <= self.limit


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one run, notes on what the floors are, and what was left out and why."""

    rows: Sequence[Row]
    notes: Sequence[str] = ()
    skipped: Sequence[str] = ()

    @property
    def met(self) -> bool:
        """Whether no bar was missed."""
        return all(row.met is not False for row in self.rows)


def as_table(body: Mapping[str, Any]) -> str:
    """Return what `as_json` gives as an aligned table, notes and what was left out below it."""
    lines = [_HEADINGS, *map(_cells, body["rows"])]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    table = [_align(line, widths) for line in lines]
    table.insert(1, "  ".join("-" * width for width in widths))
    notes = (f"* {note}" for note in body["notes"])
    return "\n".join([*table, *notes, *(f"SKIPPED: {what}" for what in body["skipped"])])


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as one object that `json` can write."""
    return {
        "met": report.met,
        "rows": [_fields(row) for row in report.rows],
        "notes": list(report.notes),
        "skipped": list(report.skipped),
    }


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    low, high = row["range"]
    return (
        row["what"],
        _number(row["value"]),
        "" if low == high else f"{_number(low)}-{_number(high)}",
        row["unit"],
        "" if row["floor"] is None else _number(row["floor"]),
        "" if row["ratio"] is None else f"{_number(row['ratio'])}x",
        row["bar"] or "",
        {None: "", True: "yes", False: "NO"}[row["met"]],
    )


def _align(cells: Iterable[str], widths: Iterable[int]) -> str:
    columns = zip(_HEADINGS, cells, widths, strict=True)
    return "  ".join(
        cell.ljust(width) if heading in _LEFT_ALIGNED else cell.rjust(width)
        for heading, cell, width in columns
    ).rstrip()


def _fields(row: Row) -> dict[str, Any]:
    return {
        "what": row.what,
        "unit": row.unit,
        "value": _rounded(row.value.value),
        "range": [_rounded(row.value.low), _rounded(row.value.high)],
        "floor": None if row.floor is None else _rounded(row.floor.value),
        "floor_range": (
            None if row.floor is None else [_rounded(row.floor.low), _rounded(row.floor.high)]
        ),
        "ratio": None if row.ratio is None else _rounded(row.ratio),
        "bar": None if row.bar is None else row.bar.describe(),
        "limit": None if row.limit is None else _rounded(row.limit),
        "met": row.met,
    }


def _rounded(value: float) -> float:
    """Return a number as a file keeps it: counts are exact, all else has five digits."""
    return int(value) if value == int(value) else float(f"{value:.5g}")


def _number(value: float) -> str:
    """Return about three significant digits, never in scientific notation."""
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{decimals}f}"
