"""Signals: all of them in their own section, and each of them where it points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heddle_client.rendering.page.elements import EMPTY, counted, joined, span, words
from heddle_client.rendering.page.escaping import Html, name
from heddle_client.rendering.page.places import line_range, place
from heddle_client.rendering.page.sections import disclosure, listed, paragraph, section

if TYPE_CHECKING:
    from heddle_client.rendering.page.material import Material
    from heddle_client.values import RiskSignal


def signals(material: Material) -> Html:
    """Return the signals in budget, and the hidden ones for whoever asks."""
    shown = listed("ol", (_listed(material, each) for each in material.visible_signals), "signals")
    return section(
        "signals",
        "Signals",
        shown or paragraph(words("Nothing was raised."), class_="none"),
        _hidden(material),
        count=len(material.visible_signals) or None,
    )


def signal_note(signal: RiskSignal, *, of_whole: bool) -> Html:
    """Return a signal as a note at its place, which says where when that is not all of the place.

    Args:
        signal: the signal.
        of_whole: whether the note stands at a file of which the signal may mean a part.
    """
    parts = [span("kind", name(_spaced(signal.kind))), words(" ")]
    if of_whole and signal.anchor.symbol:
        parts += [span("at", name(signal.anchor.symbol)), words(" ")]
    if of_whole and signal.anchor.start_line:
        parts += [
            span("at", line_range(signal.anchor.start_line, signal.anchor.end_line)),
            words(" "),
        ]
    hidden = " quiet" if signal.visibility == "hidden" else ""
    return paragraph(*parts, span("reason", name(signal.reason)), class_=f"signal{hidden}")


def _hidden(material: Material) -> Html:
    count = material.hidden_count
    if not count:
        return EMPTY
    budget = f"beyond the budget of {material.review.tick_budget}"
    if not material.hidden_signals:
        text = (
            f"{counted(count, 'more signal')} {budget} {'is' if count == 1 else 'are'} not listed"
        )
        return paragraph(words(f"{text}: the review was not asked for all signals."), class_="none")
    return disclosure(
        words(f"{counted(count, 'more signal')} {budget}"),
        listed("ol", (_listed(material, each) for each in material.hidden_signals), "signals"),
    )


def _listed(material: Material, signal: RiskSignal) -> Html:
    anchor = signal.anchor
    where = place(material, anchor.file, anchor.symbol, (anchor.start_line, anchor.end_line))
    return joined(
        (
            span("kind", name(_spaced(signal.kind))),
            span("place", where),
            span("reason", name(signal.reason)),
        )
    )


def _spaced(kind: str) -> str:
    return kind.replace("_", " ")
