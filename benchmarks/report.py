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
        terms = [f"{self.factor:g}x"] if self.factor else []
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
    """The figures of one run, and notes that say what the floors are."""

    rows: Sequence[Row]
    notes: Sequence[str] = ()

    @property
    def met(self) -> bool:
        """Whether no bar was missed."""
        return all(row.met is not False for row in self.rows)


def as_table(report: Report) -> str:
    """Return the rows as an aligned table, the notes below it."""
    lines = [_HEADINGS, *(_cells(row) for row in report.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    table = [_align(line, widths) for line in lines]
    table.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*table, *(f"* {note}" for note in report.notes)])


def as_json(
    name: str, options: Options, machine: Mapping[str, Any], report: Report
) -> dict[str, Any]:
    """Return the whole run as one object that `json` can write."""
    return {
        "benchmark": name,
        "quick": options.quick,
        "machine": dict(machine),
        "met": report.met,
        "rows": [_fields(row) for row in report.rows],
        "notes": list(report.notes),
    }


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.what,
        _number(row.value.value),
        "" if row.value.exact else f"{_number(row.value.low)}-{_number(row.value.high)}",
        row.unit,
        "" if row.floor is None else _number(row.floor.value),
        "" if row.ratio is None else f"{_number(row.ratio)}x",
        "" if row.bar is None else row.bar.describe(),
        {None: "", True: "yes", False: "NO"}[row.met],
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
        "value": row.value.value,
        "range": [row.value.low, row.value.high],
        "floor": None if row.floor is None else row.floor.value,
        "floor_range": None if row.floor is None else [row.floor.low, row.floor.high],
        "ratio": row.ratio,
        "bar": None if row.bar is None else row.bar.describe(),
        "limit": row.limit,
        "met": row.met,
    }


def _number(value: float) -> str:
    """Return about three significant digits, never in scientific notation."""
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{decimals}f}"
