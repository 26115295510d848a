"""What has to be met before a merge, from given facts."""

from __future__ import annotations

import dataclasses

from heddle_worker.review.configuration import RequirementSettings
from heddle_worker.signals.signal import Signal
from heddle_worker.signing.carrying import Holding
from heddle_worker.signing.requirements import (
    Facts,
    OpenDiscussion,
    Requirement,
    RequirementStatus,
    evaluate,
    wants_signatures,
)
from heddle_worker.signing.touching import Holder, Touched
from heddle_worker.store.signatures import Binding

PASS, FAIL, NONE = (
    RequirementStatus.PASS,
    RequirementStatus.FAIL,
    RequirementStatus.NOT_APPLICABLE,
)
F, G = Touched(b"a.py", "f", (Holder("f", b"f"),)), Touched(b"\xff.py", "", ())
ADA = Binding(
    state=b"s",
    position=0,
    actor_name="Ada",
    actor_email="ada@example.com",
    kind="read",
    key_id=b"ada",
    change=b"",
    covered=(),
)
BOB = dataclasses.replace(ADA, actor_email="Bob@example.com", key_id=b"bob", kind="agent_preview")
ALL = frozenset({F, G})
NOVELTY = Signal("novelty", "novelty.tree_sitter", 1, b"a.py", "f", 3, 9, "is new")


def one(settings: RequirementSettings, facts: Facts, name: str) -> Requirement:
    found = {each.id: each for each in evaluate(settings, facts)}
    assert list(found) == ["signed_by", "min_signatures", "blocking_signals", "open_discussions"]
    assert all(each.description and "\n" not in each.explanation for each in found.values())
    return found[name]


def test_by_default_only_open_discussions_matter() -> None:
    found = evaluate(RequirementSettings(), Facts(True, (F,)))
    assert [each.status for each in found] == [NONE, NONE, NONE, PASS]


def test_signatures_matter_only_where_they_are_asked_for() -> None:
    assert not wants_signatures(RequirementSettings(signature_kinds=("read",)))
    assert wants_signatures(RequirementSettings(signed_by=("ada@example.com",)))
    assert wants_signatures(RequirementSettings(min_signatures=1))


def test_where_nothing_changed_nothing_is_required() -> None:
    settings = RequirementSettings(("ada@example.com",), 1, (), ("novelty",))
    facts = Facts(False, (), discussions=(OpenDiscussion("d-1", "a.py:f"),), signals=(NOVELTY,))
    assert {each.status for each in evaluate(settings, facts)} == {NONE}


def test_who_has_not_signed_is_named() -> None:
    settings = RequirementSettings(signed_by=("ada@example.com", "bob@example.com"))
    found = one(settings, Facts(True, (F, G), (Holding(ADA, ALL),)), "signed_by")
    assert (found.status, found.explanation) == (
        FAIL,
        "bob@example.com has not signed; sign with SignState",
    )
    both = Facts(True, (F, G), (Holding(ADA, ALL), Holding(BOB, ALL)))
    assert one(settings, both, "signed_by").status is PASS


def test_what_somebody_has_not_signed_is_named() -> None:
    settings = RequirementSettings(signed_by=("bob@example.com",))
    part, rest = Holding(BOB, frozenset({F})), Holding(BOB, frozenset({G}))
    found = one(settings, Facts(True, (F, G), (part, Holding(ADA, ALL))), "signed_by")
    assert found.status is FAIL
    assert found.explanation.startswith("bob@example.com has yet to sign \\377.py;")
    assert one(settings, Facts(True, (F, G), (part, rest)), "signed_by").status is PASS


def test_keys_count_once_and_only_for_all_of_it() -> None:
    settings = RequirementSettings(min_signatures=2)
    again = dataclasses.replace(ADA, position=1)
    facts = Facts(
        True, (F, G), (Holding(ADA, ALL), Holding(again, ALL), Holding(BOB, frozenset({F})))
    )
    found = one(settings, facts, "min_signatures")
    assert (found.status, found.explanation) == (
        FAIL,
        "1 of 2 keys that were used have signed all that was changed, 1 more are wanted; "
        "sign with SignState",
    )
    facts = Facts(True, (F, G), (*facts.holding, Holding(BOB, frozenset({G}))))
    assert one(settings, facts, "min_signatures").status is PASS


def test_only_the_kinds_of_review_asked_for_count() -> None:
    facts = Facts(True, (F,), (Holding(ADA, frozenset({F})), Holding(BOB, frozenset({F}))))
    settings = RequirementSettings(min_signatures=2, signature_kinds=("read",))
    assert one(settings, facts, "min_signatures").status is FAIL
    both = dataclasses.replace(settings, signature_kinds=("read", "agent_preview"))
    assert one(both, facts, "min_signatures").status is PASS


def test_signals_that_block_are_named_with_their_anchors() -> None:
    settings = RequirementSettings(blocking_signals=("novelty",))
    other = dataclasses.replace(NOVELTY, kind="pattern_deviation")
    assert one(settings, Facts(True, (F,), signals=(other,)), "blocking_signals").status is PASS
    everywhere = dataclasses.replace(NOVELTY, file=b"*", symbol="", start_line=0)
    signals = (other, NOVELTY, everywhere, *[NOVELTY] * 9)
    found = one(settings, Facts(True, (F,), signals=signals), "blocking_signals")
    assert found.status is FAIL
    assert "novelty at a.py:f:3-9, novelty at *, " in found.explanation
    assert "and 6 more;" in found.explanation


def test_discussions_that_are_open_are_named_by_their_ids() -> None:
    facts = Facts(True, (F,), discussions=(OpenDiscussion("d-17", "a.py:f"),))
    found = one(RequirementSettings(), facts, "open_discussions")
    assert (found.status, found.explanation) == (
        FAIL,
        "open: d-17 on a.py:f; settle it with `heddle discuss resolve`",
    )
    lenient = RequirementSettings(open_discussions_block=False)
    assert one(lenient, facts, "open_discussions").status is NONE
