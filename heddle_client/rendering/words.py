"""The words for what becomes of files and symbols, the same wherever they are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from heddle_client.visible import visible

if TYPE_CHECKING:
    from heddle_client.values import ChangedFile, ChangedSymbol, SignalAnchor

_SHORT: Final = 12
_STATUSES: Final = {
    "A": "added",
    "D": "deleted",
    "M": "modified",
    "R": "renamed",
    "T": "its type changed",
}


def short(state_id: bytes) -> str:
    """Return a state's id in as few digits as git shows of a large repository's."""
    return state_id.hex()[:_SHORT]


def counted(number: int, thing: str) -> str:
    """Return `1 file`, or `3 files`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def local_time(moment: datetime) -> str:
    """Return a time in the zone of whoever reads it, as `2026-11-24 14:03:00 +0100`."""
    try:
        return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
    except OverflowError:  # the first or the last day that a date can have
        return moment.strftime("%Y-%m-%d %H:%M:%S %z")


def place_text(file: str, symbol: str = "") -> str:
    """Return a place as people write it: `engine.py:Engine::start`, a file by its path alone."""
    return visible(f"{file}:{symbol}" if symbol and symbol != file else file)


def anchor_text(anchor: SignalAnchor) -> str:
    """Return where a signal points to."""
    if anchor.file == "*":
        return "the whole change"
    place = place_text(anchor.file, anchor.symbol)
    return (
        f"{place}:{line_range(anchor.start_line, anchor.end_line)}" if anchor.start_line else place
    )


def line_range(start: int, end: int) -> str:
    """Return `12`, or `12-30`."""
    return str(start) if start == end else f"{start}-{end}"


def fate(change: ChangedSymbol) -> str:
    """Return what became of a symbol: `method moved and edited, was old.py:start`."""
    words = f"{visible(change.kind)} {listed(change.changes)}".strip()
    if change.previous is None:
        return words
    file, symbol = change.previous.file, change.previous.symbol
    same_file = file == change.anchor.file
    return f"{words}, was {visible(symbol) if same_file else place_text(file, symbol)}"


def listed(words: Sequence[str]) -> str:
    """Return words from elsewhere as a list in a sentence: `moved, renamed and edited`."""
    *first, last = [visible(word) for word in words] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def lines_of(change: ChangedSymbol) -> str:
    """Return the lines of a symbol in words; empty when they are not known."""
    if not change.start_line:
        return ""
    thing = "line" if change.start_line == change.end_line else "lines"
    return f"{thing} {line_range(change.start_line, change.end_line)}"


def fate_mark(change: ChangedSymbol) -> str:
    """Return one character: added +, deleted -, edited ~, moved or renamed >, reformatted =."""
    for mark, words in (("+", "added"), ("-", "deleted"), ("~", "edited"), ("=", "reformatted")):
        if words in change.changes:
            return mark
    return ">"


def file_fate(file: ChangedFile, *, with_status: bool = True) -> str:
    """Return what became of a file: `renamed from old.py, +3 -1, a merge's own change`."""
    parts = []
    if with_status or file.status not in ("A", "M"):
        status = _STATUSES.get(file.status, visible(file.status))
        parts.append(f"renamed from {visible(file.old_path)}" if file.old_path else status)
    parts.append("binary" if file.is_binary else f"+{file.added_lines} -{file.removed_lines}")
    if file.by_merge:
        parts.append("by the merge itself")
    return ", ".join(parts)
