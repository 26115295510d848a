"""Looking at the status with which a call was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2


class Refusal(NamedTuple):
    """A status other than OK; the fields are those that the details name as being at fault."""

    code: grpc.StatusCode
    message: str
    fields: list[str]


def refusal(call: Callable[..., object], *arguments: object, **named: object) -> Refusal:
    """Make a call that has to fail; return how."""
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments, **named)
    error: Any = caught.value
    trailers = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    bad_request = error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(bad_request)
    fields = [violation.field for violation in bad_request.field_violations]
    return Refusal(error.code(), error.details(), fields)
