"""From an exception to the gRPC status that the caller sees, by one table.

`INTERNAL` is for our own mistakes alone: nothing that a caller or the file system can cause gets
it. Every other status carries a `google.rpc.ErrorInfo` whose reason is for machines; the message
is one line for people.
"""

from __future__ import annotations

import errno
import sys
import traceback
from dataclasses import dataclass
from typing import Final

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from heddle_worker import failures
from heddle_worker.repository import errors as repository_errors
from heddle_worker.snapshots import errors as snapshot_errors
from heddle_worker.store import errors as store_errors

DOMAIN: Final = "heddle.local"
"""Of the reasons in `google.rpc.ErrorInfo`."""

# A client reads at most 8 KiB of trailers, in which the message stands twice, once of them with
# three bytes for each byte that is not ASCII.
_MAX_MESSAGE_BYTES: Final = 1_000
_MAX_VIOLATIONS: Final = 8
_MAX_VIOLATION_BYTES: Final = 250


@dataclass(frozen=True, slots=True)
class _Status:
    code: grpc.StatusCode
    reason: str


_INTERNAL: Final = _Status(grpc.StatusCode.INTERNAL, "INTERNAL")
_INVALID: Final = grpc.StatusCode.INVALID_ARGUMENT
_MISSING: Final = grpc.StatusCode.NOT_FOUND
_EXHAUSTED: Final = grpc.StatusCode.RESOURCE_EXHAUSTED
_PRECONDITION: Final = grpc.StatusCode.FAILED_PRECONDITION
_UNAVAILABLE: Final = grpc.StatusCode.UNAVAILABLE
_LOSS: Final = grpc.StatusCode.DATA_LOSS

_BY_EXCEPTION: Final[dict[type[BaseException], _Status]] = {
    failures.InvalidRequestError: _Status(_INVALID, "INVALID_REQUEST"),
    failures.NotFoundError: _Status(_MISSING, "NOT_FOUND"),
    failures.AlreadyExistsError: _Status(grpc.StatusCode.ALREADY_EXISTS, "ALREADY_EXISTS"),
    failures.ReusedOperationIdError: _Status(_PRECONDITION, "OPERATION_ID_REUSED"),
    failures.TransactionEndedError: _Status(_PRECONDITION, "TRANSACTION_ENDED"),
    failures.TransactionBusyError: _Status(grpc.StatusCode.ABORTED, "TRANSACTION_BUSY"),
    failures.PreconditionError: _Status(_PRECONDITION, "PRECONDITION"),
    failures.ConfigurationError: _Status(_PRECONDITION, "CONFIGURATION"),
    failures.OutOfRangeError: _Status(grpc.StatusCode.OUT_OF_RANGE, "OUT_OF_RANGE"),
    failures.ReplyTooLargeError: _Status(_EXHAUSTED, "REPLY_TOO_LARGE"),
    failures.TooManyCallsError: _Status(_EXHAUSTED, "TOO_MANY_CALLS"),
    failures.LimitReachedError: _Status(_EXHAUSTED, "LIMIT_REACHED"),
    failures.FollowerTooSlowError: _Status(_EXHAUSTED, "FOLLOWER_TOO_SLOW"),
    failures.SubscriberTooSlowError: _Status(_EXHAUSTED, "SUBSCRIBER_TOO_SLOW"),
    failures.WorkerRetiredError: _Status(_UNAVAILABLE, "WORKER_RETIRED"),
    failures.WorkerStoppingError: _Status(_UNAVAILABLE, "DAEMON_STOPPING"),
    store_errors.StoreBusyError: _Status(_UNAVAILABLE, "STORE_BUSY"),
    store_errors.StoreClosedError: _Status(_UNAVAILABLE, "DAEMON_STOPPING"),
    store_errors.StoreFullError: _Status(_EXHAUSTED, "DISK_FULL"),
    store_errors.StoreCorruptError: _Status(_LOSS, "STORE_DAMAGED"),
    store_errors.StoreError: _Status(_PRECONDITION, "STORE_UNUSABLE"),
    repository_errors.NotARepositoryError: _Status(_MISSING, "REPOSITORY_NOT_FOUND"),
    repository_errors.DamagedRepositoryError: _Status(_LOSS, "REPOSITORY_DAMAGED"),
    repository_errors.InvalidStateError: _Status(_INVALID, "INVALID_STATE"),
    repository_errors.StateNotFoundError: _Status(_MISSING, "STATE_NOT_FOUND"),
    repository_errors.MissingObjectError: _Status(_LOSS, "OBJECT_MISSING"),
    repository_errors.BlobTooLargeError: _Status(_EXHAUSTED, "FILE_TOO_LARGE"),
    repository_errors.DiffTimeoutError: _Status(_EXHAUSTED, "DIFF_TIMEOUT"),
    repository_errors.RepositoryError: _Status(_PRECONDITION, "REPOSITORY_UNUSABLE"),
    snapshot_errors.SnapshotNotFoundError: _Status(_MISSING, "SNAPSHOT_NOT_FOUND"),
    snapshot_errors.UnknownPathError: _Status(_MISSING, "PATH_NOT_FOUND"),
    snapshot_errors.InvalidNameError: _Status(_INVALID, "INVALID_REQUEST"),
    snapshot_errors.DamagedSnapshotError: _Status(_LOSS, "SNAPSHOT_DAMAGED"),
    snapshot_errors.WorktreeBusyError: _Status(_UNAVAILABLE, "WORKTREE_BUSY"),
    snapshot_errors.SnapshotError: _Status(_PRECONDITION, "WORKTREE_UNSUITABLE"),
    MemoryError: _Status(_EXHAUSTED, "OUT_OF_MEMORY"),
    OSError: _Status(_PRECONDITION, "FILE_SYSTEM"),
}

