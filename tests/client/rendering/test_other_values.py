"""Values in JSON; discussions, signals and signatures in text."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_values import discussion, review, signal, signature, signatures, symbol
from signers import needs_ssh_keygen, ssh_signer

from heddle_client.rendering.discussion_text import discussions_text, short_ids
from heddle_client.rendering.json_values import as_json
from heddle_client.rendering.paint import plain
from heddle_client.rendering.review_json import review_json
from heddle_client.rendering.signal_text import health_text, signals_text, update_text
from heddle_client.rendering.signature_text import fingerprint, signatures_text
from heddle_client.values import (
    PathSymbolRef,
    RepoSignalHealthReport,
    ReviewScope,
    SignalHealthEntry,
    SignalUpdate,
)


def test_a_review_in_json_has_the_names_of_the_contract() -> None:
    body = review_json(review(symbol("a.py", "f")), signatures(signature()))
    assert json.loads(json.dumps(body)) == body
    assert body["state_id"] == "02" * 20
    assert body["changed_symbols"][0]["anchor"] == {"file": "a.py", "symbol": "f"}
    assert body["changed_symbols"][0]["previous"] is None
    assert body["signing_footer"] == {
        "available_kinds": ["read", "agent_preview", "agent_co_review"]
    }
    assert body["signatures"][0]["signed_at"] == "2026-03-01T12:00:00Z"
    assert body["signatures"][0]["scope"] == {"whole_change": {}, "symbols": None}
    assert body["carried"] == []
    assert review_json(review(), None)["signatures"] == []


def test_what_is_no_value_has_no_form_in_json() -> None:
    with pytest.raises(TypeError, match="Path has no form in JSON"):
        as_json(Path())


@given(st.sets(st.text("0123456789abcdef-", min_size=1, max_size=12)))
def test_short_ids_tell_ids_apart(ids: set[str]) -> None:
    names = short_ids(list(ids))
    assert names.keys() == ids
    for name in ids:
        assert name.startswith(names[name])
        assert [each for each in ids if each.startswith(names[name])] == [name] or (
            names[name] == name
        )


def test_a_list_of_discussions_has_two_lines_each() -> None:
    found = [
        discussion("aaaaaaaa-1", "\nWhy?\nmore", "Because."),
        discussion("aaaaaaaa-2", "x" * 100, orphaned=True, start_line=0, visibility="internal"),
    ]
    assert discussions_text(found, width=40, paint=plain).split("\n") == [
        "aaaaaaaa-1 open, on engine.py:start:5-6",
        "  Ada: Why?  (1 answer)",
        "aaaaaaaa-2 open, its symbol is gone,",
        "internal, on engine.py:start",
        "  Ada: " + "x" * 32 + "…",
    ]


def test_signals_are_listed_with_the_visible_ones_first() -> None:
    found = (signal("*", visibility="hidden"), signal("a.py", "f"))
    shown = signals_text(found, is_incomplete=True, width=80, paint=plain)
    assert shown.split("\n")[::2] == [
        "novelty a.py:f",
        "novelty the whole change (hidden)",
        "The repository is still being read; ask again for the signals that need it.",
    ]
    assert signals_text((), is_incomplete=False, width=80, paint=plain) == "no signal was raised"


def test_the_place_of_a_signal_stays_in_one_line() -> None:
    place = "some/long/path/of/the/repository.py"
    shown = signals_text((signal(place, "f"),), is_incomplete=False, width=20, paint=plain)
    assert shown.split("\n")[0] == f"novelty {place}:f"


def test_an_update_says_of_what_it_is() -> None:
    state = SignalUpdate(b"\2" * 20, (signal("a.py"),), "", ("main", "x\x1b"), False)
    assert update_text(state, width=80, paint=plain).split("\n") == [
        "state 020202020202 (main, x\\e)",
        "  novelty a.py",
        "    it resembles nothing",
    ]
    worktree = SignalUpdate(b"", (), "/w", (), False)
    assert update_text(worktree, width=80, paint=plain) == "worktree /w\n  no signal was raised"


def test_modules_that_fire_too_often_are_marked() -> None:
    report = RepoSignalHealthReport(
        (SignalHealthEntry("a", 0.75, True), SignalHealthEntry("b", 0.0, False)), 4
    )
    first, second = health_text(report).split("\n")[1:]
    assert first.split() == ["a", "75.0%", "fires", "too", "often", "to", "tell", "anything"]
    assert second.split() == ["b", "0.0%"]


def test_a_signature_names_its_symbols() -> None:
    symbols = ReviewScope.SymbolList(tuple(PathSymbolRef("a.py", f"f{n}") for n in range(7)))
    found = signatures(signature(scope=ReviewScope(None, symbols), justification="read it"))
    shown = signatures_text(found, width=80, paint=plain).split("\n")
    assert shown[1] == "  a.py:f0, a.py:f1, a.py:f2, a.py:f3, a.py:f4 and 2 other symbols"
    assert shown[3] == "  read it"


@needs_ssh_keygen
def test_a_fingerprint_is_that_of_ssh_keygen(tmp_path: Path) -> None:
    public = ssh_signer(tmp_path).public_key
    told = subprocess.run(
        ["ssh-keygen", "-l", "-f", "-"], input=public, capture_output=True, check=True
    ).stdout.decode()
    assert fingerprint("ssh", public) in told.split()
    assert fingerprint("ssh", b"nonsense") == fingerprint("ed25519", b"nonsense")
    assert len(base64.b64decode(fingerprint("rsa", b"")[7:] + "=")) == 32
