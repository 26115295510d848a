"""Signals as hooks give them, checked."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final, TypeAlias

from heddle_worker.hooks.plain_text import one_line
from heddle_worker.limits import MAX_EXTRA_SIGNALS
from heddle_worker.signals.diff_summary import KIND as SUMMARY
from heddle_worker.signals.modules import MODULES
from heddle_worker.signals.signal import WHOLE_CHANGE, shortened
from heddle_worker.store.extra_signals import ExtraSignal

Signals: TypeAlias = tuple[ExtraSignal, ...]
"""Signals that a hook has raised; who it was is not said yet."""

_KIND: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:/-]{0,63}")
_OURS: Final = frozenset(module.kind for module in MODULES)
_FILE_BYTES: Final = 1_024
_SYMBOL_BYTES: Final = 256
_MOST_LINES: Final = 2**31 - 1


class BadResponseError(ValueError):
    """A response is not what the schema says; the text is one line for people."""


def parse_signals(value: object) -> Signals:
    """Return extra signals, checked.

    Properties that are not known are passed over.

    Raises:
        BadResponseError: they are not a list of signals, or there are too many.
    """
    if not isinstance(value, list):
        raise BadResponseError("extra_signals is not a list")
    if len(value) > MAX_EXTRA_SIGNALS:
        raise BadResponseError(f"extra_signals has more than {MAX_EXTRA_SIGNALS} entries")
    return tuple(_signal(one, f"extra_signals[{place}]") for place, one in enumerate(value))


def _signal(value: object, where: str) -> ExtraSignal:
    if not isinstance(value, dict):
        raise BadResponseError(f"{where} is not an object")
    start = _line(value, "start_line", where)
    end = _line(value, "end_line", where) or start
    if not start <= end or (end and not start):
        raise BadResponseError(f"{where} has lines that are no range: {start} to {end}")
    return ExtraSignal(
        kind=_kind(value, where),
        file=_name(value, "file", where, _FILE_BYTES) or WHOLE_CHANGE.decode(),
        symbol=_name(value, "symbol", where, _SYMBOL_BYTES),
        start_line=start,
        end_line=end,
        reason=shortened(one_line(_text(value, "reason", where))),
    )


def _kind(value: dict[str, Any], where: str) -> str:
    kind = _text(value, "kind", where)
    if not _KIND.fullmatch(kind):
        raise BadResponseError(
            f"{where}.kind has to be a name of at most 64 letters, digits and _.:/-"
        )
    if kind in _OURS or kind.startswith(SUMMARY):
        raise BadResponseError(f"{where}.kind is {kind}, which heddle itself raises; take another")
    return kind


def _name(value: dict[str, Any], key: str, where: str, most: int) -> str:
    """Return a text that is no prose: it is refused where that would be cleaned."""
    name = _text(value, key, where)
    if any(unicodedata.category(one) in ("Cc", "Cf", "Cs") for one in name):
        raise BadResponseError(f"{where}.{key} has a control character in it")
    if len(name.encode()) > most:
        raise BadResponseError(f"{where}.{key} is longer than {most} bytes")
    return name


def _text(value: dict[str, Any], key: str, where: str) -> str:
    text = value.get(key, "")
    if not isinstance(text, str):
        raise BadResponseError(f"{where}.{key} is not a text")
    return text


def _line(value: dict[str, Any], key: str, where: str) -> int:
    line = value.get(key, 0)
    if type(line) is not int or not 0 <= line <= _MOST_LINES:
        raise BadResponseError(f"{where}.{key} is not a line's number")
    return line
