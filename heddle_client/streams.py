"""A stream of the daemon's as an iterator that outlives the worker which sends it. Blocking."""

from __future__ import annotations

import contextlib
import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import grpc

from heddle_client.calls import Cursor
from heddle_client.channels import INHERITED, Line, Lines
from heddle_client.errors import ClosedError, ForkError
from heddle_client.patience import Failure, Patience
from heddle_client.statuses import failure_of

T = TypeVar("T")
_Wait = Callable[[Patience, Failure, float], None]


class Stream(Iterator[T], Generic[T]):
    """What the daemon sends, one by one; another worker goes on where one has ended.

    What happens after it was made comes, whether somebody waits for it already or not. One thread
    iterates; any may close it, which ends the iteration at once. So does closing the client. It is
    a context manager that closes itself.

    Attributes:
        resumed: how often it has gone on with another worker. Of what has no cursor (signals,
            hook events), something may have been missed each time.
    """

    def __init__(
        self,
        lines: Lines,
        cursor: Cursor[T],
        metadata: tuple[tuple[str, str], ...],
        wait: _Wait,
    ) -> None:
        self.resumed = 0
        self._lines = lines
        self._cursor = cursor
        self._metadata = metadata
        self._wait = wait
        self._patience = Patience(
            time.monotonic(), math.inf if cursor.timeout is None else cursor.timeout
        )
        self._lock = threading.Lock()
        self._is_closed = False
        self._pid = os.getpid()
        self._began = 0.0
        self._line: Line[grpc.Channel] | None = None
        self._call: Any = None
        self._open_patiently()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        """Return the next value.

        Raises:
            StopIteration: it is over, or was closed.
            ClientError: the daemon refuses, or does not answer any more.
        """
        while True:
            call = self._call
            if call is None:
                raise StopIteration
            if self._pid != os.getpid():
                raise ForkError("this iterator belongs to the parent process: ask for another one")
            try:
                message = next(call)
            except StopIteration:
                self._release()
                raise
            except grpc.RpcError as error:
                self._go_on_after(error)
                continue
            value = self._cursor.method.value(message)
            self._cursor.passed(value)
            return value

    def close(self) -> None:
        """End the call, at once and for good. Idempotent; any thread may do it."""
        if self._pid != os.getpid():
            INHERITED.append(self._call)
            self._is_closed, self._call = True, None
            return
        with self._lock:
            self._is_closed = True
            call = self._call
        if call is not None:
            call.cancel()
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # One that is left half-way must not go on for as long as the client lives.
        with contextlib.suppress(Exception):
            self.close()

    @property
    def _is_over(self) -> bool:
        return self._is_closed or self._lines.closed.is_set()

    def _go_on_after(self, error: grpc.RpcError) -> None:
        """Go on with another call, or raise what the iteration ends with."""
        if self._is_over:
            self._release()
            raise StopIteration from None
        failure = failure_of(error)
        self._release(has_failed=failure.is_broken)
        try:
            self._wait(self._patience, failure, self._began)
            self._open_patiently()
        except ClosedError:
            raise StopIteration from None
        self.resumed += 1

    def _open_patiently(self) -> None:
        while not self._is_closed:
            self._began = time.monotonic()
            try:
                self._open()
            except OSError as error:
                self._wait(self._patience, Failure.of_os_error(error), self._began)
            else:
                return

    def _open(self) -> None:
        request = self._cursor.request()
        if request is None:
            return
        left = self._patience.left(self._began)
        line = self._lines.take()
        try:
            method = self._cursor.method
            call = line.stream(method.path, method.parse)(
                request, timeout=None if left == math.inf else left, metadata=self._metadata
            )
        except ValueError:
            self._lines.give_back(line)
            raise ClosedError("the client is closed") from None
        with self._lock:
            self._line, self._call = line, call
            is_closed = self._is_closed
        if is_closed:
            self.close()
        # It comes when the daemon has let us in, or with whatever the call ends with.
        call.initial_metadata()

    def _release(self, *, has_failed: bool = False) -> None:
        with self._lock:
            line, self._line, self._call = self._line, None, None
        if line is not None:
            self._lines.give_back(line, has_failed=has_failed)
