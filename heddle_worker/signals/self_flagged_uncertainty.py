"""Whoever made the change has said in its message where they are not sure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Final

from heddle_worker.repository.state import State
from heddle_worker.review.change import Change
from heddle_worker.signals.material import Material
from heddle_worker.signals.signal import WHOLE_CHANGE, Signal, shortened

KIND: Final = "self_flagged_uncertainty"
MODULE: Final = "self_flagged_uncertainty"
VERSION: Final = 1

_FLAG: Final = re.compile(r"self-flag:\s*(?:\[([^\]:]+)(?::([^\]]*))?\])?\s*(.*)", re.IGNORECASE)
_WITHOUT_REASON: Final = "flagged by its author, without a reason"


def find(material: Material) -> Iterator[Signal]:
    """Yield a signal for each line `self-flag: [file:symbol] message` of the message."""
    change = material.change
    if change.state is None:
        return
    flags = filter(None, map(_FLAG.fullmatch, _lines(change.state)))
    told = (flag.groups(default="") for flag in flags if flag[1] or flag[3])
    for file, symbol, reason in itertools.islice(told, material.settings.max_per_state):
        path = file.strip().encode("utf-8", "surrogateescape") or WHOLE_CHANGE
        start, end = _lines_of(change, path, symbol.strip())
        yield Signal(
            KIND,
            MODULE,
            VERSION,
            path,
            symbol.strip(),
            start,
            end,
            shortened(reason or _WITHOUT_REASON),
        )


def _lines(state: State) -> Iterator[str]:
    yield state.subject
    yield from state.body.splitlines()


def _lines_of(change: Change, path: bytes, symbol: str) -> tuple[int, int]:
    """Return where a symbol is in a file of the change; zeros when it is not there."""
    for pair in change.pairs:
        if pair.change.path == path and pair.new is not None:
            found = pair.new.find(symbol)
            if found is not None:
                return found.start_line, found.end_line
    return 0, 0
