"""A stream of the daemon's as an asynchronous iterator that outlives the worker which sends it."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import grpc
import grpc.aio

from heddle_client.calls import Cursor
from heddle_client.channels import Line
from heddle_client.errors import ClosedError
from heddle_client.patience import Failure, Patience
from heddle_client.statuses import failure_of

if TYPE_CHECKING:
    from heddle_client.aio.caller import AsyncCaller
    from heddle_client.aio.channels import AsyncLines

T = TypeVar("T")


class AsyncStream(AsyncIterator[T], Generic[T]):
    """What the daemon sends, one by one; another worker goes on where one has ended.

    One task iterates; any may close it, which ends the iteration at once. So does closing the
    client. It is an asynchronous context manager that closes itself; entering it begins the call,
    which else begins with the first value. What happens after that comes.

    Attributes:
        resumed: how often it has gone on with another worker. Of what has no cursor (signals,
            hook events), something may have been missed each time.
    """

    def __init__(
        self,
        caller: AsyncCaller,
        cursor: Cursor[T],
        metadata: tuple[tuple[str, str], ...],
    ) -> None:
        self.resumed = 0
        self._caller = caller
        self._lines: AsyncLines = caller.lines()
        self._cursor = cursor
        self._metadata = metadata
        self._patience = Patience(
            time.monotonic(), math.inf if cursor.timeout is None else cursor.timeout
        )
        self._has_begun = self._is_closed = False
        self._began = 0.0
        self._line: Line[grpc.aio.Channel] | None = None
        self._call: Any = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """Return the next value.

        Raises:
            StopAsyncIteration: it is over, or was closed.
            ClientError: the daemon refuses, or does not answer any more.
        """
        if not self._has_begun:
            await self._open_patiently()
        while True:
            call = self._call
            if call is None:
                raise StopAsyncIteration
            try:
                message = await call.read()
            except grpc.RpcError as error:
                await self._recover(failure_of(error))
                continue
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if self._is_over and not (task is not None and task.cancelling()):
                    await self._release()
                    raise StopAsyncIteration from None
                raise
            if message is grpc.aio.EOF:
                await self._end(call)
                continue
            value = self._cursor.method.value(message)
            self._cursor.passed(value)
            return value

    async def close(self) -> None:
        """End the call, at once and for good. Idempotent."""
        self._is_closed = self._has_begun = True
        if self._call is not None:
            self._call.cancel()
            await self._release()

    async def __aenter__(self) -> Self:
        if not self._has_begun:
            try:
                await self._open_patiently()
            except BaseException:
                # Nobody leaves what was not entered.
                await self.close()
                raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def _is_over(self) -> bool:
        return self._is_closed or self._lines.closed.is_set()

    async def _end(self, call: Any) -> None:  # noqa: ANN401 - gRPC does not name its type
        """Let go of a call that has ended; go on where it has not ended well."""
        code = await call.code()
        if code is grpc.StatusCode.OK:
            await self._release()
            return
        error = grpc.aio.AioRpcError(
            code,
            await call.initial_metadata(),
            await call.trailing_metadata(),
            details=await call.details(),
        )
        await self._recover(failure_of(error))

    async def _recover(self, failure: Failure) -> None:
        """Go on with another call, or raise what the iteration ends with."""
        await self._release(has_failed=failure.is_broken)
        if self._is_over:
            return
        try:
            await self._caller.wait(self._patience, failure, self._began)
            await self._open_patiently()
        except ClosedError:
            raise StopAsyncIteration from None
        self.resumed += 1

    async def _open_patiently(self) -> None:
        self._has_begun = True
        while not self._is_closed:
            self._began = time.monotonic()
            try:
                await self._open()
            except OSError as error:
                failure = Failure.of_os_error(error)
                await self._caller.wait(self._patience, failure, self._began)
            else:
                return

    async def _open(self) -> None:
        request = self._cursor.request()
        if request is None:
            return
        left = self._patience.left(self._began)
        line = await self._lines.take()
        method = self._cursor.method
        try:
            self._call = line.stream(method.path, method.parse)(
                request, timeout=None if left == math.inf else left, metadata=self._metadata
            )
        except grpc.aio.UsageError:
            await self._lines.give_back(line)
            raise ClosedError("the client is closed") from None
        call, self._line = self._call, line
        if self._is_closed:
            await self.close()
        # It comes when the daemon has let us in, or with whatever the call ends with.
        await call.initial_metadata()

    async def _release(self, *, has_failed: bool = False) -> None:
        line, self._line, self._call = self._line, None, None
        if line is not None:
            await self._lines.give_back(line, has_failed=has_failed)
