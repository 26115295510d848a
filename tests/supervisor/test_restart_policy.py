"""The policy's decisions, for any limits and any number of deaths."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from heddle_supervisor.restart_policy import RestartPolicy

policies = st.builds(
    RestartPolicy,
    first=st.floats(0.001, 10),
    most=st.floats(10, 1000),
    breaker=st.integers(1, 2000),
)
jitters = st.floats(0, 1, exclude_max=True)


@given(policies, jitters)
def test_a_worker_that_had_served_is_replaced_at_once(policy: RestartPolicy, jitter: float) -> None:
    assert policy.delay(0, jitter) == 0


@given(policies, st.integers(1, 10_000), jitters)
def test_it_gives_up_at_the_breaker_and_never_before(
    policy: RestartPolicy, deaths: int, jitter: float
) -> None:
    assert (policy.delay(deaths, jitter) is None) == (deaths >= policy.breaker)


@given(policies, st.integers(1, 1999), jitters)
def test_a_pause_lies_within_its_limits(policy: RestartPolicy, deaths: int, jitter: float) -> None:
    delay = policy.delay(deaths, jitter)
    if delay is not None:
        assert policy.first * 0.75 <= delay <= policy.most * 1.25


@given(policies, st.integers(1, 1998), jitters)
def test_a_pause_is_never_shorter_than_the_one_before(
    policy: RestartPolicy, deaths: int, jitter: float
) -> None:
    earlier, later = policy.delay(deaths, jitter), policy.delay(deaths + 1, jitter)
    if earlier is not None and later is not None:
        assert earlier <= later


@given(policies, st.integers(1, 1999), jitters, jitters)
def test_jitter_moves_a_pause(policy: RestartPolicy, deaths: int, one: float, other: float) -> None:
    first, second = policy.delay(deaths, one), policy.delay(deaths, other)
    if first is not None and second is not None and one < other:
        assert first <= second


def test_pauses_double_until_the_longest() -> None:
    policy = RestartPolicy(first=0.1, most=1.0, breaker=8)
    assert [policy.delay(deaths, 0.5) for deaths in range(9)] == [
        0.0,
        0.1,
        0.2,
        0.4,
        0.8,
        1.0,
        1.0,
        1.0,
        None,
    ]
