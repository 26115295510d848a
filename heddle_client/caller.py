"""Makes calls, and makes them again until the daemon answers or time is up. Blocking."""

from __future__ import annotations

import contextvars
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import grpc

from heddle_client import finding
from heddle_client.calls import Call, Cursor
from heddle_client.channels import OPTIONS, Lines
from heddle_client.errors import (
    ClosedError,
    InvalidArgumentError,
    NoDaemonError,
    VersionSkewWarning,
)
from heddle_client.finding import Place
from heddle_client.patience import Failure, Patience
from heddle_client.statuses import failure_of
from heddle_client.streams import Stream
from heddle_client.visible import visible
from heddle_supervisor.version import __version__

T = TypeVar("T")

AGENT_KEY: Final = "heddle-agent"
TRANSACTION_KEY: Final = "heddle-transaction-id"
_HEALTH: Final = "/grpc.health.v1.Health/Check"
_SERVING: Final = b"\x08\x01"
_HEALTH_SECONDS: Final = 10.0


class Caller:
    """The calls of one client.

    Args:
        place: whose daemon is asked.
        start: whether a daemon is started where none runs.
        agent: who calls, for the daemon's records.
    """

    def __init__(self, place: Place, *, start: bool, agent: str) -> None:
        if not (agent.isascii() and agent.isprintable()):
            raise InvalidArgumentError("agent: only printable ASCII can be sent along with a call")
        self.place = place
        self.repo_path = place.repo_path
        self._starts = start
        self._metadata = ((AGENT_KEY, agent),) if agent else ()
        self._told_versions = {__version__}
        self._transaction: contextvars.ContextVar[str] = contextvars.ContextVar(
            "heddle_transaction", default=""
        )
        self._lines = Lines(self._connect)

    def call(self, call: Call[T], timeout: float | None = None) -> T:
        """Make a call and return its result.

        A worker that dies or is replaced meanwhile is no matter: the same bytes are sent to the
        next one, on a new connection.

        Args:
            call: what is asked.
            timeout: seconds for all of it; None for the method's own.

        Raises:
            ClientError: as `heddle_client.errors` tells.
        """
        method = call.method
        patience = Patience(time.monotonic(), method.seconds if timeout is None else timeout)
        metadata = self.metadata()
        while True:
            began = time.monotonic()
            try:
                line = self._lines.take()
            except OSError as error:
                failure = Failure.of_os_error(error)
            else:
                is_broken = True
                try:
                    send = line.unary(method.path, method.parse)
                    reply = send(call.request, timeout=patience.left(began), metadata=metadata)
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
            self.wait(patience, failure, began)

    def wait(self, patience: Patience, failure: Failure, began: float) -> None:
        """Pause until the next attempt.

        Raises:
            ClientError: there is none.
        """
        closed = self._lines.closed
        if closed.is_set():
            raise ClosedError("the client is closed")
        if closed.wait(patience.pause_after(failure, began, time.monotonic())):
            raise ClosedError("the client is closed")

    def stream(self, cursor: Cursor[T], timeout: float | None = None) -> Stream[T]:
        """Return an iterator over a stream, which is open when this returns.

        Args:
            cursor: what is asked for, and where it goes on after a failure.
            timeout: seconds until it ends with an error; None for none.

        Raises:
            ClientError: as `heddle_client.errors` tells.
        """
        return Stream(self._lines, cursor, self.metadata(), self.wait, timeout)

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Return what is sent along with a call made here and now."""
        transaction = self._transaction.get()
        return (*self._metadata, (TRANSACTION_KEY, transaction)) if transaction else self._metadata

    @contextmanager
    def within(self, transaction_id: str) -> Iterator[None]:
        """Have the calls of a block belong to a transaction, those of other threads not."""
        if not (transaction_id.isascii() and transaction_id.isprintable()):
            raise InvalidArgumentError(f"{visible(transaction_id)[:64]} is no transaction's id")
        token = self._transaction.set(transaction_id)
        try:
            yield
        finally:
            self._transaction.reset(token)

    def check(self) -> None:
        """Connect, and make sure that the daemon serves.

        Raises:
            ClientError: it does not.
        """
        patience = Patience(time.monotonic(), _HEALTH_SECONDS)
        while True:
            began = time.monotonic()
            try:
                failure = self._health(patience.left(began))
            except OSError as error:
                failure = Failure.of_os_error(error)
            if failure is None:
                return
            self.wait(patience, failure, began)

    def _health(self, seconds: float) -> Failure | None:
        failure: Failure | None = Failure("UNAVAILABLE", "it is not serving")
        line = self._lines.take()
        try:
            if line.unary(_HEALTH, bytes)(b"", timeout=seconds) == _SERVING:
                failure = None
        except grpc.RpcError as error:
            failure = failure_of(error)
            if failure.code == "UNIMPLEMENTED":
                # That too is an answer of somebody's.
                failure = None
        finally:
            self._lines.give_back(line, has_failed=failure is not None)
        return failure

    def close(self) -> None:
        """End the calls in flight, and let go of the connection. Idempotent."""
        self._lines.close()

    def _connect(self) -> grpc.Channel:
        try:
            found = finding.find(self.place.config)
        except NoDaemonError:
            if not self._starts:
                raise
            finding.start(self.place.config)
            found = finding.find(self.place.config)
        self._tell_of_skew(found.version)
        return grpc.insecure_channel(found.address, options=OPTIONS)

    def _tell_of_skew(self, version: str | None) -> None:
        if version is None or version in self._told_versions:
            return
        self._told_versions.add(version)
        text = f"the daemon is of version {version}, this client of {__version__}"
        warnings.warn(f"{text}: `heddle agent reload`", VersionSkewWarning, stacklevel=2)
