"""Signals for people, in the lines of a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from heddle_client.rendering.layout import hanging, wrapped
from heddle_client.rendering.words import anchor_text, short
from heddle_client.visible import visible

if TYPE_CHECKING:
    from heddle_client.rendering.paint import Paint
    from heddle_client.values import RepoSignalHealthReport, RiskSignal, SignalUpdate


def signal_note(signal: RiskSignal) -> str:
    """Return a signal in one line for the place that it is about."""
    hidden = " (hidden)" if signal.visibility == "hidden" else ""
    return f"{visible(signal.kind)}{hidden}: {visible(signal.reason)}"


def signal_lines(signal: RiskSignal, width: int, paint: Paint, indent: str = "") -> Iterator[str]:
    """Yield a signal's kind and place, and below that its reason.

    The first line is as long as the place is: it is what people copy and programs look for.
    """
    is_hidden = signal.visibility == "hidden"
    place = anchor_text(signal.anchor) + (" (hidden)" if is_hidden else "")
    style = "quiet" if is_hidden else "warning"
    yield f"{indent}{paint(style, visible(signal.kind))} {place}"
    yield from hanging(f"{indent}  ", visible(signal.reason), width)


def signals_text(
    signals: Sequence[RiskSignal], *, is_incomplete: bool, width: int, paint: Paint
) -> str:
    """Return a list of signals, those that a review shows first."""
    ordered = sorted(signals, key=lambda signal: signal.visibility == "hidden")
    lines = [line for signal in ordered for line in signal_lines(signal, width, paint)]
    if not lines:
        lines.append("no signal was raised")
    if is_incomplete:
        note = "The repository is still being read; ask again for the signals that need it."
        lines += [paint("quiet", line) for line in wrapped(note, width)]
    return "\n".join(lines)


def update_text(update: SignalUpdate, *, width: int, paint: Paint) -> str:
    """Return what is told of a new state, or of a worktree that was edited."""
    if update.state_id:
        branches = f" ({', '.join(map(visible, update.threads))})" if update.threads else ""
        head = f"state {short(update.state_id)}{branches}"
    else:
        head = f"worktree {visible(update.worktree)}"
    lines = [paint("state", line) for line in wrapped(head, width)]
    for signal in update.signals:
        lines += signal_lines(signal, width, paint, "  ")
    if update.is_incomplete or not update.signals:
        lines.append("  not all is known" if update.is_incomplete else "  no signal was raised")
    return "\n".join(lines)


def health_text(report: RepoSignalHealthReport) -> str:
    """Return in what share of the latest states each module fired."""
    from heddle_supervisor.console import columns

    rows = [
        (
            visible(entry.module_id),
            f"{entry.fire_rate:.1%}",
            "fires too often to tell anything" if entry.warn else "",
        )
        for entry in report.entries
    ]
    states = f"of the latest {report.window_states} states"
    return columns([("MODULE", "FIRED IN", states), *rows])
