"""The last entries of the operation log, which can only be asked for from the front."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

from heddle_client.errors import OutOfRangeError

if TYPE_CHECKING:
    from heddle_client.client import Client
    from heddle_client.values.operation_log import OperationHit

_WINDOW: Final = 256
"""So many entries cost less than finding out more exactly where the log ends."""
_GROWTH: Final = 8


class Filters(TypedDict, total=False):
    """The filters of the log; see `Client.operations`."""

    actor: str
    symbol: str
    signal_kind: str
    thread: str
    verbs: list[str]
    since_secs: int
    until_secs: int
    include_checkpoints: bool


@dataclass(frozen=True, slots=True)
class LastOperations:
    """The end of the log.

    Attributes:
        hits: the last entries that pass, the oldest first.
        seq: nothing up to this `seq` has been left out; a follower goes on after it.
    """

    hits: list[OperationHit]
    seq: int


def last_operations(
    client: Client, count: int, after_seq: int, **filters: Unpack[Filters]
) -> LastOperations:
    """Return the last entries that pass the filters.

    The end of the log is found by trying, since the log refuses to go on after an entry that is
    not there yet; then ever larger parts before the end are read, until there are enough.

    Args:
        client: of the daemon that is asked.
        count: at most so many, 1 or more.
        after_seq: only those with a greater `seq`.
        filters: see `Client.operations`.

    Raises:
        HeddleError: the daemon cannot be asked, or refuses.
    """
    end = _before_the_end(lambda seq: _is_there(client, seq), after_seq)
    size = max(_WINDOW, count)
    while True:
        begin = max(after_seq, end - size)
        hits: deque[OperationHit] = deque(maxlen=count)
        with client.operations(after_seq=begin, **filters) as stream:
            hits.extend(stream)
        if len(hits) == count or begin == after_seq:
            return LastOperations(list(hits), max(end, hits[-1].seq if hits else 0))
        size *= _GROWTH


def _before_the_end(is_there: Callable[[int], bool], known: int) -> int:
    """Return a number that the log reaches, less than a window before its end.

    Args:
        is_there: whether the log reaches a number.
        known: that the log reaches.
    """
    low, step = known, _WINDOW
    while is_there(low + step):
        low += step
        step *= _GROWTH
    high = low + step
    while high - low > _WINDOW:
        middle = (low + high) // 2
        low, high = (middle, high) if is_there(middle) else (low, middle)
    return low


def _is_there(client: Client, seq: int) -> bool:
    try:
        with client.operations(after_seq=seq, limit=1, include_checkpoints=True) as stream:
            next(stream, None)
    except OutOfRangeError:
        return False
    return True
