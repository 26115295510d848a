"""The ways in which a call fails that are not the domain's: each is one clear line."""

from __future__ import annotations

from dataclasses import dataclass


class WorkerUnavailableError(Exception):
    """The worker does not take or finish this call; another one may."""


class WorkerRetiredError(WorkerUnavailableError):
    """The worker has a successor, which a new connection reaches."""

    def __init__(self) -> None:
        super().__init__("this worker has been replaced; resume on a new connection")


class WorkerStoppingError(WorkerUnavailableError):
    """The daemon stops."""

    def __init__(self) -> None:
        super().__init__("daemon is stopping")


class TooManyCallsError(Exception):
    """A limit on what is in progress at the same time was reached."""


class LimitReachedError(Exception):
    """There is as much of something as may be kept."""


class FollowerTooSlowError(Exception):
    """The client of a stream does not take what it is sent."""


class SubscriberTooSlowError(Exception):
    """The client of a stream of events has let too many of them pile up."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"more than {most} events waited to be taken, and a veto could have been missed; "
            "subscribe again"
        )


class ReplyTooLargeError(Exception):
    """The reply does not fit into one message."""


class NotFoundError(Exception):
    """What the request names does not exist."""


class AlreadyExistsError(Exception):
    """What the request would add is there already."""


class ReusedOperationIdError(Exception):
    """A client's operation id has come with another request before."""

    def __init__(self) -> None:
        super().__init__("client_operation_id reused with a different request body")


class TransactionEndedError(Exception):
    """A transaction was committed or aborted already."""

    def __init__(self, state: str) -> None:
        super().__init__(f"transaction already {state}")


class TransactionBusyError(Exception):
    """Something else is being done to a transaction or its worktree; a retry may succeed."""


class PreconditionError(Exception):
    """The repository is not in a state in which the request can be done."""


class ConfigurationError(Exception):
    """The repository's configuration sets something that makes no sense."""


class OutOfRangeError(Exception):
    """A cursor points beyond the end of what it runs through."""


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """What is wrong with one field of a request.

    Attributes:
        field: its path, such as `anchor.file`.
        description: what is wrong, and what would be right.
    """

    field: str
    description: str


class InvalidRequestError(Exception):
    """A request that can never succeed as it is; every field at fault is listed."""

    def __init__(self, message: str, violations: tuple[FieldViolation, ...] = ()) -> None:
        super().__init__(message)
        self.violations = violations

    @classmethod
    def of_fields(cls, *violations: FieldViolation) -> InvalidRequestError:
        """Return the failure whose message is the first violation."""
        first = violations[0]
        return cls(f"invalid {first.field}: {first.description}", violations)
