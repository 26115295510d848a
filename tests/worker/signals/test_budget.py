"""The budget, by its invariants."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from heddle_worker.signals.budget import TICK_BUDGET, budgeted, listed, preferred
from heddle_worker.signals.modules import MODULES
from heddle_worker.signals.signal import Signal

RANKS = {module.kind: rank for rank, module in enumerate(MODULES)}


@st.composite
def a_signal(draw: st.DrawFn) -> Signal:
    module = draw(st.sampled_from(MODULES))
    start = draw(st.integers(0, 2))
    return Signal(
        kind=module.kind,
        module=module.name,
        version=module.version,
        file=draw(st.sampled_from([b"*", b"a", b"b", b"\xff"])),
        symbol=draw(st.sampled_from(["", "f", "C::f"])),
        start_line=start,
        end_line=start,
        reason=draw(st.sampled_from(["one", "other"])),
    )


signals = st.lists(a_signal(), max_size=20)


@given(signals)
def test_nothing_is_lost_or_made_up(found: list[Signal]) -> None:
    after = [each.signal for each in listed(budgeted(found))]
    assert sorted(after, key=repr) == sorted(found, key=repr)


@given(signals)
def test_few_are_visible_and_each_elsewhere(found: list[Signal]) -> None:
    anchors = [each.signal.anchor for each in budgeted(found) if each.is_visible]
    assert len(set(anchors)) == len(anchors) <= TICK_BUDGET
    assert len(anchors) == min(TICK_BUDGET, len({signal.anchor for signal in found}))


@given(signals)
def test_what_is_hidden_is_beyond_the_budget_or_beside_something_preferred(
    found: list[Signal],
) -> None:
    chosen = budgeted(found)
    for number, each in enumerate(chosen):
        before = {one.signal.anchor for one in chosen[:number] if one.is_visible}
        assert each.is_visible == (len(before) < TICK_BUDGET and each.signal.anchor not in before)


@given(signals)
def test_the_order_of_preference_is_that_of_ranks_then_anchors(found: list[Signal]) -> None:
    keys = [(RANKS[signal.kind], signal.anchor) for signal in preferred(found)]
    assert keys == sorted(keys)
    assert [each.signal for each in budgeted(found)] == list(preferred(found))


@given(signals)
def test_equal_ones_stay_in_their_order(found: list[Signal]) -> None:
    for key in {(signal.kind, signal.anchor) for signal in found}:
        same = [signal.reason for signal in found if (signal.kind, signal.anchor) == key]
        kept = [one.reason for one in preferred(found) if (one.kind, one.anchor) == key]
        assert kept == same


@given(signals)
def test_a_full_list_is_by_module_then_by_anchor(found: list[Signal]) -> None:
    keys = [(each.signal.module, each.signal.anchor) for each in listed(budgeted(found))]
    assert keys == sorted(keys)


def test_a_kind_of_nobody_comes_last() -> None:
    stranger = Signal("stranger", "stranger", 1, b"*", "", 0, 0, "")
    known = Signal("test_reachability", "test_reachability.tree_sitter", 1, b"b", "", 0, 0, "")
    assert preferred([stranger, known]) == (known, stranger)
