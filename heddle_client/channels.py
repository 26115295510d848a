"""The kept connection to the daemon: made when it is needed, dropped at the first failure."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import grpc
import grpc.aio

from heddle_client.errors import ClosedError, ForkError

_Channel = TypeVar("_Channel", grpc.Channel, grpc.aio.Channel)

OPTIONS: Final = (
    # A channel of its own, so that none waits as long as another one's connection has failed.
    ("grpc.use_local_subchannel_pool", 1),
)

_CARES_FOR_FORKS: Final = os.environ.get("GRPC_ENABLE_FORK_SUPPORT", "1").lower() not in (
    *("0", "f", "false", "n", "no"),
)
"""As gRPC reads it when it is loaded; its default is to care."""

INHERITED: Final[list[object]] = []
"""Connections and calls of a parent process. Ending one here could end the parent's own."""


class Line(Generic[_Channel]):
    """One channel, blocking or asynchronous, and how many calls are on it."""

    def __init__(self, channel: _Channel) -> None:
        self.channel: _Channel = channel
        self.calls = 0
        self.is_dropped = False
        self._unary: dict[str, Callable[..., Any]] = {}
        self._streams: dict[str, Callable[..., Any]] = {}

    def unary(self, path: str, parse: Callable[[bytes], Any]) -> Callable[..., Any]:
        """Return a unary method of this channel; it takes the request's bytes."""
        found = self._unary.get(path)
        if found is None:
            found = self._unary[path] = self.channel.unary_unary(path, None, parse)
        return found

    def stream(self, path: str, parse: Callable[[bytes], Any]) -> Callable[..., Any]:
        """Return a method of this channel that answers with a stream."""
        found = self._streams.get(path)
        if found is None:
            found = self._streams[path] = self.channel.unary_stream(path, None, parse)
        return found


class Lines:
    """The line of a client, shared by its threads.

    Args:
        connect: makes a channel to the daemon as it is now; whatever it raises is passed on.
    """

    def __init__(self, connect: Callable[[], grpc.Channel]) -> None:
        self._connect = connect
        self._lock = threading.RLock()
        self._connecting = threading.Lock()
        self._line: Line[grpc.Channel] | None = None
        self._in_use: set[Line[grpc.Channel]] = set()
        self._pid = os.getpid()
        self.closed = threading.Event()

    def take(self) -> Line[grpc.Channel]:
        """Return the line, connected anew where there is none; `give_back` has to follow.

        Raises:
            ClosedError: `close` was called.
            Exception: what `connect` raises.
        """
        if os.getpid() != self._pid:
            self._forget_inherited()
        line = self._kept()
        if line is not None:
            return line
        # Not under the lock: starting a daemon takes its time, in which a close must not wait.
        with self._connecting:
            line = self._kept()
            return line if line is not None else self._keep(Line(self._connect()))

    def _kept(self) -> Line[grpc.Channel] | None:
        with self._lock:
            if self.closed.is_set():
                raise ClosedError("the client is closed")
            if self._line is not None:
                self._line.calls += 1
            return self._line

    def _keep(self, line: Line[grpc.Channel]) -> Line[grpc.Channel]:
        with self._lock:
            is_late = self.closed.is_set()
            if not is_late:
                self._line = line
                self._in_use.add(line)
                line.calls += 1
        if is_late:
            line.channel.close()
            raise ClosedError("the client is closed")
        return line

    def give_back(self, line: Line[grpc.Channel], *, has_failed: bool = False) -> None:
        """Say that a call on a line is over; one that has failed is not taken again."""
        with self._lock:
            line.calls -= 1
            if has_failed:
                line.is_dropped = True
                if self._line is line:
                    self._line = None
            is_over = line.is_dropped and line.calls == 0 and line in self._in_use
            if is_over:
                self._in_use.discard(line)
        if is_over:
            line.channel.close()

    def close(self) -> None:
        """End the calls in flight and let go of everything. Idempotent."""
        if os.getpid() != self._pid:
            self._forget_inherited()
        with self._lock:
            self.closed.set()
            lines, self._line, self._in_use = self._in_use, None, set()
        for line in lines:
            line.channel.close()

    def _forget_inherited(self) -> None:
        """Let go of what belongs to the parent process, without a word to the daemon.

        Raises:
            ForkError: gRPC was told not to care for forks, so that a call here would never end.
        """
        if not _CARES_FOR_FORKS:
            raise ForkError(
                "GRPC_ENABLE_FORK_SUPPORT is off: unset it, or connect in the child process alone"
            )
        INHERITED.extend(self._in_use)
        is_closed = self.closed.is_set()
        # Threads that held these are not here.
        self._lock, self._connecting = threading.RLock(), threading.Lock()
        self.closed = threading.Event()
        if is_closed:
            self.closed.set()
        self._line, self._in_use, self._pid = None, set(), os.getpid()
