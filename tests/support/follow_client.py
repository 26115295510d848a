"""A client that follows the operation log, in a thread of its own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
from call_load import log_stub
from waiting import wait_until

from heddle_api.v1.operation_log_pb2 import (
    OperationHit,
    QueryOperationsRequest,
    StreamOperationsRequest,
)


class FollowClient:
    """Collects what a stream of the log sends.

    Attributes:
        hits: everything so far.
        error: what the stream has ended with, if that was an error.
    """

    def __init__(self, socket_path: Path, **query: Any) -> None:
        self.hits: list[OperationHit] = []
        self.error: grpc.RpcError | None = None
        self._taken = 0
        self._stack = contextlib.ExitStack()
        stub = self._stack.enter_context(log_stub(socket_path))
        self._stream = stub.StreamOperations(
            StreamOperationsRequest(
                query=QueryOperationsRequest(**{"include_checkpoints": True, **query}), follow=True
            )
        )
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    @property
    def seqs(self) -> list[int]:
        """The `seq` of each hit so far."""
        return [hit.seq for hit in self.hits]

    def until(self, condition: Callable[[list[OperationHit]], object], what: str) -> None:
        """Wait until the hits fulfil a condition; the stream must not have failed before."""

        def look() -> bool:
            if condition(self.hits):
                return True
            assert self.error is None, f"the stream has ended with {self.error}"
            return False

        wait_until(look, f"{what}; there are {len(self.hits)} hits")

    def until_seq(self, seq: int) -> None:
        """Wait until everything up to an entry has come."""
        self.until(lambda hits: hits and hits[-1].seq >= seq, f"entry {seq} has come")

    def has_news(self) -> bool:
        """Return whether there are hits that were not taken."""
        return len(self.hits) > self._taken

    def has_ended(self) -> bool:
        """Return whether nothing more will come."""
        return not self._thread.is_alive()

    def take(self) -> list[OperationHit]:
        """Return the hits that were not taken yet."""
        start, self._taken = self._taken, len(self.hits)
        return self.hits[start : self._taken]

    def ended(self) -> Any:
        """Wait for the end of the stream; return the error, `None` for none."""
        wait_until(self.has_ended, "the stream has ended")
        return self.error

    def close(self) -> None:
        """Cancel the stream."""
        self._stream.cancel()
        self._stack.close()
        self._thread.join()

    def _collect(self) -> None:
        try:
            for hit in self._stream:
                self.hits.append(hit)
        except grpc.RpcError as error:
            self.error = error


@contextlib.contextmanager
def following(socket_path: Path, **query: Any) -> Iterator[FollowClient]:
    """Follow the log while the block runs; the fields are those of the query."""
    client = FollowClient(socket_path, **query)
    try:
        yield client
    finally:
        client.close()
