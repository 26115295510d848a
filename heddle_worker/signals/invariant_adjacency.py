"""Something was changed for which somebody has written down what must hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from heddle_worker.repository.display import displayed
from heddle_worker.review.change import Annotation, Change
from heddle_worker.review.places import with_holders
from heddle_worker.signals.material import Material
from heddle_worker.signals.signal import Signal, shortened

KIND: Final = "invariant_adjacency"
MODULE: Final = "invariant_adjacency"
VERSION: Final = 1

_INVARIANT: Final = "invariant"
_TAG: Final = "enforces"
_MOST_QUOTED: Final = 120


def find(material: Material) -> Iterator[Signal]:
    """Yield a signal for each invariant that is written at a symbol which was changed.

    A class is changed when something in it is. An invariant at a symbol that was deleted counts.
    """
    binding = [each for each in material.annotations if _is_binding(each)]
    if not binding:
        return
    changed = _changed(material.change)
    for annotation in binding:
        place = changed.get((annotation.path, annotation.symbol))
        if place is not None:
            quote = shortened(annotation.content, _MOST_QUOTED)
            start, end = place
            yield Signal(
                KIND,
                MODULE,
                VERSION,
                annotation.path,
                annotation.symbol,
                start,
                end,
                shortened(f"an invariant is written here: {quote}"),
            )


def _is_binding(annotation: Annotation) -> bool:
    return annotation.kind == _INVARIANT or _TAG in annotation.tags


def _changed(change: Change) -> dict[tuple[bytes, str], tuple[int, int]]:
    """Return the lines of whatever was changed, and of what that lies in; none if it is gone."""
    outlines = {pair.change.path: pair.new for pair in change.pairs}
    # A file as a whole is referred to by its own name.
    changed = {(path, displayed(path)): (0, 0) for path in outlines}
    for each in change.symbols:
        if not each.changes_meaning:
            continue
        for place in (each.old, each.new):
            if place is not None:
                for name in with_holders(place):
                    outline = outlines.get(place.path)
                    symbol = outline.find(name) if outline is not None else None
                    lines = (symbol.start_line, symbol.end_line) if symbol is not None else (0, 0)
                    changed[place.path, name] = lines
    return changed
