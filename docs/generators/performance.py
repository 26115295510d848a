"""The page about performance: `performance.md.in`, with the figures of one run put in.

Lines of their own in it stand for what is made here:

* `{{machine}}`, `{{bars}}`, `{{checks}}`: where and of what it was measured; all bars.
* `{{table NAME}}`, `{{peers}}`, `{{symbols}}`: the rows of a benchmark.
* `{{if missed NAME: PATTERN}}` … `{{end}}`: lines that are only there while such a bar is missed.

In a text `{{NAME: PATTERN | FIELD}}` is a field of one row: value, range, floor, ratio, bar or met.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from generators import bars, peers
from generators.figures import MISSING, Benchmark, Row, Run
from generators.markdown import NOTE, plain, table

TEMPLATE: Final = Path(__file__).with_name("performance.md.in")

_DIRECTIVE: Final = re.compile(r"\{\{(?P<name>\w+)(?: (?P<argument>[^|]+?))?\}\}")
_IF_MISSED: Final = re.compile(r"\{\{if missed (?P<rows>.+)\}\}")
_END: Final = "{{end}}"
_FIELD: Final = re.compile(r"\{\{(?P<rows>\w+: [^|{}]+) \| (?P<field>\w+)\}\}")
_OUTLINE: Final = re.compile(r"(?P<language>\w+): outline of (?P<size>[\d.]+ MB)")
_MISSED: Final = re.compile(r"missed of (?P<tags>[\d,]+) tags in (?P<files>[\d,]+) files")
_WIDTH: Final = 100
_QUICK: Final = (
    "**It took few samples (`--quick`)**, which shows that everything can be measured and says "
    "little of the figures."
)


def render() -> str:
    """Return the page."""
    return filled(TEMPLATE.read_text("utf-8"), Run.read())


def filled(template: str, run: Run) -> str:
    """Return a template with the figures of a run.

    Raises:
        SystemExit: it asks for something that is not there.
    """
    lines = "\n".join(_lines(template, run))
    return f"{NOTE}\n\n{re.sub(_FIELD, lambda found: _field(run, found), lines).rstrip()}\n"


def _lines(template: str, run: Run) -> Iterator[str]:
    shown = True
    for line in template.splitlines():
        if condition := _IF_MISSED.fullmatch(line):
            shown = any(row.met is False for row in run.rows(condition["rows"]))
        elif line == _END:
            shown = True
        elif shown:
            directive = _DIRECTIVE.fullmatch(line)
            yield _made(template, directive, run) if directive else line


def _made(template: str, directive: re.Match[str], run: Run) -> str:
    name, argument = directive.groups()
    makers: Mapping[str, Callable[[], str]] = {
        "machine": lambda: _machine(run),
        "bars": lambda: bars.summary(run, bars.parts(), _IF_MISSED.findall(template)),
        "checks": lambda: bars.checks(bars.parts()),
        "table": lambda: _table(run.benchmark(argument or "")),
        "peers": lambda: _with_notes(run.benchmark("peers"), peers.comparison(run)),
        "symbols": lambda: _symbols(run.benchmark("symbols")),
    }
    if name not in makers:
        raise SystemExit(f"error: {TEMPLATE.name} asks for {name!r}, which nothing makes")
    return makers[name]()


def _field(run: Run, found: re.Match[str]) -> str:
    rows = run.rows(found["rows"])
    if len(rows) > 1:
        raise SystemExit(f"error: {found['rows']!r} names {len(rows)} rows of the figures")
    return rows[0].field(found["field"]) if rows else MISSING


def _machine(run: Run) -> str:
    facts = run.machine
    packages = ", ".join(f"{name} {version}" for name, version in facts["packages"].items())
    loads = [each.load for each in run.benchmarks.values()]
    changed = "" if run.clean else " with changes that are not committed"
    parts = [
        f"All of it is one run of `python -m benchmarks all` on {run.date:%-d %B %Y}, of commit "
        f"`{run.commit[:10]}`{changed}. It took {run.seconds / 60:.0f} minutes, and the load "
        f"before each benchmark was {min(loads, default=0):.1f} to {max(loads, default=0):.1f}.",
        *[_QUICK] * run.quick,
        f"The machine: {facts['cpu']}, {facts['cpus']} processors, {facts['memory_gb']:g} GB, "
        f"{facts['kernel']}, {facts['python']}, git {facts['git']}, SQLite {facts['sqlite']}, "
        f"{packages}.",
    ]
    return "\n\n".join(_wrapped(part) for part in parts)


def _table(benchmark: Benchmark) -> str:
    """Return the rows of a benchmark, without columns that none of them fills."""
    cells = [_cells(row) for row in benchmark.rows]
    has_floor = any(row.floor is not None for row in benchmark.rows)
    has_bar = any(row.bar is not None for row in benchmark.rows)
    heads = ["what", "value (range)", *["floor", "ratio"] * has_floor, *["bar", "met"] * has_bar]
    rows = [[line[head] for head in heads] for line in cells]
    return _with_notes(benchmark, table(heads, rows))


def _cells(row: Row) -> dict[str, str]:
    spread = row.field("range")
    return {
        "what": plain(row.what),
        "value (range)": row.field("value") + (f" ({spread})" if spread else ""),
        **{name: row.field(name) for name in ("floor", "ratio", "bar", "met")},
    }


def _symbols(benchmark: Benchmark) -> str:
    """Return a line for each language: what is found of ctags' tags, and the cost of an outline."""
    missed = {row.what.partition(": ")[0]: row for row in benchmark.rows if row.met is not None}
    heads = ("language", "size", "files", "tags", "missed", "met", "outline / bare parse")
    rows = []
    for row in benchmark.rows:
        if outline := _OUTLINE.fullmatch(row.what):
            cells = _missed_cells(missed.get(outline["language"]))
            rows.append((f"`{outline['language']}`", outline["size"], *cells, row.field("ratio")))
    return _with_notes(benchmark, table(heads, rows), notes=3)


def _missed_cells(row: Row | None) -> Sequence[str]:
    counted = _MISSED.search(row.what) if row else None
    if row is None or counted is None:
        return ("", "none", "", "")
    return (counted["files"], counted["tags"], row.field("value"), row.field("met"))


def _with_notes(benchmark: Benchmark, text: str, notes: int | None = None) -> str:
    """Return a table with what the benchmark says of it, or why there is none."""
    if benchmark.error:
        return _wrapped(f"**Not measured in this run:** {plain(benchmark.error)}")
    said = [f"* {plain(note)}" for note in benchmark.notes[:notes]]
    said += [f"* **left out:** {plain(what)}" for what in benchmark.skipped]
    return "\n".join([text, "", *(_wrapped(each, "  ") for each in said)])


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
