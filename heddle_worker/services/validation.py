"""Checks of request fields that several services share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from heddle_worker.failures import FieldViolation, InvalidRequestError
from heddle_worker.limits import MAX_BODY_BYTES, MAX_TEXT_BYTES

# The end of the year 9999, the last second of a `google.protobuf.Timestamp`.
_LAST_SECOND: Final = 253_402_300_799


class OfRepository(Protocol):
    """A request that says which repository it is about."""

    @property
    def repo_path(self) -> str:
        """A path in the repository; empty for the one that is served."""


class OfTransaction(OfRepository, Protocol):
    """A request that names a transaction."""

    @property
    def transaction_id(self) -> str:
        """The transaction's id."""


class FieldChecks:
    """Looks at one request's fields and remembers every fault, so that all are told at once.

    Args:
        request: whose `repo_path` is looked at already.
    """

    def __init__(self, request: OfRepository) -> None:
        self._violations: list[FieldViolation] = []
        self.text("repo_path", request.repo_path)

    @classmethod
    def of_transaction(cls, request: OfTransaction) -> FieldChecks:
        """Return the checks of a request whose `transaction_id` is looked at as well."""
        checks = cls(request)
        checks.name("transaction_id", request.transaction_id)
        return checks

    def text(self, field: str, value: str, most: int = MAX_TEXT_BYTES) -> None:
        """A text is at most `most` bytes of UTF-8, and no NUL is in it."""
        if len(value.encode()) > most:
            self.fault(field, f"longer than {most} bytes")
        elif "\0" in value:
            self.fault(field, "contains a NUL character")

    def name(self, field: str, value: str, most: int = MAX_TEXT_BYTES) -> None:
        """A text as `text` wants it, with more than blanks in it."""
        if not value.strip():
            self.fault(field, "must not be blank")
        else:
            self.text(field, value, most)

    def body(self, field: str, value: str) -> None:
        """What somebody has to say: more than blanks, and no longer than may be."""
        self.name(field, value, MAX_BODY_BYTES)

    def texts(
        self, field: str, values: Sequence[str], most: int, longest: int = MAX_TEXT_BYTES
    ) -> None:
        """There are at most `most` texts, each as `text` wants it."""
        if len(values) > most:
            self.fault(field, f"{len(values)} of them; at most {most} are taken")
            return
        for index, value in enumerate(values):
            self.text(f"{field}[{index}]", value, longest)

    def one_of(self, field: str, value: str, known: Sequence[str]) -> None:
        """A text is one of those known; that the empty one is taken needs no mention."""
        if value not in known:
            named = ", ".join(word for word in known if word)
            self.fault(field, f"{value[:64]!r} is none of {named}")

    def unix_seconds(self, field: str, value: int) -> None:
        """A time is in seconds since 1970, no later than the year 9999; 0 means none."""
        if not 0 <= value <= _LAST_SECOND:
            self.fault(field, f"{value} is not a time in Unix seconds (1970 to 9999)")

    def done(self) -> None:
        """Finish.

        Raises:
            InvalidRequestError: there was a fault.
        """
        if self._violations:
            raise InvalidRequestError.of_fields(*self._violations)

    def fault(self, field: str, description: str) -> None:
        """Note what is wrong with a field, and what would be right."""
        self._violations.append(FieldViolation(field, description))
