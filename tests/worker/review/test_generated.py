"""What is said of histories whose truth is known.

`HEDDLE_TRAVELS` sets how many of each language; the figures are a property of the suite, as
`--junitxml` writes it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from generated_history import generate
from made_up_sources import LANGUAGES
from real_outlines import Knowledge
from travel_scores import Scores, score_changes, score_travel

HISTORIES: Final = int(os.environ.get("HEDDLE_TRAVELS", "1"))
COMMITS: Final = 20 if "HEDDLE_TRAVELS" in os.environ else 12
BAR: Final = 0.97


@pytest.mark.timeout(1200)
def test_what_became_of_symbols_is_found(
    tmp_path: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    total = Scores()
    for language in LANGUAGES:
        for seed in range(HISTORIES):
            root = tmp_path / f"{language}-{seed}"
            moments = generate(root / "repository", language, seed, COMMITS)
            knowledge = Knowledge(root / "repository", root / "cache.db")
            try:
                score_changes(knowledge, moments, total)
                score_travel(knowledge, moments[:-1:6], moments[-1], total)
            finally:
                knowledge.close()
    record_testsuite_property("scores", "\n".join(total.lines()))
    for kind in ("moved", "renamed", "edited", "placed"):
        assert total.right[kind] > 50
        assert total.precision(kind) >= BAR, total.examples
        assert total.recall(kind) >= BAR, total.examples
    for kind in ("added", "deleted"):
        assert total.recall(kind) >= BAR, total.examples
