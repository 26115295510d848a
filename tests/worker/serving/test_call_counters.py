"""Counting calls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle_worker.serving.call_counters import CallCounters, MethodCount

DURATIONS = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1)


@given(DURATIONS, st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_a_quantile_is_right_to_an_eighth(durations: list[int], share: float) -> None:
    count = MethodCount()
    for duration in durations:
        count.add(duration, failed=False)
    rank = next(n for n in range(1, len(durations) + 1) if n >= share * len(durations))
    exact = sorted(durations)[rank - 1]
    assert exact <= count.quantile(share) <= exact * 1.125


def test_without_calls_there_is_no_duration() -> None:
    assert MethodCount().quantile(0.5) == 0


def test_what_is_raised_inside_counts_as_an_error() -> None:
    counters = CallCounters()
    with counters.measured("b"):
        pass
    with pytest.raises(KeyError), counters.measured("b"):
        raise KeyError
    with counters.measured("a"):
        pass
    assert [(m, c.calls, c.errors) for m, c in counters.by_method()] == [("a", 1, 0), ("b", 2, 1)]
