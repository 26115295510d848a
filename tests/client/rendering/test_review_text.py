"""A review in the lines of a terminal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from review_values import (
    anchored,
    annotation,
    changed_file,
    requirement,
    review,
    signal,
    signature,
    signatures,
    symbol,
)

from heddle_client.rendering.layout import cells
from heddle_client.rendering.paint import coloured, plain
from heddle_client.rendering.review_text import review_text
from heddle_client.values import PathSymbolRef, RequirementStatus, ReviewPayload
from heddle_client.visible import visible

FILE = "engine.py"


def text(shown: ReviewPayload, width: int = 80, **options: object) -> str:
    return review_text(
        shown,
        options.get("signatures"),  # type: ignore[arg-type]
        width=width,
        paint=plain,
    )


def block(shown: str, heading: str) -> list[str]:
    """Return the lines below a heading."""
    (found,) = [b for b in shown.split("\n\n") if b.split("\n")[0].startswith(heading)]
    return found.split("\n")[1:]


def test_the_head_tells_what_was_compared_and_how_much_differs() -> None:
    shown = text(review(files=[changed_file(FILE)]))
    assert shown.split("\n\n")[0].split("\n") == [
        "state " + "02" * 20,
        "Split at commas",
        "1 file changed, 30 lines added, 10 removed; compared with 010101010101",
    ]


def test_a_worktree_and_a_root_commit_say_what_they_are() -> None:
    worktree = text(review(state_id=b"", headline=""))
    assert worktree.startswith("The worktree, before it is committed\n")
    assert "Signatures" not in worktree
    assert text(review(prior_state_id=b"")).split("\n")[2].endswith("compared with nothing")


def test_the_reading_order_tells_what_became_of_each_symbol() -> None:
    symbols = (
        symbol(FILE, "new", "added"),
        symbol(FILE, "gone", "deleted", start_line=9, end_line=9),
        symbol(FILE, "there", "moved", "edited", previous=PathSymbolRef("old.py", "there")),
        symbol(FILE, "name", "renamed", previous=PathSymbolRef(FILE, "eman")),
        symbol(FILE, "same", "reformatted", start_line=0, end_line=0),
    )
    shown = text(review(*symbols, files=[changed_file(FILE), changed_file("a.bin", "A")]))
    assert block(shown, "Consequences  6") == [
        "  engine.py  +3 -1",
        "    + new    function added, lines 5-6",
        "    - gone   function deleted, line 9",
        "    ~ there  function moved and edited, was old.py:there, lines 5-6",
        "    > name   function renamed, was eman, lines 5-6",
        "    = same   function reformatted",
        "  a.bin  added, +3 -1",
    ]


@pytest.mark.parametrize(
    ("group", "title"),
    [("structural", "Structural"), ("tests_and_docs", "Tests and docs")],
)
def test_each_group_has_its_title(group: str, title: str) -> None:
    shown = text(review(symbol(FILE, "start"), group=group))
    assert block(shown, title)[1] == "    ~ start  function edited, lines 5-6"


def test_what_is_known_of_a_symbol_stands_below_it() -> None:
    shown = text(
        review(
            symbol(FILE, "start"),
            symbol(FILE, "stop"),
            files=[changed_file(FILE)],
            in_budget_signals=(signal(FILE, "start"), signal(FILE, kind="diff_summary.mixed")),
            discussions=(
                anchored(FILE, "start", "\nWhy?\nOr not?", "Because."),
                anchored(FILE, "stop", resolution=replace_dismissed("done")),
            ),
            annotations=(annotation(FILE, "stop", "stops at once"),),
        )
    )
    assert block(shown, "Consequences")[1:] == [
        "    ~ start  function edited, lines 5-6",
        "      ! novelty: it resembles nothing",
        "      ? 01234567 (Ada, 2 turns) Why?",
        "    ~ stop   function edited, lines 5-6",
        "      @ invariant: stops at once",
    ]
    assert block(shown, "Signals") == ["  novelty engine.py:start", "    it resembles nothing"]
    assert "01234567 dismissed (done), on engine.py:stop:5-6" in shown


def replace_dismissed(reason: str) -> object:
    from heddle_client.values import DiscussionResolution

    return DiscussionResolution(None, None, None, DiscussionResolution.Dismissed(reason))


def test_hidden_signals_are_counted_or_marked() -> None:
    visible_one = signal(FILE, "start")
    hidden = signal(FILE, "stop", visibility="hidden")
    shown = text(review(in_budget_signals=(visible_one,), hidden=4))
    assert "Signals  4 more with --all-signals" in shown
    shown = text(review(all_signals=(hidden, visible_one), hidden=4))
    assert "--all-signals" not in shown
    assert block(shown, "Signals")[::2] == [
        "  novelty engine.py:start",
        "  novelty engine.py:stop (hidden)",
    ]
    assert "ask again" in text(review(signals_incomplete=True))


def test_requirements_say_what_is_missing_and_leave_out_what_is_not_asked() -> None:
    shown = text(
        review(
            merge_requirements=(
                requirement(RequirementStatus.PASS, "all did"),
                requirement(RequirementStatus.FAIL, "ada has not signed"),
                requirement(RequirementStatus.NOT_APPLICABLE, "nobody was asked"),
            )
        )
    )
    assert block(shown, "To be merged") == [
        "  met      signed by ada",
        "  not met  signed by ada: ada has not signed",
    ]
    nothing = review(merge_requirements=(requirement(RequirementStatus.NOT_APPLICABLE),))
    assert "To be merged" not in text(nothing)


def test_files_that_could_not_be_read_are_named() -> None:
    files = [
        changed_file("a.py", outline="partial"),
        changed_file("b.py", outline="too_large"),
        changed_file("c.xyz", outline="unknown_language"),
    ]
    assert block(text(review(files=files)), "Files that could not be read in full  2") == [
        "  a.py  read around its syntax errors",
        "  b.py  too large",
    ]


def test_signatures_are_listed_with_how_to_sign() -> None:
    shown = text(review(), signatures=signatures())
    assert block(shown, "Signatures")[0].startswith("  None. `heddle sign 020202020202` signs it")
    carried = signature(signed_state_id=b"\3" * 20)
    shown = text(review(), signatures=signatures(signature(), carried=[carried]))
    assert "the whole change; carried from 030303030303" in shown
    assert shown.count("rs-0 read by Ada <ada@example.com>") == 2


def test_a_narrative_and_a_cut_off_list_are_told() -> None:
    shown = text(review(agent_narrative="First.\n\nSecond.", is_truncated=True))
    assert block(shown, "What the agent says") == ["  First."]
    assert "\n\n  Second.\n" in shown + "\n"
    assert "Only a part of the change is listed here" in shown


NAMES = st.text(min_size=1, max_size=40)


@settings(max_examples=25)
@given(
    st.lists(NAMES, min_size=1, max_size=4),
    NAMES,
    NAMES,
    st.integers(50, 120),
)
def test_nothing_moves_the_cursor_and_every_line_fits(
    names: list[str], file: str, words: str, width: int
) -> None:
    shown = text(
        review(
            *(symbol(file, name) for name in names),
            files=[changed_file(file)],
            headline=words,
            agent_narrative=words,
            in_budget_signals=tuple(signal(file, name, reason=words) for name in names),
            discussions=tuple(anchored(file, name, words) for name in names),
            annotations=tuple(annotation(file, name, words) for name in names),
            merge_requirements=(requirement(RequirementStatus.FAIL, words),),
        ),
        width,
        signatures=signatures(signature(actor_name=words, justification=words)),
    )
    for line in shown.split("\n"):
        assert line == visible(line)
        # A name is not broken: whoever copies it wants all of it.
        assert cells(line) <= width or any(visible(name) in line for name in (*names, file))


def test_colours_change_nothing_but_the_colour() -> None:
    shown = review(
        symbol(FILE, "start", "added"),
        symbol(FILE, "same", "reformatted"),
        files=[changed_file(FILE)],
        in_budget_signals=(signal(FILE, "start"),),
        discussions=(anchored(FILE, "start"),),
        merge_requirements=(requirement(RequirementStatus.FAIL, "no"),),
        is_truncated=True,
    )
    signed = signatures(signature())
    bright = review_text(shown, signed, width=80, paint=coloured)
    dull = review_text(shown, signed, width=80, paint=plain)
    assert bright != dull
    assert re.sub(r"\x1b\[[0-9;]*m", "", bright) == dull
    for line in bright.split("\n"):
        assert line.count("\x1b[0m") * 2 == line.count("\x1b[")


def test_the_largest_payload_is_laid_out_line_by_line() -> None:
    many = [symbol(f"d{n % 50}/f{n}.py", f"f{n}") for n in range(2_000)]
    shown = text(replace(review(*many), changed_files=()))
    assert len(block(shown, "Consequences  2000")) == 4_000
