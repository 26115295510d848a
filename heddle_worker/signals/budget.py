"""Which signals a reviewer gets to see: few, since a reviewer who is told much hears nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from heddle_worker.signals.modules import MODULES
from heddle_worker.signals.signal import Signal

TICK_BUDGET: Final = 3
"""How many signals of a change are visible at most."""

_RANKS: Final = {module.kind: rank for rank, module in enumerate(MODULES)}


@dataclass(frozen=True, slots=True)
class Budgeted:
    """A signal after the budget.

    Attributes:
        signal: the signal.
        is_visible: the budget lets it through.
    """

    signal: Signal
    is_visible: bool


def budgeted(signals: Iterable[Signal]) -> tuple[Budgeted, ...]:
    """Return signals with what the budget says of each, in the order of preference.

    That order is by the rank of the kind, then by the anchor; of those with the same anchor only
    the first can be visible. A kind that has no rank comes last.
    """
    chosen: list[Budgeted] = []
    anchors: set[str] = set()
    for signal in preferred(signals):
        anchor = signal.anchor
        is_visible = len(anchors) < TICK_BUDGET and anchor not in anchors
        if is_visible:
            anchors.add(anchor)
        chosen.append(Budgeted(signal, is_visible))
    return tuple(chosen)


def preferred(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    """Return signals in the order of preference; equal ones as they came."""
    return tuple(sorted(signals, key=_preference))


def listed(signals: Iterable[Budgeted]) -> tuple[Budgeted, ...]:
    """Return signals in the order in which a full list has them: by module, then by anchor."""
    return tuple(sorted(signals, key=lambda each: (each.signal.module, each.signal.anchor)))


def _preference(signal: Signal) -> tuple[int, str]:
    return _RANKS.get(signal.kind, len(_RANKS)), signal.anchor
