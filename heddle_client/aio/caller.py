"""Makes calls, and makes them again until the daemon answers or time is up, for asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import grpc
import grpc.aio

from heddle_client import health
from heddle_client.aio.channels import AsyncLines
from heddle_client.aio.streams import AsyncStream
from heddle_client.calls import Call, Cursor
from heddle_client.channels import OPTIONS
from heddle_client.errors import ClosedError
from heddle_client.patience import Failure, Patience
from heddle_client.session import Session
from heddle_client.statuses import failure_of

T = TypeVar("T")


class AsyncCaller:
    """The calls of one client. In another event loop it connects anew.

    Args:
        session: who asks about what.

    Attributes:
        repo_path: the worktree as requests name it.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.repo_path = session.place.repo_path
        self._is_closed = False
        self._of_loop: AsyncLines | None = None

    async def call(self, call: Call[T]) -> T:
        """Make a call and return its result; see `heddle_client.caller.Caller.call`.

        Raises:
            ClientError: as `heddle_client.errors` tells.
        """
        method = call.method
        metadata = self.session.metadata()
        began = time.monotonic()
        patience = Patience(began, call.seconds)
        lines = self.lines()
        while True:
            try:
                line = await lines.take()
            except OSError as error:
                failure = Failure.of_os_error(error)
            else:
                is_broken = True
                try:
                    send = line.unary(method.path, method.parse)
                    left = patience.left(time.monotonic())
                    reply = await send(call.request, timeout=left, metadata=metadata)
                    is_broken = False
                except grpc.RpcError as error:
                    failure = failure_of(error)
                    is_broken = failure.is_broken
                except (asyncio.CancelledError, grpc.aio.UsageError):
                    self.raise_if_closed()
                    raise
                else:
                    return method.value(reply)
                finally:
                    await lines.give_back(line, has_failed=is_broken)
            await self.wait(patience, failure, began)
            began = time.monotonic()

    def stream(self, cursor: Cursor[T]) -> AsyncStream[T]:
        """Return an iterator over a stream, which begins when it is entered or iterated.

        Args:
            cursor: what is asked for, and where it goes on after a failure.
        """
        return AsyncStream(self, cursor, self.session.metadata())

    async def check(self) -> None:
        """Connect, and make sure that the daemon serves; start it where it is to be started.

        Raises:
            ClientError: it does not.
        """
        await in_thread(self.session.awaken)
        began = time.monotonic()
        patience = Patience(began, health.SECONDS)
        while True:
            try:
                failure = await self._health(patience.left(began))
            except OSError as error:
                failure = Failure.of_os_error(error)
            if failure is None:
                return
            await self.wait(patience, failure, began)
            began = time.monotonic()

    async def close(self) -> None:
        """End the calls in flight, and let go of the connection. Idempotent."""
        self._is_closed = True
        lines, self._of_loop = self._of_loop, None
        if lines is not None and lines.are_ours:
            await lines.close()

    def lines(self) -> AsyncLines:
        """Return the connections of the event loop that runs.

        Raises:
            ClosedError: `close` was called.
            ForkError: as `AsyncLines`.
        """
        if self._is_closed:
            raise ClosedError("the client is closed")
        if self._of_loop is None or not self._of_loop.are_ours:
            self._of_loop = AsyncLines(self._connect)
        return self._of_loop

    def raise_if_closed(self) -> None:
        """Tell a call that ends because the client is closed from one that its task gives up.

        Raises:
            ClosedError: it is closed, and nobody has cancelled the task.
        """
        task = asyncio.current_task()
        if self._is_closed and not (task is not None and task.cancelling()):
            raise ClosedError("the client is closed") from None

    async def wait(self, patience: Patience, failure: Failure, began: float) -> None:
        """Pause until the next attempt, or raise what there is instead of one.

        Raises:
            ClientError: there is no use in another attempt, or no time for it.
        """
        closed = self.lines().closed
        pause = patience.pause_after(failure, began, time.monotonic())
        try:
            await asyncio.wait_for(closed.wait(), pause)
        except TimeoutError:
            return
        raise ClosedError("the client is closed")

    async def _health(self, seconds: float) -> Failure | None:
        failure: Failure | None = None
        lines = self.lines()
        line = await lines.take()
        try:
            answer = await line.unary(health.PATH, bytes)(health.REQUEST, timeout=seconds)
            failure = health.verdict(answer)
        except grpc.RpcError as error:
            failure = health.verdict(failure_of(error))
        finally:
            await lines.give_back(line, has_failed=failure is not None)
        return failure

    async def _connect(self) -> grpc.aio.Channel:
        address = await in_thread(self.session.address)
        return grpc.aio.insecure_channel(address, options=OPTIONS)


async def in_thread(work: Callable[[], T]) -> T:
    """Run what blocks in a thread that ends with it."""
    executor = ThreadPoolExecutor(1)
    try:
        return await asyncio.get_running_loop().run_in_executor(executor, work)
    finally:
        executor.shutdown(wait=False)
