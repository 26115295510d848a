"""A review as a comment on a pull request."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
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

from heddle_client.rendering.review_markdown import MOST, review_markdown
from heddle_client.values import RequirementStatus

FILE = "engine.py"
TEXTS = st.text(alphabet="\\`*_[]<>()#+-=.!|~&$@: \n\t0123abc/é\x1b", min_size=1, max_size=30)


def test_a_review_is_told_in_tables_and_lists() -> None:
    shown = review_markdown(
        review(
            symbol(FILE, "Engine::start"),
            files=[changed_file(FILE), changed_file("a|b.bin", "A")],
            in_budget_signals=(signal(FILE, "Engine::start"),),
            discussions=(anchored(FILE, "Engine::start", "Why?", "Ask @ada."),),
            annotations=(annotation(FILE, "Engine::start", "starts once"),),
            merge_requirements=(
                requirement(RequirementStatus.FAIL, "ada has not signed"),
                requirement(RequirementStatus.NOT_APPLICABLE, "nobody was asked"),
            ),
            hidden=2,
        ),
        signatures(signature()),
    )
    lines = shown.split("\n")
    assert lines[0] == "### Review of `020202020202`: Split at commas"
    for expected in (
        "2 files changed, 30 lines added, 10 removed; compared with `010101010101`.",
        "| **not met** | signed by ada | ada has not signed |",
        "- `novelty` at `engine.py:Engine::start`: it resembles nothing",
        "- 2 signals more, of less weight, not shown",
        "| `Engine::start` | `engine.py` | function edited | 5-6 "
        "| `novelty`, discussion `01234567`, invariant |",
        "|  | <code>a&#124;b&#46;bin</code> | added, +3 -1 |  |  |",
        "`01234567` open, on `engine.py:Engine::start`; 2 turns, the last by Ada:",
        "> Ask @&#8203;ada.  ",
    ):
        assert expected in lines
    assert "nobody was asked" not in shown
    assert "- read of the whole change by Ada, " in shown


def test_a_worktree_has_no_signatures() -> None:
    shown = review_markdown(review(state_id=b"", headline=""), None)
    assert shown.startswith("### Review of a worktree\n")
    assert "Signatures" not in shown


def test_whatever_does_not_fit_into_a_comment_is_counted() -> None:
    many = [symbol(f"directory/f{n}.py", f"function_{n}") for n in range(2_000)]
    talk = tuple(anchored(FILE, "x", "w" * 60_000) for _ in range(100))
    signals = tuple(signal(FILE, f"s{n}", reason="r" * 200) for n in range(500))
    shown = review_markdown(
        review(*many, discussions=talk, all_signals=signals, agent_narrative="n" * 60_000),
        signatures(*(signature() for _ in range(200))),
    )
    assert len(shown) <= MOST
    listed = shown.count("| `function_")
    assert 0 < listed < 2_000
    assert f"_and {2_000 - listed} more, for which there is no room here_" in shown


@settings(max_examples=25)
@given(TEXTS, TEXTS, TEXTS)
def test_no_text_from_elsewhere_changes_the_structure(file: str, name: str, words: str) -> None:
    def types(*texts: str) -> list[str]:
        path, called, said = texts
        shown = review_markdown(
            review(
                symbol(path, called),
                files=[changed_file(path, outline="failed")],
                headline=said,
                agent_narrative="narrated",
                in_budget_signals=(signal(path, called, kind=called, reason=said),),
                discussions=(anchored(path, called, "said"),),
                annotations=(annotation(path, called, said),),
                merge_requirements=(requirement(RequirementStatus.FAIL, said),),
            ),
            signatures(signature(actor_name=said)),
        )
        return [token.type for token in MarkdownIt("commonmark").enable("table").parse(shown)]

    if file != name:
        assert types(file, name, words) == types("engine.py", "start", "words")
