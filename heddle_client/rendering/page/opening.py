"""The top of the page: what the change is, how large, and how it stands."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from heddle_client.rendering.page.elements import (
    EMPTY,
    code,
    counted,
    element,
    foreign,
    link,
    span,
    words,
)
from heddle_client.rendering.page.escaping import Html, name, prose
from heddle_client.rendering.page.material import Material, is_open
from heddle_client.rendering.page.places import lines, state
from heddle_client.rendering.page.sections import listed, paragraph, section

if TYPE_CHECKING:
    from heddle_client.values import ReviewPayload


def headline(review: ReviewPayload) -> str:
    """Return what the change calls itself."""
    if review.summary.headline.strip():
        return review.summary.headline
    return "A change without a subject" if review.state_id else "The worktree, before a commit"


def masthead(material: Material, repository: str) -> Html:
    """Return the page's header."""
    review = material.review
    own_name = PurePath(repository).name or repository
    return element(
        "header",
        paragraph(words("Review"), span("sep", words(" · ")), foreign(own_name), class_="eyebrow"),
        element("h1", name(headline(review)), dir="auto"),
        element("dl", *_identity(review, repository), class_="identity"),
        _at_a_glance(material),
        *_notices(review),
        class_="masthead",
    )


def narrative(review: ReviewPayload) -> Html:
    """Return what the agent says about its change; nothing when a person made it."""
    if not review.agent_narrative.strip():
        return EMPTY
    body = element("div", prose(review.agent_narrative.strip("\r\n")), class_="prose", dir="auto")
    return section("narrative", "In the agent\N{RIGHT SINGLE QUOTATION MARK}s words", body)


def _identity(review: ReviewPayload, repository: str) -> list[Html]:
    before = state(review.prior_state_id) if review.prior_state_id else words("the empty tree")
    facts = (
        ("State", state(review.state_id) if review.state_id else words("not committed yet")),
        ("Compared with", before),
    )
    place = [("Repository", code(repository))] if "/" in repository else []
    return [
        element("div", element("dt", words(term)), element("dd", fact))
        for term, fact in (*place, *facts)
    ]


def _at_a_glance(material: Material) -> Html:
    review = material.review
    requirements, discussions = review.merge_requirements, review.discussions
    missing = sum(not each.satisfied for each in requirements)
    talking = sum(map(is_open, discussions))
    raised, hidden = len(material.visible_signals), material.hidden_count
    tiles = (
        (
            "requirements",
            f"{missing} not met" if missing else "All met",
            words(f"of {counted(len(requirements), 'requirement')}" if missing else "requirements"),
            "bad" if missing else "good",
        ),
        (
            "signals",
            counted(raised, "signal"),
            words(f"{hidden:,} more hidden" if hidden else "none hidden"),
            "warn" if raised else "",
        ),
        ("order", f"{material.size:,} to read", words("in reading order"), ""),
        (
            "discussions",
            f"{talking:,} open",
            words(f"of {counted(len(discussions), 'discussion')}"),
            "warn" if talking else "",
        ),
        (
            "files",
            counted(review.summary.files_changed, "file"),
            lines(review.summary.added_lines, review.summary.removed_lines),
            "",
        ),
    )
    return listed(
        "ul",
        (
            link(target, span(f"figure {mood}".strip(), words(figure)), span("note", note))
            for target, figure, note, mood in tiles
        ),
        "glance",
    )


def _notices(review: ReviewPayload) -> list[Html]:
    notices = []
    if review.is_truncated:
        notices.append(
            "More has changed than is listed here. The totals above are those of everything."
        )
    if review.signals_incomplete:
        notices.append(
            "The repository was still being read: signals that need all of it are missing. "
            "A later review has them."
        )
    return [paragraph(words(each), class_="notice") for each in notices]
