"""The stream of `OperationLogQueryService`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from heddle_api.v1 import operation_log_pb2
from heddle_client.calls import StreamMethod, request
from heddle_client.values.operation_log import OperationHit

_STREAM: Final = StreamMethod(
    "/heddle.v1.OperationLogQueryService/StreamOperations",
    operation_log_pb2.OperationHit.FromString,
    OperationHit.of,
)


class OperationCursor:
    """Where a stream of entries of the log stands: after the last entry that has come."""

    def __init__(
        self, message: operation_log_pb2.StreamOperationsRequest, timeout: float | None
    ) -> None:
        self.method = _STREAM
        self.timeout = timeout
        self._message = message
        self._is_full = False

    def request(self) -> bytes | None:
        """Return the request that goes on after the last entry; None when there is none to come."""
        return None if self._is_full else self._message.SerializeToString()

    def passed(self, value: OperationHit) -> None:
        """Note that an entry has come."""
        query = self._message.query
        query.after_seq = value.seq
        if query.limit:
            query.limit -= 1
            # A limit of 0 would mean that there is none.
            self._is_full = query.limit == 0


@request
def operations(
    repo_path: str,
    *,
    follow: bool,
    actor: str,
    symbol: str,
    signal_kind: str,
    thread: str,
    verbs: Sequence[str],
    since_secs: int,
    until_secs: int,
    limit: int,
    include_checkpoints: bool,
    after_seq: int,
    timeout: float | None,
) -> OperationCursor:
    """Return the cursor of the entries that pass all filters."""
    query = operation_log_pb2.QueryOperationsRequest(
        repo_path=repo_path,
        actor=actor,
        symbol=symbol,
        signal_kind=signal_kind,
        thread=thread,
        verbs=verbs,
        since_secs=since_secs,
        until_secs=until_secs,
        limit=limit,
        include_checkpoints=include_checkpoints,
        after_seq=after_seq,
    )
    message = operation_log_pb2.StreamOperationsRequest(
        repo_path=repo_path, query=query, follow=follow
    )
    return OperationCursor(message, timeout)
