"""The index of a tree's functions, moved from tree to tree."""

from __future__ import annotations

from functions_by_hand import function, outline
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle_worker.review.change import Place
from heddle_worker.signals.function_index import FunctionIndex
from heddle_worker.signals.summaries import FileSummary, summary_of
from heddle_worker.symbols.outline import similarity

NAMES = ["f", "g", "C::f", "test_a", "__init__"]
PATHS = [b"a.py", b"b.py", b"tests/c.py"]
WORDS = ["a", "b", "c", "d", "e", "f"]

functions = st.builds(
    function,
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join),
    st.lists(st.sampled_from(["f", "g", "h"]), max_size=2),
    is_test=st.booleans(),
)
files = st.lists(functions, max_size=4, unique_by=lambda each: each.name).map(
    lambda found: summary_of(outline(*found))
)
trees = st.dictionaries(st.sampled_from(PATHS), files)


@settings(deadline=None)
@given(st.lists(trees, min_size=1, max_size=4), functions, st.sampled_from(PATHS))
def test_it_does_not_matter_where_it_was_before(
    way: list[dict[bytes, FileSummary]], asked: object, path: bytes
) -> None:
    moved, fresh = FunctionIndex(), FunctionIndex()
    for tree in way:
        moved.move_to(tree)
    fresh.move_to(way[-1])
    place = Place(path, asked)  # type: ignore[arg-type]
    assert moved.function_count == fresh.function_count
    assert moved.test_count == fresh.test_count
    assert moved.is_tested(place, "python") == fresh.is_tested(place, "python")
    assert moved.nearest(place) == fresh.nearest(place)


def test_where_many_are_as_likely_it_does_not_matter_either() -> None:
    # All share one pair of tokens with the one that is asked about, and nothing else.
    tree = {
        f"{number}.py".encode(): summary_of(outline(function("f", f"common a{number} b{number}")))
        for number in range(200)
    }
    moved, fresh = FunctionIndex(), FunctionIndex()
    for path, summary in reversed(tree.items()):
        moved.move_to({path: summary})
    moved.move_to(dict(reversed(tree.items())))
    fresh.move_to(tree)
    for number in range(20):
        place = Place(b"asked.py", function("g", f"common c{number}"))
        assert moved.nearest(place) == fresh.nearest(place) is not None


@settings(deadline=None)
@given(trees, functions, st.sampled_from(PATHS))
def test_the_nearest_is_that_of_comparing_with_all(
    tree: dict[bytes, FileSummary], asked: object, path: bytes
) -> None:
    place = Place(path, asked)  # type: ignore[arg-type]
    name, sketch = place.symbol.name, place.symbol.sketch
    best = max(
        (
            similarity(each.sketch, sketch)
            for other, summary in tree.items()
            for each in summary.functions
            if (other, each.name) != (path, name)
        ),
        default=0.0,
    )
    index = FunctionIndex()
    index.move_to(tree)
    found = index.nearest(place)
    # Of nothing, nothing can be told from a few hashes.
    assert (found.similarity if found else 0.0) == (best if sketch else 0.0)


@settings(deadline=None)
@given(trees, st.permutations(["f", "g", "h"]))
def test_it_does_not_matter_what_was_asked_before(
    tree: dict[bytes, FileSummary], order: list[str]
) -> None:
    index = FunctionIndex()
    index.move_to(tree)
    for name in order:
        fresh = FunctionIndex()
        fresh.move_to(tree)
        place = Place(b"d.py", function(name))
        assert index.is_tested(place, "python") == fresh.is_tested(place, "python")


@settings(deadline=None)
@given(trees, st.sampled_from(["f", "g", "h"]))
def test_a_function_is_tested_when_a_way_of_calls_leads_to_it(
    tree: dict[bytes, FileSummary], name: str
) -> None:
    calls = [
        (each.is_test or path.startswith(b"tests/") or each.name == "__init__", each)
        for path, summary in tree.items()
        for each in summary.functions
    ]
    reached = {callee for is_root, each in calls if is_root for callee in each.calls}
    for _ in calls:
        reached |= {
            callee for _, each in calls if each.simple_name in reached for callee in each.calls
        }
    index = FunctionIndex()
    index.move_to(tree)
    assert index.is_tested(Place(b"d.py", function(name)), "python") == (name in reached)


def test_it_holds_nothing_of_what_was_taken_out() -> None:
    index = FunctionIndex()
    index.move_to({b"a.py": summary_of(outline(function("f", "a b", ["g"])))})
    index.move_to({})
    assert index.function_count == index.test_count == 0
    assert index.nearest(Place(b"b.py", function("h", "a b"))) is None
