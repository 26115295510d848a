"""What sections of the page are made of."""

from __future__ import annotations

from collections.abc import Iterable

from heddle_client.rendering.page.elements import EMPTY, element, span, words
from heddle_client.rendering.page.escaping import Html


def section(id_: str, title: str, *content: Html, count: int | None = None) -> Html:
    """Return a section with its heading."""
    heading = element("h2", words(title), _count(count), id=f"{id_}-title")
    return element("section", heading, *content, id=id_, aria_labelledby=f"{id_}-title")


def part(id_: str, title: str, *content: Html, count: int | None = None) -> Html:
    """Return a part of a section with its heading."""
    heading = element("h3", words(title), _count(count), id=f"{id_}-title")
    return element("section", heading, *content, id=id_, aria_labelledby=f"{id_}-title")


def disclosure(summary: Html, *content: Html, is_open: bool = False, class_: str = "") -> Html:
    """Return what is shown when one asks for it."""
    return element(
        "details",
        element("summary", summary),
        *content,
        class_=class_ or False,
        open=is_open,
    )


def listed(tag: str, items: Iterable[Html], class_: str = "") -> Html:
    """Return a list, or nothing when there is nothing in it."""
    content = [element("li", item) for item in items]
    # A list without markers is no list to some screen readers unless they are told.
    return element(tag, *content, class_=class_ or False, role="list") if content else EMPTY


def paragraph(*content: Html, class_: str = "") -> Html:
    """Return a paragraph."""
    return element("p", *content, class_=class_ or False)


def tag(kind: str, text: str) -> Html:
    """Return a word that says at a glance what something is."""
    return span(f"tag {kind}".strip(), words(text))


def _count(count: int | None) -> Html:
    return EMPTY if count is None else span("count", words(f" {count:,}"))
