"""Where something is: paths, symbols, lines, states and moments."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from heddle_client.rendering.page.elements import EMPTY, code, element, joined, link, span, words
from heddle_client.rendering.page.escaping import Html, name

if TYPE_CHECKING:
    from heddle_client.rendering.page.material import Material

_SHORT_ID: Final = 12


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


def place(material: Material, file: str, symbol_name: str, span_of_lines: tuple[int, int]) -> Html:
    """Return where something is, as a link when the page has it.

    Args:
        material: the page's.
        file: a path, or `*` for all of the change.
        symbol_name: empty, or the path, for the file as a whole.
        span_of_lines: the first and the last one, 0 for none.
    """
    if file == "*":
        return words("the whole change")
    shown = path(file)
    if symbol_name not in {"", file}:
        shown = joined((symbol(symbol_name), span("in", words(" in "), shown)))
    if span_of_lines[0]:
        shown = joined((shown, span("in", words(", "), line_range(*span_of_lines))))
    target = material.target(file, symbol_name)
    return link(target, shown) if target else shown


def line_range(first: int, last: int) -> Html:
    """Return lines, counted from 1, the last one included."""
    return words(f"line {first}" if last <= first else f"lines {first}\N{EN DASH}{last}")


def lines(added: int, removed: int) -> Html:
    """Return how many lines a change adds and removes."""
    return span(
        "lines",
        span("plus", words(f"+{added:,}")),
        words(" "),
        span("minus", words(f"\N{MINUS SIGN}{removed:,}")),
    )


def state(state_id: bytes) -> Html:
    """Return a state's id in full."""
    return code(state_id.hex())


def short_state(state_id: bytes) -> Html:
    """Return the beginning of a state's id; the whole of it is told on asking."""
    shown = state_id.hex()
    return element("code", name(shown[:_SHORT_ID]), title=shown)


def moment(when: datetime) -> Html:
    """Return a point in time to the minute."""
    shown = when.strftime("%d %b %H:%M UTC")
    return element(
        "time",
        words(f"{when.year:04} {shown}"),
        datetime=f"{when.isoformat(timespec='seconds').removesuffix('+00:00')}Z",
    )
