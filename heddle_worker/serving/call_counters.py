"""Counts calls by method, and how long they took, in constant memory."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

# Durations are kept in buckets, eight for each power of two: a quantile is right to 12 %.
_STEPS_PER_DOUBLING: Final = 8


@dataclass(slots=True)
class MethodCount:
    """What has happened to one method.

    Attributes:
        calls: how many have ended.
        errors: how many of them with an error.
    """

    calls: int = 0
    errors: int = 0
    _buckets: Counter[int] = field(default_factory=Counter)

    def add(self, microseconds: int, *, failed: bool) -> None:
        """Count a call that has ended."""
        self.calls += 1
        self.errors += failed
        self._buckets[_bucket(microseconds)] += 1

    def quantile(self, share: float) -> int:
        """Return the microseconds that so large a share of the calls took at most."""
        wanted = share * self.calls
        seen = 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= wanted:
                return _upper_end(bucket)
        return 0


class CallCounters:
    """The counters of all methods of one worker; used on the event loop's thread."""

    def __init__(self) -> None:
        self._methods: dict[str, MethodCount] = {}

    @contextlib.contextmanager
    def measured(self, method: str) -> Iterator[None]:
        """Count what is done inside as one call of a method; what it raises makes it an error."""
        began = time.perf_counter_ns()
        failed = True
        try:
            yield
            failed = False
        finally:
            microseconds = (time.perf_counter_ns() - began) // 1000
            count = self._methods.setdefault(method, MethodCount())
            count.add(microseconds, failed=failed)

    def by_method(self) -> list[tuple[str, MethodCount]]:
        """Return each called method's counters, sorted by its name."""
        return sorted(self._methods.items())


def _bucket(microseconds: int) -> int:
    """Return the number of the bucket: small durations exactly, larger ones by their first bits."""
    if microseconds < 2 * _STEPS_PER_DOUBLING:
        return microseconds
    shift = microseconds.bit_length() - _STEPS_PER_DOUBLING.bit_length()
    return shift * _STEPS_PER_DOUBLING + (microseconds >> shift)


def _upper_end(bucket: int) -> int:
    """Return the longest duration that falls into a bucket."""
    if bucket < 2 * _STEPS_PER_DOUBLING:
        return bucket
    shift = bucket // _STEPS_PER_DOUBLING - 1
    return ((bucket - shift * _STEPS_PER_DOUBLING + 1) << shift) - 1
