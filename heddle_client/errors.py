"""What can go wrong between a client and the daemon; each is one line for people.

Nothing here needs gRPC, so a program may name these errors before it pays for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from heddle_supervisor.errors import ExitCode, HeddleError

__all__ = [
    "AbortedError",
    "AlreadyExistsError",
    "CallError",
    "CallTimeoutError",
    "CancelledError",
    "ClientError",
    "ClosedError",
    "DataLossError",
    "FailedPreconditionError",
    "ForkError",
    "HeddleError",
    "InternalError",
    "InvalidArgumentError",
    "NoDaemonError",
    "NotFoundError",
    "NotServingError",
    "OutOfRangeError",
    "PermissionDeniedError",
    "ResourceExhaustedError",
    "StartError",
    "UnavailableError",
    "UnimplementedError",
    "VersionSkewWarning",
    "Violation",
]


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with a request.

    Attributes:
        field: its path, such as `anchor.file`.
        description: what is wrong with it.
    """

    field: str
    description: str


class ClientError(HeddleError):
    """Any error of this library.

    Attributes:
        code: the name of the gRPC status, such as `NOT_FOUND`; empty where there is none.
        reason: what it is, for machines, such as `TRANSACTION_ENDED`; empty where nobody says.
        details: the fields at fault, where the daemon names them.
        exit_code: that of a command which ends by it.
    """

    code: str = ""

    def __init__(self, text: str, *, reason: str = "", details: tuple[Violation, ...] = ()) -> None:
        super().__init__(text)
        self.reason = reason
        self.details = details


class ClosedError(ClientError):
    """The client was closed."""


class ForkError(ClientError):
    """The client was made before a fork that gRPC does not survive."""


class NoDaemonError(ClientError):
    """No daemon runs for the repository."""

    exit_code = ExitCode.NOT_RUNNING


class StartError(ClientError):
    """The daemon was to be started, and does not start.

    Attributes:
        exit_code: that of `heddle agent serve --detach`.
    """

    def __init__(self, text: str, exit_code: ExitCode) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class NotServingError(ClientError):
    """A daemon runs, but none of its workers answers."""

    code = "UNAVAILABLE"
    exit_code = ExitCode.UNHEALTHY


class CallTimeoutError(ClientError):
    """The daemon has not answered in time. What was asked for may have been done nevertheless."""

    code = "DEADLINE_EXCEEDED"
    exit_code = ExitCode.TIMEOUT


class CallError(ClientError):
    """The daemon has refused a call; the text is what it says."""

    def __init__(
        self,
        text: str,
        *,
        code: str = "",
        reason: str = "",
        details: tuple[Violation, ...] = (),
    ) -> None:
        super().__init__(text, reason=reason, details=details)
        self.code = code or type(self).code


class InvalidArgumentError(CallError):
    """The request cannot be right, whatever the repository is like."""

    code = "INVALID_ARGUMENT"


class NotFoundError(CallError):
    """What the request names is not there."""

    code = "NOT_FOUND"


class AlreadyExistsError(CallError):
    """What was to be made is there already."""

    code = "ALREADY_EXISTS"


class FailedPreconditionError(CallError):
    """The request is right, and the repository or its store is not in a state for it."""

    code = "FAILED_PRECONDITION"


class OutOfRangeError(CallError):
    """A cursor lies beyond the newest entry."""

    code = "OUT_OF_RANGE"


class ResourceExhaustedError(CallError):
    """A limit is reached: of the daemon, of one message, of the disk."""

    code = "RESOURCE_EXHAUSTED"


class AbortedError(CallError):
    """Something else was under way on the same thing, for as long as the call could wait."""

    code = "ABORTED"


class UnavailableError(CallError):
    """Something that the daemon needs stayed busy, for as long as the call could wait."""

    code = "UNAVAILABLE"


class DataLossError(CallError):
    """The repository or the store is damaged."""

    code = "DATA_LOSS"


class UnimplementedError(CallError):
    """The daemon does not know the method; it may be of an older version."""

    code = "UNIMPLEMENTED"


class PermissionDeniedError(CallError):
    """The daemon may not do that."""

    code = "PERMISSION_DENIED"


class CancelledError(CallError):
    """The call was cancelled by somebody other than this library's user."""

    code = "CANCELLED"


class InternalError(CallError):
    """A mistake of the daemon's own; its log has the details."""

    code = "INTERNAL"


class VersionSkewWarning(UserWarning):
    """The daemon is of another version than this library."""


REFUSALS: Final[dict[str, type[CallError]]] = {
    kind.code: kind
    for kind in (
        InvalidArgumentError,
        NotFoundError,
        AlreadyExistsError,
        FailedPreconditionError,
        OutOfRangeError,
        ResourceExhaustedError,
        AbortedError,
        UnavailableError,
        DataLossError,
        UnimplementedError,
        PermissionDeniedError,
        CancelledError,
        InternalError,
    )
}
"""The error of each status that a daemon may answer with; any other is a plain `CallError`."""
