"""The modules that there are."""

from __future__ import annotations

from typing import Final

from heddle_worker.signals import (
    invariant_adjacency,
    novelty,
    pattern_deviation,
    self_flagged_uncertainty,
    test_reachability,
)
from heddle_worker.signals.material import Module

MODULES: Final = (
    Module(
        invariant_adjacency.KIND,
        invariant_adjacency.MODULE,
        invariant_adjacency.VERSION,
        invariant_adjacency.find,
    ),
    Module(
        self_flagged_uncertainty.KIND,
        self_flagged_uncertainty.MODULE,
        self_flagged_uncertainty.VERSION,
        self_flagged_uncertainty.find,
        keys=("max_per_state",),
    ),
    Module(
        pattern_deviation.KIND,
        pattern_deviation.MODULE,
        pattern_deviation.VERSION,
        pattern_deviation.find,
        keys=("threshold",),
    ),
    Module(
        novelty.KIND,
        novelty.MODULE,
        novelty.VERSION,
        novelty.find,
        needs_corpus=True,
        keys=("tolerance",),
    ),
    Module(
        test_reachability.KIND,
        test_reachability.MODULE,
        test_reachability.VERSION,
        test_reachability.find,
        needs_corpus=True,
        keys=("min_test_functions_in_repo",),
    ),
)
"""In the order in which the budget prefers their signals."""
