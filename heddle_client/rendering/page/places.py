"""Where something is: paths, symbols, lines, states and moments."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from heddle_client.rendering.page.elements import EMPTY, code, element, joined, link, span, words
from heddle_client.rendering.page.escaping import Html, name

if TYPE_CHECKING:
    from heddle_client.rendering.page.material import Material

_SHORT_ID: Final = 12
# Those of `strftime` follow the locale, and the page is in English.
_MONTHS: Final = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)


def path(text: str) -> Html:
    """Return a path whose directories step back behind the file's own name."""
    directories, slash, own = text.rpartition("/")
    before = span("dim", name(directories + slash)) if directories or slash else EMPTY
    return element("code", before, name(own))


def symbol(text: str) -> Html:
    """Return a symbol's name in which those of its parents step back."""
    parents, colons, own = text.rpartition("::")
    before = span("dim", name(parents + colons)) if parents else EMPTY
    return element("code", before, name(own if parents else text))


def place(file: str, symbol_name: str, first: int = 0, last: int = 0) -> Html:
    """Return where something is.

    Args:
        file: a path, or `*` for all of the change.
        symbol_name: empty, or the path, for the file as a whole.
        first: its first line, 0 for none.
        last: its last line, inclusive.
    """
    if file == "*":
        return words("the whole change")
    shown = path(file)
    if symbol_name not in {"", file}:
        shown = joined((symbol(symbol_name), span("in", words(" in "), shown)))
    if first:
        shown = joined((shown, span("in", words(", "), line_range(first, last))))
    return shown


def linked(material: Material, file: str, symbol_name: str, first: int = 0, last: int = 0) -> Html:
    """Return the same as a link to what the page has of it, if it has."""
    target = material.target(file, symbol_name)
    shown = place(file, symbol_name, first, last)
    return link(target, shown) if target else shown


def line_range(first: int, last: int) -> Html:
    """Return lines, counted from 1, the last one included."""
    shown = f"line {first}" if last <= first else f"lines {first}\N{EN DASH}{last}"
    return span("range", words(shown))


def lines(added: int, removed: int) -> Html:
    """Return how many lines a change adds and removes."""
    return span(
        "lines",
        _count("plus", "+", added),
        words(" "),
        _count("minus", "\N{MINUS SIGN}", removed),
    )


def _count(class_: str, sign: str, count: int) -> Html:
    """Return a number of lines, which steps back when it is 0."""
    return span(class_ if count else "dim", words(f"{sign}{count:,}"))


def state(state_id: bytes) -> Html:
    """Return a state's id in full."""
    return code(state_id.hex())


def short_state(state_id: bytes) -> Html:
    """Return the beginning of a state's id; the whole of it is told on asking."""
    shown = state_id.hex()
    return element("code", name(shown[:_SHORT_ID]), title=shown)


def moment(when: datetime) -> Html:
    """Return a point in time to the minute."""
    day = f"{when.day} {_MONTHS[when.month - 1]} {when.year}"
    return element(
        "time",
        words(f"{day}, {when:%H:%M} UTC"),
        datetime=f"{when.isoformat(timespec='seconds').removesuffix('+00:00')}Z",
    )
