"""heddle beside process supervisors, as the README and the page about performance show it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from generators.figures import MISSING, Row, Run
from generators.markdown import plain, table

_NAME: Final = "peers"
_FAILOVER: Final = "failover"
_WARM: Final = {"heddle": "yes", "gunicorn (HTTP)": "no, forks from a loaded parent"}
_WAITED_FOR: Final = (_FAILOVER, "status", "stop")
_COMPARED: Final = (
    ("start to first reply", "start"),
    ("status", "status"),
    (_FAILOVER, _FAILOVER),
    ("stop", "stop"),
    ("outlives its stop", "running when stop returned"),
    ("memory", "PSS, MB"),
)


def readme(run: Run) -> str:
    """Return what the README says of it: the command, and the table of what people wait for."""
    error = run.benchmark(_NAME).error
    if error:
        return f"`python -m benchmarks {_NAME}` has not been measured: {plain(error)}"
    introduction = (
        f"`python -m benchmarks {_NAME}` on {run.date:%-d %B %Y}, {_rounds(run)} in milliseconds:"
    )
    heads = (
        "",
        "keeps a warm worker",
        "worker killed until it answers again",
        "`status`",
        "`stop`",
    )
    rows = [
        (name, _WARM.get(name, "no"), *(_cell(run, what, name) for what in _WAITED_FOR))
        for name in _names(run)
    ]
    return f"{introduction}\n\n{table(heads, rows)}"


def comparison(run: Run) -> str:
    """Return the table of all that is compared, a line for each supervisor."""
    heads = ("milliseconds", *(head for _what, head in _COMPARED))
    rows = [(name, *(_cell(run, what, name) for what, _head in _COMPARED)) for name in _names(run)]
    return table(heads, rows)


def _rounds(run: Run) -> str:
    counts = {row.unit.removeprefix("of ") for row in _rows(run, "outlives its stop")}
    few = "only " if run.quick else ""
    return f"medians of {few}{counts.pop()} rounds" if len(counts) == 1 else "medians"


def _names(run: Run) -> list[str]:
    """Return heddle and then the others, the one first that is back soonest."""
    rows = sorted(_rows(run, _FAILOVER), key=lambda row: row.value)
    names = [row.what.removeprefix(f"{_FAILOVER}: ") for row in rows]
    return sorted(names, key=lambda name: name != "heddle")


def _cell(run: Run, what: str, name: str) -> str:
    row = next((row for row in _rows(run, what) if row.what == f"{what}: {name}"), None)
    # The unit is in the head of the table, but for counts, which have their total in it.
    return MISSING if row is None else _bare(row)


def _bare(row: Row) -> str:
    value = row.field("value")
    return value if row.unit.startswith("of ") else value.removesuffix(f" {row.unit}")


def _rows(run: Run, what: str) -> Iterator[Row]:
    return (row for row in run.benchmark(_NAME).rows if row.what.startswith(f"{what}: "))
