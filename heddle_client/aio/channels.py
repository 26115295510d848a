"""The kept connection to the daemon, for asyncio: one for each event loop that uses the client."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Final

import grpc.aio

from heddle_client.channels import Line
from heddle_client.errors import ClosedError, ForkError

_PROCESSES: Final[set[int]] = set()
"""Those that have used gRPC's asyncio: this one, or those that it was forked from."""


class AsyncLines:
    """The line of a client within one event loop.

    Args:
        connect: makes a channel to the daemon as it is now; whatever it raises is passed on.

    Raises:
        ForkError: gRPC's asyncio was used before a fork: its one thread is not in this process, so
            that a call would never end.
    """

    def __init__(self, connect: Callable[[], Awaitable[grpc.aio.Channel]]) -> None:
        if _PROCESSES - {os.getpid()}:
            raise ForkError(
                "asyncio clients do not survive a fork: use the blocking client in this process"
            )
        _PROCESSES.add(os.getpid())
        self._connect = connect
        self._loop = asyncio.get_running_loop()
        self._connecting = asyncio.Lock()
        self._line: Line[grpc.aio.Channel] | None = None
        self._in_use: set[Line[grpc.aio.Channel]] = set()
        self.closed = asyncio.Event()

    @property
    def are_ours(self) -> bool:
        """Whether they belong to the event loop that runs."""
        return self._loop is asyncio.get_running_loop()

    async def take(self) -> Line[grpc.aio.Channel]:
        """Return the line, connected anew where there is none; `give_back` has to follow.

        Raises:
            ClosedError: `close` was called.
            Exception: what `connect` raises.
        """
        if self._line is None and not self.closed.is_set():
            async with self._connecting:
                if self._line is None:
                    self._line = Line(await self._connect())
                    self._in_use.add(self._line)
        line = self._line
        if self.closed.is_set() or line is None:
            await self.close()
            raise ClosedError("the client is closed")
        line.calls += 1
        return line

    async def give_back(self, line: Line[grpc.aio.Channel], *, has_failed: bool = False) -> None:
        """Say that a call on a line is over; one that has failed is not taken again."""
        line.calls -= 1
        if has_failed:
            line.is_dropped = True
            if self._line is line:
                self._line = None
        if line.is_dropped and line.calls == 0 and line in self._in_use:
            self._in_use.discard(line)
            await line.channel.close()

    async def close(self) -> None:
        """End the calls in flight and let go of everything. Idempotent."""
        self.closed.set()
        lines, self._line, self._in_use = self._in_use, None, set()
        for line in lines:
            await line.channel.close()
