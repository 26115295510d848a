"""The page of a review: what is on it, and what can never be."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from typing import Any, Final

import pytest
from hypothesis import given
from page_reader import Node, read_page, unfit
from review_samples import (
    DISMISSED,
    STATE,
    WHEN,
    any_review,
    any_signatures,
    any_text,
    changed_file,
    changed_symbol,
    discussion,
    ref,
    review,
    signal,
)

from heddle_client.rendering.page.escaping import name, plain, prose
from heddle_client.rendering.review_page import review_page
from heddle_client.values import (
    Annotation,
    DiscussionResolution,
    ListSignaturesResponse,
    MergeRequirement,
    ReadingOrderPartition,
    RequirementStatus,
    ReviewKind,
    ReviewPayload,
    ReviewScope,
    ReviewSignature,
    ReviewSummary,
)

# Whatever else a page had on it would be something that nobody has thought about.
_ELEMENTS: Final = re.compile(
    "a|article|aside|bdi|body|button|caption|code|dd|details|div|dl|dt|footer|h[1-5]|head|header"
    "|html|input|kbd|label|li|main|meta|nav|ol|p|pre|script|section|span|strong|style|summary|table"
    "|tbody|td|th|thead|time|title|tr|ul"
)
_ATTRIBUTES: Final = re.compile(
    "aria-label|aria-labelledby|charset|checked|class|content|datetime|dir|hidden|href|http-equiv"
    "|id|lang|name|open|role|scope|tabindex|title|type"
)


def page_of(found: ReviewPayload, signatures: ListSignaturesResponse | None = None) -> Node:
    return read_page(review_page(found, repository="/home/ada/numbers", signatures=signatures))


def check(page: str) -> Node:
    """Require of a page what holds of any."""
    page.encode()
    assert unfit(page) == set()
    root = read_page(page)
    nodes = root.all()[1:]
    assert [node.tag for node in nodes if not _ELEMENTS.fullmatch(node.tag)] == []
    attributes = [key for node in nodes for key in node.attributes]
    assert [key for key in attributes if not _ATTRIBUTES.fullmatch(key)] == []
    ids = [node.attributes["id"] for node in nodes if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    links = [node.attributes["href"] or "" for node in nodes if "href" in node.attributes]
    assert all(link.startswith("#") for link in links)
    labels = [node.attributes.get("aria-labelledby") for node in nodes]
    assert {link[1:] for link in links} | {label for label in labels if label} <= set(ids)
    levels = [int(node.tag[1]) for node in nodes if re.fullmatch("h[1-5]", node.tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    policy = next(n for n in nodes if n.attributes.get("http-equiv")).attributes["content"] or ""
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        (node,) = root.named(tag)
        digest = base64.b64encode(hashlib.sha256(node.text().encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}';" in policy
    return root


@given(any_review, any_signatures, any_text)
def test_no_text_gets_out_of_its_place(
    found: ReviewPayload, signatures: ListSignaturesResponse | None, repository: str
) -> None:
    root = check(review_page(found, repository=repository, signatures=signatures))
    partition = found.partition
    entries = (*partition.structural, *partition.consequence, *partition.tests_and_docs)
    assert len(root.of_class("entry")) == len(entries)
    assert len(root.of_class("talk")) == len({each.id for each in found.discussions})
    assert len(root.with_id("files").named("tr")) == len(found.changed_files) + bool(
        found.changed_files
    )


@given(any_text)
def test_what_is_escaped_reads_as_it_was(text: str) -> None:
    for escaped in (name(text), plain(text), prose(text)):
        assert unfit(escaped) == set()
        shown = read_page(f"<p>{escaped}</p>").text()
        if not unfit(text) and not set("\t\n") & set(text):
            assert shown == text


def test_what_turns_the_direction_of_text_is_written_out() -> None:
    assert read_page(name("a\u202eb")).text() == r"a\u202eb"
    assert name("a\u202eb") == r'a<span class="unfit">\u202e</span>b'
    assert prose("one\r\ntwo\tthree\x1b") == 'one\ntwo\tthree<span class="unfit">\\e</span>'
    assert name("one\ntwo") == r'one<span class="unfit">\n</span>two'


def everything() -> ReviewPayload:
    """A review in which each field has something."""
    invariant = Annotation("a1", "invariant", "Adds up.", ("enforces",), ref("e.py", "add"), False)
    into = DiscussionResolution(None, DiscussionResolution.ResolvedIntoAnnotation("a1"), None, None)
    edited = DiscussionResolution(None, None, DiscussionResolution.ResolvedByEdit(STATE), None)
    visible = signal("e.py", "add", "novelty")
    return review(
        summary=ReviewSummary("Add numbers", 5, 1_234, 56, 2, 1),
        agent_narrative="Numbers add up.\n\n- and more\n",
        partition=ReadingOrderPartition(
            (ref("e.py", "Engine"),),
            (ref("e.py", "Engine::add"), ref("e.py", "add"), ref("w.py", "walk"), ref("logo.png")),
            (ref("manual.md"),),
        ),
        in_budget_signals=(visible, signal("e.py", "", "diff_summary.mixed")),
        all_signals=(visible, signal("w.py", "walk", "test_reachability", "hidden")),
        discussions=(
            discussion("d1", ref("e.py", "add"), "Why?", "Because.", body_changed_since_open=True),
            discussion("d2", ref("e.py", "gone"), "And this?", orphaned=True),
            discussion("d3", ref("e.py", "hidden"), "Where?", resolution=DISMISSED),
            discussion("d4", ref("elsewhere.py"), "What?", resolution=edited),
            discussion(
                "d5", ref("w.py", "walk"), "Must it?", resolution=into, visibility="internal"
            ),
        ),
        merge_requirements=(
            MergeRequirement("signed", True, "signed_by", RequirementStatus.PASS, "by all"),
            MergeRequirement("talked", False, "talk", RequirementStatus.FAIL, "d1 is open"),
            MergeRequirement("quiet", True, "quiet", RequirementStatus.NOT_APPLICABLE, "no kinds"),
        ),
        changed_files=(
            changed_file("e.py"),
            changed_file("logo.png", is_binary=True, language="", outline="unknown_language"),
            changed_file("manual.md", "R", old_path="guide.md", by_merge=True),
            changed_file("old.py", "D", outline="too_large"),
            changed_file("w.py", "A", outline="partial"),
        ),
        changed_symbols=(
            changed_symbol("e.py", "Engine::add", "renamed", previous=ref("e.py", "Engine::plus")),
            changed_symbol("e.py", "add", "edited"),
            changed_symbol("w.py", "walk", "moved", "edited", previous=ref("t.py", "walk")),
        ),
        annotations=(invariant,),
        is_truncated=True,
        signals_incomplete=True,
    )


@pytest.fixture(scope="module")
def page() -> Node:
    """The page of a review with everything."""
    return check(review_page(everything(), repository="/home/ada/numbers", signatures=None))


def test_the_top_tells_what_and_how_large_it_is(page: Node) -> None:
    (title,), (headline,) = page.named("title"), page.named("h1")
    assert title.text() == f"Add numbers · review of {STATE.hex()[:12]}"
    assert headline.text() == "Add numbers"
    top = page.of_class("masthead")[0].text()
    assert STATE.hex() in top
    assert (b"\1" * 20).hex() in top
    assert "/home/ada/numbers" in top
    figures = [node.text() for node in page.of_class("figure")]
    assert figures == ["1 not met", "1 signal", "6 to read", "2 open", "5 files"]
    assert "+1,234 \N{MINUS SIGN}56" in top
    notices = [node.text() for node in page.of_class("notice")]
    assert notices[0].startswith("More has changed")
    assert notices[1].startswith("The repository was still being read")


def test_the_reading_order_is_kept(page: Node) -> None:
    order = page.with_id("order")
    headings = [node.text().split()[0] for node in order.all() if node.tag in {"h3", "h4", "h5"}]
    assert headings == [
        *("Structural", "e.py", "Engine"),
        *("Consequences", "e.py", "Engine::add", "add", "w.py", "walk", "logo.png", "The"),
        *("Tests", "manual.md", "The"),
    ]


def entry_of(page: Node, symbol: str) -> Node:
    return next(node for node in page.of_class("entry") if node.named("code")[0].text() == symbol)


def test_a_symbol_has_all_that_is_said_of_it(page: Node) -> None:
    renamed = entry_of(page, "Engine::add")
    assert [tag.text() for tag in renamed.of_class("tag")] == ["renamed"]
    assert "safe" in renamed.classes()
    assert "was Engine::plus" in renamed.text()
    edited = entry_of(page, "add")
    assert "lines 4\N{EN DASH}6" in edited.text()
    assert [each.text() for each in edited.of_class("signal")] == ["novelty novelty of add"]
    assert "Adds up." in edited.of_class("annotation")[0].text()
    (talk,) = edited.of_class("talk")
    assert "open" in talk.attributes
    assert [turn.text() for turn in talk.of_class("prose")] == ["Why?", "Because."]
    assert "the code has changed since" in talk.text()
    moved = entry_of(page, "walk")
    assert "was t.py" in moved.text()
    assert "test reachability of walk" not in moved.text()
    assert "test_reachability of walk" in moved.of_class("quiet")[0].text()
    (settled,) = moved.of_class("talk")
    assert "open" not in settled.attributes
    assert "for internal" in settled.text()


def test_discussions_without_a_place_are_told_apart(page: Node) -> None:
    (orphan,) = page.with_id("orphaned").of_class("talk")
    assert "last seen at gone in e.py" in orphan.text()
    (elsewhere,) = page.with_id("elsewhere").of_class("talk")
    assert "elsewhere.py" in elsewhere.text()
    assert STATE.hex()[:12] in elsewhere.of_class("outcome")[0].text()
    index = [node.text() for node in page.of_class("index")[0].named("li")]
    assert [line.split()[0] for line in index] == ["open", "dismissed", "resolved"]


def test_hidden_signals_are_disclosed_on_asking(page: Node) -> None:
    signals = page.with_id("signals")
    shown, hidden = signals.of_class("signals")
    assert [item.of_class("kind")[0].text() for item in shown.named("li")] == ["novelty"]
    assert [item.of_class("kind")[0].text() for item in hidden.named("li")] == ["test reachability"]
    (disclosure,) = signals.named("details")
    assert "open" not in disclosure.attributes
    assert disclosure.named("summary")[0].text() == "1 more signal beyond the budget of 3"


def test_signals_that_were_not_asked_for_are_counted() -> None:
    summary = ReviewSummary("Change", 1, 1, 1, 0, 7)
    text = page_of(review(summary=summary)).with_id("signals").text()
    assert "7 more signals beyond the budget of 3 are not listed" in text


def test_unmet_requirements_come_first(page: Node) -> None:
    items = page.with_id("requirements").named("li")
    assert [item.of_class("tag")[0].text() for item in items] == [
        "not met",
        "met",
        "does not apply",
    ]
    assert "d1 is open" in items[0].text()


def test_each_file_is_in_the_table_with_what_became_of_it(page: Node) -> None:
    files = page.with_id("files")
    assert files.named("caption")[0].text() == "All changed files, with lines added and removed"
    rows = {row.named("code")[0].text(): row.text() for row in files.named("tr")[1:]}
    assert list(rows) == ["e.py", "logo.png", "manual.md", "old.py", "w.py"]
    assert "binary" in rows["logo.png"]
    assert "was guide.md" in rows["manual.md"]
    assert "by the merge" in rows["manual.md"]
    assert "too large" in rows["old.py"]
    assert "syntax errors" in rows["w.py"]


def test_annotations_are_told_in_full(page: Node) -> None:
    text = page.with_id("annotations").text()
    assert "invariant" in text
    assert "Adds up." in text
    assert "enforces" in text


def signature(**fields: Any) -> ReviewSignature:
    known: dict[str, Any] = {
        "signature_id": "rs-0",
        "actor_name": "Grace",
        "actor_email": "grace@example.com",
        "kind": ReviewKind.AGENT_CO_REVIEW,
        "scope": ReviewScope(ReviewScope.WholeChange(), None),
        "justification": "",
        "signed_at": WHEN,
        "algorithm": "ed25519",
        "public_key": b"\xab" * 32,
        "signature": b"",
        "signed_state_id": STATE,
    }
    return ReviewSignature(**{**known, **fields})


def test_signatures_tell_who_and_for_what() -> None:
    symbols = ReviewScope(None, ReviewScope.SymbolList((ref("e.py", "add"), ref("x.py", "y"))))
    carried = signature(
        scope=symbols,
        justification="Read\ntwice.",
        algorithm="ssh",
        public_key=b"ssh-ed25519 AAAA ada",
        signed_state_id=b"\2" * 20,
    )
    found = page_of(everything(), ListSignaturesResponse((signature(),), (carried,)))
    section = found.with_id("signatures")
    own, other = section.of_class("signatures")
    assert "Grace grace@example.com agent co-review" in own.text()
    assert "1 Mar 2026, 09:05 UTC" in own.text()
    assert "for the whole change" in own.text()
    assert "ab" * 32 in own.text()
    assert "for 2 symbols" in other.text()
    assert "Read\ntwice." in other.text()
    assert "ssh-ed25519 AAAA ada" in other.text()
    assert (b"\2" * 20).hex()[:12] in other.text()


def test_nobody_has_signed() -> None:
    text = page_of(review(), ListSignaturesResponse((), ())).with_id("signatures").text()
    assert "Nobody has signed this state." in text
    assert "It can be signed as read." in text


def test_a_worktree_and_a_change_of_nothing_have_a_page() -> None:
    empty = ReviewSummary("", 0, 0, 0, 0, 0)
    root = check(
        review_page(
            review(state_id=b"", prior_state_id=b"", summary=empty),
            repository="/",
            signatures=None,
        )
    )
    assert root.named("h1")[0].text() == "The worktree, before a commit"
    assert "the empty tree" in root.of_class("masthead")[0].text()
    assert "Nothing has changed." in root.with_id("order").text()
    assert "cannot be signed" in root.with_id("signatures").text()


def test_of_a_large_change_only_what_presses_is_disclosed() -> None:
    names = [(f"f{number // 10}.py", f"function_{number}") for number in range(1_000)]
    found = review(
        partition=ReadingOrderPartition((), tuple(ref(*each) for each in names), ()),
        changed_symbols=tuple(changed_symbol(*each, "edited") for each in names),
        in_budget_signals=(signal("f7.py", "function_70", "novelty"),),
        discussions=(discussion("d", ref("f9.py", "function_95"), "Why?"),),
    )
    root = check(review_page(found, repository="/r", signatures=None))
    files = root.of_class("file")
    assert len(files) == 100
    assert [files.index(each) for each in files if "open" in each.attributes] == [7, 9]
    assert "10 entries, 1 signal" in files[7].named("summary")[0].text()


def test_what_is_only_handy_waits_for_the_script(page: Node) -> None:
    keys = page.with_id("keys")
    assert "hidden" in keys.attributes
    assert [node.tag for node in page.named("button")] == [
        node.tag for node in keys.named("button")
    ]


def test_its_style_and_script_load_nothing_and_make_no_markup(page: Node) -> None:
    (style,), (script,) = page.named("style"), page.named("script")
    assert re.findall(r"url\(|@import|@font-face|expression", style.text()) == []
    loading = (
        r"fetch|XMLHttp|import|WebSocket|sendBeacon|innerHTML|outerHTML|insertAdjacent|eval|://"
    )
    assert re.findall(loading, script.text()) == []
    assert "src" not in script.attributes
