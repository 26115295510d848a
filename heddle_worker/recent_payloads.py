"""Replies that were made before, for as long as all that they tell still holds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

_MOST_BYTES: Final = 16 * 2**20


class RecentPayloads:
    """Replies by what they were asked for and by what they were made from; the oldest go first.

    Args:
        most_bytes: of all replies together.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._replies: OrderedDict[Hashable, tuple[Hashable, bytes]] = OrderedDict()

    def get(self, asked: Hashable, made_from: Hashable) -> bytes | None:
        """Return the reply, if there is one that was made from exactly this."""
        found = self._replies.get(asked)
        if found is None or found[0] != made_from:
            return None
        self._replies.move_to_end(asked)
        return found[1]

    def put(self, asked: Hashable, made_from: Hashable, reply: bytes) -> None:
        """Keep a reply in place of the one that was made before."""
        if asked in self._replies:
            self._bytes -= len(self._replies.pop(asked)[1])
        self._replies[asked] = made_from, reply
        self._bytes += len(reply)
        while self._bytes > self._most_bytes:
            _, (_, dropped) = self._replies.popitem(last=False)
            self._bytes -= len(dropped)
