"""Keeps many streams that have much to send from holding up the calls beside them."""

from __future__ import annotations

import asyncio
from collections import deque


class Pacer:
    """Lets so many messages go in one pass of the event loop, in the order in which they came.

    Without it, hundreds of streams with something to send would all do so in each pass, and a call
    waits for several passes before it is answered. On the event loop's thread.

    Args:
        most: messages in one pass.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._left = most
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._will_renew = False

    async def turn(self) -> None:
        """Wait until one more message may go."""
        self._renew_next()
        if self._left:
            self._left -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _renew_next(self) -> None:
        if not self._will_renew:
            self._will_renew = True
            asyncio.get_running_loop().call_soon(self._renew)

    def _renew(self) -> None:
        self._will_renew = False
        self._left = self._most
        while self._left and self._waiting:
            turn = self._waiting.popleft()
            # It was cancelled if its call has ended meanwhile.
            if not turn.done():
                turn.set_result(None)
                self._left -= 1
        if self._left < self._most:
            self._renew_next()
