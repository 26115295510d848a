"""What `python -m benchmarks all` has measured, as pages show it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, TypeAlias

FIGURES: Final = Path(__file__).resolve().parents[1] / "figures.json"
MISSING: Final = "\N{EN DASH}"
TIMES: Final = "\N{MULTIPLICATION SIGN}"

Range: TypeAlias = tuple[float, float]

_DECIMALS: Final = ((100, 0), (10, 1), (0.1, 2))
"""How many decimals a number has from which size on."""

_BAR: Final = re.compile(r"<= (?:(?P<factor>[\d.]+)x)?(?: \+ )?(?P<plus>[\d.]+)?")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, with what it is judged by.

    Attributes:
        what: its name.
        unit: that of value, range and floor.
        value: the figure.
        range: the lowest and the highest of the rounds.
        floor: what the machine itself takes.
        ratio: how many times the floor the value is.
        bar: what passes, as the benchmark writes it.
        limit: the highest value that passes.
        met: whether it passes; None where there is no bar.
    """

    what: str
    unit: str
    value: float
    range: Range
    floor: float | None
    ratio: float | None
    bar: str | None
    limit: float | None
    met: bool | None

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Row:
        """Return the row in a document of figures."""
        low, high = fields["range"]
        names = ("what", "unit", "value", "floor", "ratio", "bar", "limit", "met")
        return cls(range=(low, high), **{name: fields[name] for name in names})

    def field(self, name: str) -> str:
        """Return one of its fields for people: value, range, floor, ratio, bar, met.

        Raises:
            KeyError: it has no field of this name.
        """
        return {
            "value": measure(self.value, self.unit),
            "range": self._range(),
            "floor": MISSING if self.floor is None else measure(self.floor, self.unit),
            "ratio": MISSING if self.ratio is None else f"{number(self.ratio)}{TIMES}",
            "bar": self._bar(),
            "met": {None: "", True: "yes", False: "**no**"}[self.met],
        }[name]

    def _range(self) -> str:
        low, high = self.range
        return "" if low == high else f"{number(low)}\N{EN DASH}{number(high)}"

    def _bar(self) -> str:
        if self.bar is None:
            return MISSING
        found = _BAR.fullmatch(self.bar)
        if found is None:
            raise SystemExit(f"error: {self.bar!r} is no bar that figures.py can read")
        factor, plus = found["factor"], found["plus"]
        if not factor and float(plus) == 0:
            return "0"
        terms = [f"{factor}{TIMES}"] if factor else []
        if plus:
            terms.append(f"{float(plus):,g} {self.unit}".rstrip())
        return f"≤ {' + '.join(terms)}"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark of a run.

    Attributes:
        name: that of the command.
        seconds: how long it took.
        load: the machine's load before.
        error: why there are no rows; empty when there are.
        rows: in the order of the benchmark.
        notes: what the floors are.
        skipped: what was left out, and why.
    """

    name: str
    seconds: float
    load: float
    error: str
    rows: Sequence[Row] = ()
    notes: Sequence[str] = ()
    skipped: Sequence[str] = ()

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Benchmark:
        """Return the benchmark in a document of figures."""
        head = (body["benchmark"], body["seconds"], body["load_before"])
        if "error" in body:
            return cls(*head, body["error"])
        return cls(*head, "", [*map(Row.of, body["rows"])], body["notes"], body["skipped"])


@dataclass(frozen=True, slots=True)
class Run:
    """One run of all benchmarks."""

    commit: str
    clean: bool
    date: datetime
    seconds: float
    quick: bool
    machine: Mapping[str, Any]
    benchmarks: Mapping[str, Benchmark]

    @classmethod
    def read(cls, path: Path = FIGURES) -> Run:
        """Return the run in a document of figures."""
        return cls.of(json.loads(path.read_text("utf-8")))

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Run:
        """Return the run in a document of figures that was read."""
        return cls(
            commit=body["commit"] or "unknown",
            clean=body["clean"],
            date=datetime.fromisoformat(body["date"]),
            seconds=body["seconds"],
            quick=body["quick"],
            machine=body["machine"],
            benchmarks={each["benchmark"]: Benchmark.of(each) for each in body["benchmarks"]},
        )

    def benchmark(self, name: str) -> Benchmark:
        """Return a benchmark, whether or not the run came to it."""
        return self.benchmarks.get(name, Benchmark(name, 0.0, 0.0, "the run did not come to it"))

    def rows(self, selector: str) -> list[Row]:
        """Return the rows that `BENCHMARK: PATTERN` names; none where it was not measured.

        Raises:
            SystemExit: the benchmark was measured, and has no such row.
        """
        name, _, pattern = selector.partition(": ")
        benchmark = self.benchmark(name)
        found = [row for row in benchmark.rows if fnmatchcase(row.what, pattern)]
        if not found and not benchmark.error:
            raise SystemExit(f"error: there is no row {selector!r} in the figures")
        return found


def number(value: float) -> str:
    """Return about three significant digits; whole numbers as they are."""
    if value == int(value):
        return f"{int(value):,}"
    decimals = next((digits for least, digits in _DECIMALS if abs(value) >= least), 3)
    return f"{value:,.{decimals}f}"


def measure(value: float, unit: str) -> str:
    """Return a number with its unit."""
    return f"{number(value)} {unit}".rstrip()
