"""A review as one HTML page that needs nothing but a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from heddle_client.rendering.page.annotations import written_down
from heddle_client.rendering.page.assets import policy, raw, script, style
from heddle_client.rendering.page.contents import contents
from heddle_client.rendering.page.elements import element, words
from heddle_client.rendering.page.escaping import plain
from heddle_client.rendering.page.files import files
from heddle_client.rendering.page.material import Material
from heddle_client.rendering.page.opening import headline, masthead, narrative
from heddle_client.rendering.page.order import reading_order
from heddle_client.rendering.page.requirements import requirements
from heddle_client.rendering.page.sections import paragraph
from heddle_client.rendering.page.signals import signals
from heddle_client.rendering.page.signatures import signatures as signatures_section
from heddle_client.rendering.page.talk import discussions

if TYPE_CHECKING:
    from heddle_client.rendering.page.escaping import Html
    from heddle_client.values import ListSignaturesResponse, ReviewPayload

_COLOPHON: Final = (
    "Made by heddle. This page loads nothing, sends nothing, and can be read without its script."
)


def review_page(
    review: ReviewPayload, *, repository: str, signatures: ListSignaturesResponse | None
) -> str:
    """Return the page of a review: a document that loads nothing, and runs no script but its own.

    Args:
        review: what the daemon has laid out; with all signals, the hidden ones can be disclosed.
        repository: the name of the repository, or its path if the page shall tell that too.
        signatures: those of the state; None for a worktree, which cannot be signed.

    All text that comes from elsewhere is escaped, and characters without a glyph of their own,
    such as those that turn the direction of writing, are written out. It can be encoded in UTF-8.
    """
    material = Material(review)
    main = element(
        "main",
        requirements(review),
        narrative(review),
        signals(material),
        reading_order(material),
        discussions(material),
        written_down(material),
        files(material),
        signatures_section(material, signatures),
        id="main",
    )
    body = element(
        "body",
        element("a", words("Skip to the reading order"), href="#order", class_="skip"),
        masthead(material, repository),
        element("div", contents(material), main, class_="columns"),
        element("footer", paragraph(words(_COLOPHON))),
        raw("script", script()),
    )
    document = element("html", _head(review), body, lang="en")
    return f"<!DOCTYPE html>\n{document}\n"


def _head(review: ReviewPayload) -> Html:
    state = review.state_id.hex()[:12] or "worktree"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy()),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", plain(f"{headline(review)} · review of {state}")),
        raw("style", style()),
    )
