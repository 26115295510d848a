"""The table of contents, and the keys that the script knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heddle_client.rendering.page.elements import EMPTY, element, joined, link, span, words
from heddle_client.rendering.page.escaping import Html
from heddle_client.rendering.page.sections import listed

if TYPE_CHECKING:
    from heddle_client.rendering.page.material import Material


def contents(material: Material) -> Html:
    """Return the column beside the sections of the page."""
    review = material.review
    groups = listed("ul", (_entry(each.id, each.title, each.size) for each in material.groups))
    entries = [
        _entry("requirements", "Merge requirements"),
        _entry("narrative", "In the agent\N{RIGHT SINGLE QUOTATION MARK}s words")
        if review.agent_narrative.strip()
        else EMPTY,
        _entry("signals", "Signals", len(material.visible_signals)),
        joined((_entry("order", "Reading order", material.size), groups)),
        _entry("discussions", "Discussions", len(material.discussions)),
        _entry("annotations", "Annotations", len(material.annotations))
        if material.annotations
        else EMPTY,
        _entry("files", "Files", len(review.changed_files)),
        _entry("signatures", "Signatures"),
    ]
    nav = element("nav", listed("ul", filter(None, entries)), aria_label="On this page")
    return element("aside", nav, _keys(), class_="beside", aria_label="Contents and keys")


def _entry(target: str, title: str, count: int = 0) -> Html:
    number = span("count", words(f" {count:,}")) if count else EMPTY
    return link(target, words(title), number)


def _keys() -> Html:
    """Return help on what only the script can do, and so hidden until it runs."""
    keys = (
        (("j", "k"), "next, previous entry"),
        (("o",), "open or close all files"),
        (("r",), "go to the reading order"),
    )
    rows = [
        element(
            "div",
            element("dt", joined((element("kbd", words(each)) for each in pressed), " ")),
            element("dd", words(what)),
        )
        for pressed, what in keys
    ]
    switch = element(
        "label",
        element("input", type="checkbox", id="keys-on", checked=True),
        words(" Keys are on"),
    )
    button = element("button", words("Open or close all files"), type="button", id="all-files")
    return element(
        "section",
        button,
        element("h2", words("Keys"), id="keys-title"),
        element("dl", *rows),
        switch,
        id="keys",
        aria_labelledby="keys-title",
        hidden=True,
    )
