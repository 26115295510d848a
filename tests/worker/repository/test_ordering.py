from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from heddle_worker.repository.entries import Entry, Rank
from heddle_worker.repository.ordering import in_order


def entry(seconds: int, rank: Rank = Rank.HEAD) -> Entry:
    return Entry(seconds, rank, ())


def chain(*entries: Entry) -> None:
    for before, after in itertools.pairwise(entries):
        after.waits_for += (before,)


def test_by_time_then_by_rank_then_as_they_came() -> None:
    late, tag, branch, head, again = (
        entry(9),
        entry(5, Rank.TAG),
        entry(5, Rank.BRANCH),
        entry(5),
        entry(5),
    )
    ordered, tangled = in_order([late, tag, branch, head, again])
    assert [id(one) for one in ordered] == [id(one) for one in (head, again, branch, tag, late)]
    assert tangled == []


def test_never_against_the_order_of_a_source() -> None:
    backwards = [entry(9), entry(3), entry(4)]
    other = entry(5, Rank.BRANCH)
    chain(*backwards)
    ordered, _tangled = in_order([*backwards, other])
    assert [one.seconds for one in ordered] == [5, 9, 3, 4]


def test_a_circle_is_returned_apart() -> None:
    free, one, two, behind = entry(7), entry(1), entry(2), entry(3)
    chain(one, two, one)
    chain(two, behind)
    ordered, tangled = in_order([one, two, behind, free])
    assert ordered == [free]
    assert [id(each) for each in tangled] == [id(one), id(two), id(behind)]


@given(st.lists(st.lists(st.integers(0, 20), max_size=8), max_size=4), st.data())
def test_every_source_keeps_its_order_and_none_is_lost(
    times: list[list[int]], data: st.DataObject
) -> None:
    sources = [[entry(seconds, Rank(i % 4)) for seconds in one] for i, one in enumerate(times)]
    for source in sources:
        chain(*source)
    entries = [one for source in sources for one in source]
    shuffled = data.draw(st.permutations(entries))
    ordered, tangled = in_order(shuffled)
    assert tangled == []
    places = {id(one): place for place, one in enumerate(ordered)}
    assert len(places) == len(entries)
    for source in sources:
        own = [places[id(one)] for one in source]
        assert own == sorted(own)
    if all(one == sorted(one) for one in times):
        seconds = [one.seconds for one in ordered]
        assert seconds == sorted(seconds)
