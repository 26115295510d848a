"""The one way in which tests wait: for a condition, with a deadline."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final, TypeVar

DEADLINE: Final = float(os.environ.get("HEDDLE_DEADLINE", "30"))
"""Seconds after which anything that a test waits for counts as never happening."""

_PAUSE_MAX: Final = 0.02

_Value = TypeVar("_Value")


def wait_until(
    condition: Callable[[], _Value | None], what: str, timeout: float = DEADLINE
) -> _Value:
    """Return the condition's first true value.

    Raises:
        AssertionError: it was not true within `timeout` seconds; the text says `what` was not.
    """
    deadline = time.monotonic() + timeout
    pause = 0.001
    while not (value := condition()):
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {timeout:g} s in vain until {what}")
        time.sleep(pause)
        pause = min(_PAUSE_MAX, pause * 2)
    return value