_BY_ERRNO: Final[dict[int, _Status]] = {
    errno.ENOSPC: _Status(_EXHAUSTED, "DISK_FULL"),
    errno.EDQUOT: _Status(_EXHAUSTED, "DISK_FULL"),
    errno.EMFILE: _Status(_EXHAUSTED, "TOO_MANY_FILES"),
    errno.ENFILE: _Status(_EXHAUSTED, "TOO_MANY_FILES"),
    errno.ENOMEM: _Status(_EXHAUSTED, "OUT_OF_MEMORY"),
    errno.EIO: _Status(_LOSS, "FILE_SYSTEM"),
}


def status_of(error: Exception, method: str) -> grpc.Status:
    """Return the status for an exception that ended a call of `method`.

    An exception that is in no table is our mistake: its traceback goes to standard error, and
    the caller learns no more than that.
    """
    status = _look_up(error)
    message = str(error) or status.reason
    if status is _INTERNAL:
        trace = "".join(traceback.format_exception(error))
        sys.stderr.write(f"unexpected failure of {method}\n{trace}")
        message = f"unexpected failure of {method}; the daemon's log has the details"
    reply = status_pb2.Status(code=_number(status.code), message=_one_line(message))
    reply.details.add().Pack(error_details_pb2.ErrorInfo(reason=status.reason, domain=DOMAIN))
    if isinstance(error, failures.InvalidRequestError) and error.violations:
        reply.details.add().Pack(_bad_request(error.violations))
    result: grpc.Status = rpc_status.to_status(reply)
    return result


def _look_up(error: Exception) -> _Status:
    if isinstance(error, OSError) and error.errno in _BY_ERRNO:
        return _BY_ERRNO[error.errno]
    return next((_BY_EXCEPTION[c] for c in type(error).__mro__ if c in _BY_EXCEPTION), _INTERNAL)


def _number(code: grpc.StatusCode) -> int:
    number, _name = code.value
    return int(number)


def _bad_request(
    violations: tuple[failures.FieldViolation, ...],
) -> error_details_pb2.BadRequest:
    return error_details_pb2.BadRequest(
        field_violations=[
            error_details_pb2.BadRequest.FieldViolation(
                field=violation.field,
                description=_one_line(violation.description, _MAX_VIOLATION_BYTES),
            )
            for violation in violations[:_MAX_VIOLATIONS]
        ]
    )


def _one_line(text: str, most: int = _MAX_MESSAGE_BYTES) -> str:
    line = " ".join(text.split())
    encoded = line.encode("utf-8", "backslashreplace")
    if len(encoded) <= most:
        return encoded.decode()
    return encoded[:most].decode("utf-8", "ignore") + "…"
