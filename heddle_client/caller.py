"""Makes calls, and makes them again until the daemon answers or time is up. Blocking."""

from __future__ import annotations

import time
from typing import TypeVar

import grpc

from heddle_client import health
from heddle_client.calls import Call, Cursor
from heddle_client.channels import OPTIONS, Lines
from heddle_client.errors import ClosedError
from heddle_client.patience import Failure, Patience
from heddle_client.session import Session
from heddle_client.statuses import failure_of
from heddle_client.streams import Stream

T = TypeVar("T")


class Caller:
    """The calls of one client. Any threads may make them.

    Args:
        session: who asks about what.

    Attributes:
        repo_path: the worktree as requests name it.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.repo_path = session.place.repo_path
        self._lines = Lines(self._connect)

    def call(self, call: Call[T]) -> T:
        """Make a call and return its result.

        A worker that dies or is replaced meanwhile is no matter: the same bytes are sent to the
        next one, on a new connection.

        Args:
            call: what is asked.

        Raises:
            ClientError: as `heddle_client.errors` tells.
        """
        method = call.method
        metadata = self.session.metadata()
        began = time.monotonic()
        patience = Patience(began, call.seconds)
        while True:
            try:
                line = self._lines.take()
            except OSError as error:
                failure = Failure.of_os_error(error)
            else:
                is_broken = True
                try:
                    send = line.unary(method.path, method.parse)
                    left = patience.left(time.monotonic())
                    reply = send(call.request, timeout=left, metadata=metadata)
                    is_broken = False
                except grpc.RpcError as error:
                    failure = failure_of(error)
                    is_broken = failure.is_broken
                except ValueError:
                    # gRPC's word for a channel that another thread has closed.
                    raise ClosedError("the client is closed") from None
                else:
                    return method.value(reply)
                finally:
                    self._lines.give_back(line, has_failed=is_broken)
            self._wait(patience, failure, began)
            began = time.monotonic()

    def stream(self, cursor: Cursor[T]) -> Stream[T]:
        """Return an iterator over a stream, which has begun when this returns.

        Args:
            cursor: what is asked for, and where it goes on after a failure.

        Raises:
            ClientError: as `heddle_client.errors` tells.
        """
        return Stream(self._lines, cursor, self.session.metadata(), self._wait)

    def check(self) -> None:
        """Connect, and make sure that the daemon serves; start it where it is to be started.

        Raises:
            ClientError: it does not.
        """
        self.session.awaken()
        began = time.monotonic()
        patience = Patience(began, health.SECONDS)
        while True:
            try:
                failure = self._health(patience.left(began))
            except OSError as error:
                failure = Failure.of_os_error(error)
            if failure is None:
                return
            self._wait(patience, failure, began)
            began = time.monotonic()

    def close(self) -> None:
        """End the calls in flight, and let go of the connection. Idempotent."""
        self._lines.close()

    def _health(self, seconds: float) -> Failure | None:
        failure: Failure | None = None
        line = self._lines.take()
        try:
            answer = line.unary(health.PATH, bytes)(health.REQUEST, timeout=seconds)
            failure = health.verdict(answer)
        except grpc.RpcError as error:
            failure = health.verdict(failure_of(error))
        finally:
            self._lines.give_back(line, has_failed=failure is not None)
        return failure

    def _wait(self, patience: Patience, failure: Failure, began: float) -> None:
        """Pause until the next attempt, or raise what there is instead of one."""
        closed = self._lines.closed
        if closed.is_set():
            raise ClosedError("the client is closed")
        if closed.wait(patience.pause_after(failure, began, time.monotonic())):
            raise ClosedError("the client is closed")

    def _connect(self) -> grpc.Channel:
        return grpc.insecure_channel(self.session.address(), options=OPTIONS)
