"""HTML elements from escaped parts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from heddle_client.rendering.page.escaping import Html, attribute, name

EMPTY: Final = Html("")
_WITHOUT_END: Final = frozenset({"input", "meta"})


def element(tag: str, *content: Html, **attributes: str | bool) -> Html:
    """Return an element.

    Args:
        tag: its name.
        content: what is in it.
        attributes: by name, with `_` for `-`, and at the end to keep clear of Python's words. True
            stands for an attribute without a value, False for none.
    """
    shown = "".join(
        f" {key.rstrip('_').replace('_', '-')}"
        + ("" if value is True else f'="{attribute(value)}"')
        for key, value in attributes.items()
        if value is not False
    )
    if tag in _WITHOUT_END:
        return Html(f"<{tag}{shown}>")
    return Html(f"<{tag}{shown}>{''.join(content)}</{tag}>")


def joined(parts: Iterable[Html], separator: str = "") -> Html:
    """Return parts one after the other, with plain text between them."""
    return Html(name(separator).join(parts))


def words(text: str) -> Html:
    """Return words of our own, or text from elsewhere that has no element to itself."""
    return name(text)


def span(class_: str, *content: Html) -> Html:
    """Return a stretch of text that is set in its own way."""
    return element("span", *content, class_=class_)


def foreign(text: str) -> Html:
    """Return a name from elsewhere, whose direction leaves its neighbours alone."""
    return element("bdi", name(text))


def code(text: str) -> Html:
    """Return a name out of the sources."""
    return element("code", name(text))


def link(target: str, *content: Html) -> Html:
    """Return a link to the element of this page with the id `target`."""
    return element("a", *content, href=f"#{target}")


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 file`, `1,204 files`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
