"""From gRPC's errors to our own description of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import grpc

from heddle_client.errors import Violation
from heddle_client.patience import Failure

_DETAILS_KEY: Final = "grpc-status-details-bin"


def failure_of(error: grpc.RpcError) -> Failure:
    """Return what a status that is not OK says, with the details that the daemon adds."""
    from google.rpc import error_details_pb2  # most calls succeed

    reason, violations, retry_after = "", [], None
    for detail in _details(error.trailing_metadata() or ()):  # type: ignore[arg-type]
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            reason = error_details_pb2.ErrorInfo.FromString(detail.value).reason
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest.FromString(detail.value)
            violations += [Violation(each.field, each.description) for each in bad.field_violations]
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            delay = error_details_pb2.RetryInfo.FromString(detail.value).retry_delay
            retry_after = max(0.0, delay.seconds + delay.nanos / 1e9)
    return Failure(error.code().name, error.details() or "", reason, tuple(violations), retry_after)


def _details(metadata: Iterable[tuple[str, str | bytes]]) -> Sequence[Any]:
    from google.rpc import status_pb2

    for key, value in metadata:
        if key == _DETAILS_KEY and isinstance(value, bytes):
            try:
                return list(status_pb2.Status.FromString(value).details)
            except ValueError:
                return ()
    return ()
