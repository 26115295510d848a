"""A function is like no other of the repository."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from heddle_worker.repository.display import displayed
from heddle_worker.signals.functions import changed_functions
from heddle_worker.signals.material import Material, Neighbour
from heddle_worker.signals.signal import Signal, signal_at

KIND: Final = "novelty"
MODULE: Final = "novelty.tree_sitter"
VERSION: Final = 1

_FEWEST_FUNCTIONS: Final = 4


def find(material: Material) -> Iterator[Signal]:
    """Yield a signal for each changed function to which no other one is similar enough.

    In a repository of fewer than four functions nothing is said.
    """
    corpus = material.corpus
    if corpus is None or corpus.function_count < _FEWEST_FUNCTIONS:
        return
    for function in changed_functions(material.change):
        place = function.place
        nearest = corpus.nearest(place)
        if nearest is None or nearest.similarity < 1 - material.settings.tolerance:
            yield signal_at(KIND, MODULE, VERSION, place, _reason(nearest))


def _reason(nearest: Neighbour | None) -> str:
    if nearest is None:
        return "no other function of the repository resembles it"
    return (
        f"the most similar function shares {nearest.similarity:.0%} of its tokens: "
        f"{nearest.name} in {displayed(nearest.path)}"
    )
