"""A client of SignalService, and one that subscribes in a thread of its own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
from waiting import wait_until

from heddle_api.v1 import signal_pb2, signal_pb2_grpc
from heddle_worker.serving.socket_address import grpc_address

SECONDS = 60.0


class SignalClient:
    """Asks for signals; the arguments are the requests' fields."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = signal_pb2_grpc.SignalServiceStub(channel)

    def compute(
        self, state_id: bytes = b"HEAD", **fields: Any
    ) -> signal_pb2.ComputeStateSignalsResponse:
        """Return the signals of a state."""
        request = signal_pb2.ComputeStateSignalsRequest(state_id=state_id, **fields)
        return self._stub.ComputeStateSignals(request, timeout=SECONDS)

    def complete(self, **fields: Any) -> signal_pb2.ComputeStateSignalsResponse:
        """Return the signals of a state, once all of the repository was read."""

        def ask() -> signal_pb2.ComputeStateSignalsResponse | None:
            reply = self.compute(**fields)
            return None if reply.is_incomplete else reply

        return wait_until(ask, "all of the repository was read")

    def health(self, **fields: Any) -> signal_pb2.RepoSignalHealthReport:
        """Return how often the modules fire."""
        request = signal_pb2.GetRepoSignalHealthRequest(**fields)
        return self._stub.GetRepoSignalHealth(request, timeout=SECONDS)

    def subscribe(self, **fields: Any) -> Any:
        """Subscribe; return the stream."""
        return self._stub.SubscribeSignalUpdates(signal_pb2.SubscribeSignalUpdatesRequest(**fields))


class UpdateClient:
    """Collects what a subscription sends.

    Attributes:
        updates: everything so far.
        error: what the stream has ended with, if that was an error.
    """

    def __init__(self, socket_path: Path, **fields: Any) -> None:
        self.updates: list[signal_pb2.SignalUpdate] = []
        self.error: Any = None
        self._channel = grpc.insecure_channel(grpc_address(socket_path))
        self._stream = SignalClient(self._channel).subscribe(**fields)
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    @property
    def states(self) -> list[str]:
        """The states told of so far, in hexadecimal; those of worktrees left out."""
        return [update.state_id.hex() for update in self.updates if update.state_id]

    @property
    def worktrees(self) -> list[signal_pb2.SignalUpdate]:
        """What was told of worktrees so far."""
        return [update for update in self.updates if not update.state_id]

    def begun(self) -> None:
        """Wait until the daemon tells what happens; it says so by the stream's metadata."""
        self._stream.initial_metadata()

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until a condition holds; the stream must not have failed before."""

        def look() -> bool:
            if condition():
                return True
            assert self.error is None, f"the stream has ended with {self.error}"
            return False

        wait_until(look, what)

    def ended(self) -> Any:
        """Wait for the end of the stream; return the error, `None` for none."""
        wait_until(lambda: not self._thread.is_alive(), "the stream has ended")
        return self.error

    def close(self) -> None:
        """Cancel the stream."""
        self._stream.cancel()
        self._channel.close()
        self._thread.join()

    def _collect(self) -> None:
        try:
            for update in self._stream:
                self.updates.append(update)
        except grpc.RpcError as error:
            self.error = error


@contextlib.contextmanager
def subscribed(socket_path: Path, **fields: Any) -> Iterator[UpdateClient]:
    """Subscribe while the block runs; the fields are those of the request."""
    client = UpdateClient(socket_path, **fields)
    try:
        client.begun()
        yield client
    finally:
        client.close()
