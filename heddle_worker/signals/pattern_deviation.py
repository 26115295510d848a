"""A function is hardly what it was, or has nothing in common with those beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from heddle_worker.signals.functions import ChangedFunction, are_nested, changed_functions
from heddle_worker.signals.material import Material
from heddle_worker.signals.signal import Signal, shortened
from heddle_worker.symbols.outline import similarity

KIND: Final = "pattern_deviation"
MODULE: Final = "pattern_deviation.tree_sitter"
VERSION: Final = 1


def find(material: Material) -> Iterator[Signal]:
    """Yield a signal for each function that was changed beyond the threshold.

    One that was edited is compared with what it was, one that was added with the other functions
    of its file, the most similar of which counts. Where there is none, nothing is said.
    """
    for function in changed_functions(material.change):
        compared = _compared(function)
        if compared is None:
            continue
        divergence, reason = compared
        if divergence >= material.settings.threshold:
            place = function.place
            yield Signal(
                KIND,
                MODULE,
                VERSION,
                place.path,
                place.symbol.name,
                place.symbol.start_line,
                place.symbol.end_line,
                shortened(reason),
            )


def _compared(function: ChangedFunction) -> tuple[float, str] | None:
    """Return how far a function is from its like, and what to say of that."""
    symbol = function.place.symbol
    if function.before is not None:
        divergence = 1 - similarity(function.before.sketch, symbol.sketch)
        return divergence, f"{divergence:.0%} of its tokens differ from its earlier version"
    siblings = [
        (similarity(each.sketch, symbol.sketch), each.name)
        for each in (function.file.new.symbols if function.file.new is not None else ())
        if each.kind.is_callable and not are_nested(each.name, symbol.name)
    ]
    if not siblings:
        return None
    nearest, name = max(siblings)
    return 1 - nearest, (
        f"new, and {1 - nearest:.0%} of its tokens differ from {name}, "
        "the most similar function of the file"
    )
