"""A repository with a history to follow symbols through."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from travel_bench import TravelBench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[TravelBench]:
    bench = TravelBench(tmp_path)
    yield bench
    bench.close()
