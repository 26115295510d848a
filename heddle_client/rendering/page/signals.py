"""Signals: all of them in their own section, and each of them where it points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from heddle_client.rendering.page.elements import EMPTY, counted, element, joined, span, words
from heddle_client.rendering.page.escaping import Html, name
from heddle_client.rendering.page.places import line_range, linked, symbol
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


def signal_notes(found: Sequence[RiskSignal], *, of_file: bool) -> list[Html]:
    """Return signals as notes at their place; hidden ones are folded into one.

    Args:
        found: the signals.
        of_file: whether they stand at a file, of which a signal may mean a part.
    """
    notes = [_note(each, of_file=of_file) for each in found if each.visibility != "hidden"]
    hidden = [each for each in found if each.visibility == "hidden"]
    if hidden:
        kinds = ", ".join(dict.fromkeys(_spaced(each.kind) for each in hidden))
        summary = span("dim", words(counted(len(hidden), "hidden signal") + ": "), name(kinds))
        folded = [_note(each, of_file=of_file) for each in hidden]
        notes.append(disclosure(summary, *folded, class_="quiet"))
    return notes


def _note(signal: RiskSignal, *, of_file: bool) -> Html:
    parts = [span("kind", name(_spaced(signal.kind))), words(" ")]
    if of_file and signal.anchor.symbol:
        parts += [symbol(signal.anchor.symbol), words(" ")]
    if of_file and signal.anchor.start_line:
        parts += [
            span("dim", line_range(signal.anchor.start_line, signal.anchor.end_line)),
            words(" "),
        ]
    return paragraph(*parts, element("bdi", name(signal.reason)), class_="signal")


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
    where = linked(material, anchor.file, anchor.symbol, anchor.start_line, anchor.end_line)
    return joined(
        (
            span("kind", name(_spaced(signal.kind))),
            span("place", where),
            element("bdi", name(signal.reason)),
        )
    )


def _spaced(kind: str) -> str:
    return kind.replace("_", " ")
