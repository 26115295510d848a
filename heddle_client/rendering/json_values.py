"""Values as what JSON has, the same way for all of them."""

from __future__ import annotations

import dataclasses
import enum
from datetime import UTC, datetime
from typing import Any


def as_json(value: object) -> Any:  # noqa: ANN401 - JSON is of many types
    """Return a value of the client library in the types of JSON.

    A dataclass is an object with its fields as keys, a tuple a list, bytes are hexadecimal digits,
    a time is RFC 3339 in UTC, an enum's member is its name in lower case, and None is null.

    Raises:
        TypeError: there is no form for a value of that type.
    """
    if isinstance(value, enum.Enum):
        return value.name.lower()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, tuple | list):
        return [as_json(each) for each in value]
    if dataclasses.is_dataclass(value):
        return {f.name: as_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{type(value).__name__} has no form in JSON")
