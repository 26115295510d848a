"""No test calls a function, not even by way of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from heddle_worker.signals.functions import changed_functions
from heddle_worker.signals.material import Material
from heddle_worker.signals.signal import Signal, signal_at

KIND: Final = "test_reachability"
MODULE: Final = "test_reachability.tree_sitter"
VERSION: Final = 1

_REASON: Final = (
    "no test reaches it by the calls in the sources (static reachability, not runtime coverage)"
)


def find(material: Material) -> Iterator[Signal]:
    """Yield a signal for each changed function that no test reaches.

    In a repository with fewer tests than the settings ask for nothing is said.
    """
    corpus = material.corpus
    if corpus is None or corpus.test_count < material.settings.min_test_functions_in_repo:
        return
    for function in changed_functions(material.change):
        place, file = function.place, function.file
        if file.new is None or corpus.is_tested(place, file.new.language):
            continue
        yield signal_at(KIND, MODULE, VERSION, place, _REASON)
