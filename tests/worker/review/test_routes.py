from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle_worker.repository.diff import Diff, FileVersion
from heddle_worker.review.routes import Routes, route
from heddle_worker.symbols.outline import Outline, Source


class Graph:
    """A history of commits without files; each has only earlier ones as its parents."""

    def __init__(self, parents: Sequence[Sequence[int]]) -> None:
        self._parents = {state(n): tuple(map(state, each)) for n, each in enumerate(parents)}

    def has(self, state: bytes) -> bool:
        return state in self._parents

    def parents(self, state: bytes) -> tuple[bytes, ...]:
        return self._parents[state]

    def ancestors(self, state: bytes) -> set[bytes]:
        found = {state}
        waiting = [state]
        while waiting:
            fresh = [each for each in self._parents[waiting.pop()] if each not in found]
            found.update(fresh)
            waiting += fresh
        return found

    def merge_base(self, one: bytes, other: bytes) -> bytes | None:
        return max(self.ancestors(one) & self.ancestors(other), default=None)

    def file_at(self, state: bytes, path: bytes) -> FileVersion | None:
        raise NotImplementedError

    def files(self, state: bytes) -> Iterable[FileVersion]:
        raise NotImplementedError

    def diff(self, old: bytes, new: bytes) -> Diff:
        raise NotImplementedError

    def outlines(self, sources: Sequence[Source]) -> Sequence[Outline]:
        raise NotImplementedError


def state(number: int) -> bytes:
    return number.to_bytes(20, "big")


#  0 - 1 - 2 ------ 5 - 6
#       \ - 3 - 4 - /        7 is alone
KNOT: Final = Graph([[], [0], [1], [1], [3], [2, 4], [5], []])


@pytest.mark.parametrize(
    ("start", "target", "expected"),
    [
        (0, 6, [0, 1, 2, 5, 6]),
        (2, 6, [2, 5, 6]),
        (3, 6, [3, 4, 5, 6]),
        (6, 6, [6]),
        (6, 0, [6, 5, 2, 1, 0]),
        (4, 2, [4, 3, 1, 2]),
        (2, 4, [2, 1, 3, 4]),
        (7, 6, None),
    ],
)
def test_ways(start: int, target: int, expected: list[int] | None) -> None:
    way = route(KNOT, Routes(KNOT, state(target)), state(start), state(target))
    assert way == (None if expected is None else [state(each) for each in expected])


def test_what_is_too_far_has_no_way() -> None:
    line = Graph([[], *([number] for number in range(99))])
    assert len(Routes(line, state(99), most=100).down_from(state(0)) or ()) == 100
    assert Routes(line, state(99), most=50).down_from(state(0)) is None
    assert Routes(line, state(99), most=50).down_from(state(60)) is not None


@given(st.data())
def test_each_state_of_a_way_down_is_a_parent_of_the_next(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 14))
    parents = [
        data.draw(st.lists(st.integers(0, number - 1), max_size=3, unique=True)) if number else []
        for number in range(size)
    ]
    graph = Graph(parents)
    start, target = (state(data.draw(st.integers(0, size - 1))) for _ in range(2))
    way = Routes(graph, target).down_from(start)
    if start not in graph.ancestors(target):
        assert way is None
        return
    assert way is not None
    assert (way[0], way[-1]) == (start, target)
    for one, following in itertools.pairwise(way):
        assert one in graph.parents(following)
