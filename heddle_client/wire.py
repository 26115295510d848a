"""From what stands on the wire to plain values, as far as no message's own class can say it."""

from __future__ import annotations

import enum
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_LATEST: Final = datetime.max.replace(tzinfo=UTC)


class WireEnum(enum.IntEnum):
    """An enum of the contract. A number that only a newer daemon knows is a member too."""

    @classmethod
    def _missing_(cls, value: object) -> WireEnum | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_, member._value_ = f"UNRECOGNIZED_{value}", value
        return member

    @classmethod
    def named(cls, given: str | int) -> int:
        """Return a member's number by its name, in upper or lower case, or by itself.

        Raises:
            ValueError: there is no such member; says which there are.
        """
        if not isinstance(given, str):
            return int(given)
        name = given.upper().replace("-", "_")
        if name not in cls.__members__:
            names = ", ".join(each.name.lower() for each in cls if each)
            raise ValueError(f"{given[:64]!r} is none of: {names}")
        return int(cls[name])


def moment(timestamp: Timestamp) -> datetime:
    """Return a point in time, in UTC, to the microsecond.

    Those outside of the years that Python knows, which a commit may have, become the outermost.
    """
    try:
        return _EPOCH + timedelta(0, timestamp.seconds, timestamp.nanos // 1000)
    except OverflowError:
        return _LATEST if timestamp.seconds > 0 else _EARLIEST
