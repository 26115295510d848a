"""Signals as messages."""

from __future__ import annotations

from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from heddle_api.v1 import common_pb2
from heddle_worker.repository.display import displayed
from heddle_worker.repository.state import State
from heddle_worker.signals.budget import Budgeted
from heddle_worker.signals.signal import Signal

_VISIBLE: Final = "visible"
_HIDDEN: Final = "hidden"


def budgeted_message(budgeted: Budgeted, state: State | None) -> common_pb2.RiskSignal:
    """Return the message of a signal after the budget; see `signal_message`."""
    return signal_message(budgeted.signal, state, is_visible=budgeted.is_visible)


def signal_message(
    signal: Signal, state: State | None, *, is_visible: bool = True
) -> common_pb2.RiskSignal:
    """Return the message of a signal.

    Args:
        signal: the signal.
        state: whose it is, so that computing it again gives the very same message; `None` for a
            worktree, which has no time of its own.
        is_visible: the budget lets it through.
    """
    return common_pb2.RiskSignal(
        kind=signal.kind,
        anchor=common_pb2.SignalAnchor(
            file=displayed(signal.file),
            symbol=signal.symbol,
            start_line=signal.start_line,
            end_line=signal.end_line,
        ),
        reason=signal.reason,
        producer_module=signal.module,
        producer_version=signal.version,
        computed_at=Timestamp(seconds=state.author_secs) if state is not None else None,
        visibility=_VISIBLE if is_visible else _HIDDEN,
    )
