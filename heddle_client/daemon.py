"""Finding the daemon of a repository, and calling it until it answers or time is up."""

from __future__ import annotations

import math
import socket
import time
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from os import fsencode
from pathlib import Path
from typing import Final, TypeVar

import grpc

from heddle_client.visible import visible
from heddle_supervisor.config import LocalDaemonConfig
from heddle_supervisor.control import inspect
from heddle_supervisor.errors import ExitCode, HeddleError
from heddle_supervisor.peer_credentials import check_peer_uid_matches_self

_CONNECT_SECONDS: Final = 1.0
_PATIENCE: Final = 15.0
"""Seconds for which no worker may answer before a call is given up: more than a failover takes."""
_PAUSE_FIRST: Final = 0.01
_PAUSE_MAX: Final = 0.25
# A channel of its own, so that none waits as long as another one's connection has failed.
_OWN_CONNECTION: Final = (("grpc.use_local_subchannel_pool", 1),)

_Request = TypeVar("_Request")
_Reply = TypeVar("_Reply")
Metadata = Sequence[tuple[str, str | bytes]]


class NoDaemonError(HeddleError):
    """No daemon runs for the repository."""

    exit_code = ExitCode.NOT_RUNNING


class NotServingError(HeddleError):
    """A daemon runs, but none of its workers answers."""

    exit_code = ExitCode.UNHEALTHY


class CallTimeoutError(HeddleError):
    """The daemon has not answered in time."""

    exit_code = ExitCode.TIMEOUT


class CallError(HeddleError):
    """The daemon has refused a call; the text is what it says."""


def call(
    config: LocalDaemonConfig,
    method: Callable[[grpc.Channel], grpc.UnaryUnaryMultiCallable[_Request, _Reply]],
    request: _Request,
    *,
    timeout: float,
    metadata: Metadata = (),
) -> _Reply:
    """Call the daemon and return its reply.

    A worker that dies or is replaced in the middle is no matter: the call is made again, on a new
    connection, to the next one. So a request that must not take effect twice needs an id.

    Args:
        config: whose daemon.
        method: gives the method of a channel, as `lambda c: HookServiceStub(c).ListHooks`.
        request: the message.
        timeout: seconds for all of it.
        metadata: of the call.

    Raises:
        NoDaemonError: none runs, or it ended meanwhile.
        NotServingError: none of its workers has answered for 15 seconds, or it has failed.
        CallTimeoutError: it has not answered within `timeout`.
        CallError: it has refused.
    """
    deadline = time.monotonic() + timeout
    patience = _Patience(deadline)
    while True:
        try:
            with connected(config) as channel:
                left = deadline - time.monotonic()
                return method(channel)(request, timeout=max(0.0, left), metadata=tuple(metadata))
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise _refusal(error, timeout) from None
            reason = str(error.details())
        except OSError as error:
            reason = error.strerror or str(error)
        if not patience.lasts():
            raise NotServingError(f"the daemon does not answer: {visible(reason)}")


def stream(
    config: LocalDaemonConfig,
    method: Callable[[grpc.Channel], grpc.UnaryStreamMultiCallable[_Request, _Reply]],
    request: _Request,
) -> Iterator[_Reply]:
    """Yield what the daemon sends, until it ends the stream.

    When a worker is replaced, the next one is asked with the same request object, which the caller
    may have changed meanwhile to say where to go on.

    Raises:
        NoDaemonError: none runs, or it ended meanwhile.
        NotServingError: none of its workers has answered for 15 seconds, or it has failed.
        CallError: it has refused.
    """
    patience = _Patience(math.inf)
    while True:
        try:
            with connected(config) as channel:
                yield from method(channel)(request)
                return
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise refusal_of(error) from None
            reason = str(error.details())
        except OSError as error:
            reason = error.strerror or str(error)
        if not patience.lasts():
            raise NotServingError(f"the daemon does not answer: {visible(reason)}")


@contextmanager
def connected(config: LocalDaemonConfig) -> Iterator[grpc.Channel]:
    """Give a channel to the daemon, closed with the block.

    Raises:
        NoDaemonError: none runs.
        NotServingError: it is another user's, or has failed and waits for somebody to mend that.
        OSError: its socket does not answer now; it may be between two workers.
    """
    try:
        found = inspect(config)
    except PermissionError:
        raise NotServingError(f"{visible(str(config.pid_path))} may not be read") from None
    if not found.running:
        raise NoDaemonError(
            f"no daemon runs for {visible(str(config.repository))}: "
            "start it with `heddle agent serve --detach`"
        )
    if found.state == "failed":
        raise NotServingError(
            f"the daemon has failed: {visible(found.last_error or 'see its log')}"
        )
    path = Path(found.socket_path)
    _require_own_server(path)
    with grpc.insecure_channel(_address(path), options=_OWN_CONNECTION) as channel:
        yield channel


def _require_own_server(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_CONNECT_SECONDS)
        try:
            probe.connect(fsencode(path))
            check_peer_uid_matches_self(probe)
        except PermissionError:
            raise NotServingError(f"the daemon at {visible(str(path))} is another user's") from None


def refusal_of(error: grpc.RpcError) -> CallError:
    """Return what to tell a person of a status that is not OK."""
    return CallError(visible(error.details() or error.code().name))


def _refusal(error: grpc.RpcError, timeout: float) -> HeddleError:
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return CallTimeoutError(f"the daemon has not answered within {timeout:g} s")
    return refusal_of(error)


class _Patience:
    """Pauses between attempts, until none has got through for too long."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._began = self._unanswered_since = time.monotonic()
        self._pause = _PAUSE_FIRST

    def lasts(self) -> bool:
        """Return, after a pause, whether to try again; False at once when it is over."""
        now = time.monotonic()
        if now - self._began > _CONNECT_SECONDS:
            # That one was being answered until now: what comes is another failover.
            self._unanswered_since, self._pause = now, _PAUSE_FIRST
        if now + self._pause >= min(self._deadline, self._unanswered_since + _PATIENCE):
            return False
        time.sleep(self._pause)
        self._pause = min(_PAUSE_MAX, self._pause * 2)
        self._began = time.monotonic()
        return True


def _address(path: Path) -> str:
    """Return gRPC's name of a Unix socket: a URI, in which some characters have a meaning."""
    return "unix:" + urllib.parse.quote(fsencode(path), safe="/")
