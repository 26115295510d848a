"""A function is hardly what it was, or has nothing in common with those beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from heddle_worker.signals.function_index import FunctionIndex
from heddle_worker.signals.functions import ChangedFunction, are_nested, changed_functions
from heddle_worker.signals.material import Material
from heddle_worker.signals.signal import Signal, signal_at
from heddle_worker.signals.summaries import EMPTY, Function, summary_of
from heddle_worker.symbols.outline import similarity

KIND: Final = "pattern_deviation"
MODULE: Final = "pattern_deviation.tree_sitter"
VERSION: Final = 1

# As many as make it sure that functions are found which are below the usual threshold.
_HASHES: Final = 16


def find(material: Material) -> Iterator[Signal]:
    """Yield a signal for each function that was changed beyond the threshold.

    One that was edited is compared with what it was, one that was added with the other functions
    of its file, the most similar of which counts. Where there is none, nothing is said.
    """
    siblings = _Siblings()
    for function in changed_functions(material.change):
        compared = (
            siblings.compared(function) if function.before is None else _with_before(function)
        )
        if compared is not None and compared[0] >= material.settings.threshold:
            yield signal_at(KIND, MODULE, VERSION, function.place, compared[1])


def _with_before(function: ChangedFunction) -> tuple[float, str] | None:
    """Return how far a function is from what it was, and what to say of that."""
    if function.before is None:
        return None
    divergence = 1 - similarity(function.before.sketch, function.place.symbol.sketch)
    return divergence, f"{divergence:.0%} of its tokens differ from its earlier version"


class _Siblings:
    """The functions of one file, until one of another file is asked for."""

    def __init__(self) -> None:
        self._path: bytes | None = None
        self._functions: Sequence[Function] = ()
        self._index = FunctionIndex(_HASHES)

    def compared(self, function: ChangedFunction) -> tuple[float, str] | None:
        """Return how far a function is from the nearest of its file, and what to say of that."""
        place = function.place
        if self._path != place.path:
            summary = summary_of(function.file.new) if function.file.new is not None else EMPTY
            self._path, self._functions = place.path, summary.functions
            self._index.move_to({place.path: summary})
        if all(are_nested(each.name, place.symbol.name) for each in self._functions):
            return None
        nearest = self._index.nearest(place)
        if nearest is None:
            return 1.0, "new, and it has nothing in common with the other functions of its file"
        divergence = 1 - nearest.similarity
        return divergence, (
            f"new, and {divergence:.0%} of its tokens differ from {nearest.name}, "
            "the most similar function of its file"
        )
