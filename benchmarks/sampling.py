"""Taking samples so that the machine's noise hits floor and subject alike, and summing them up."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeVar

Key = TypeVar("Key")
Sample = TypeVar("Sample")

MEDIAN: Final = 0.5
P99: Final = 0.99


@dataclass(frozen=True, slots=True)
class Figure:
    """One statistic of all samples, and the lowest and highest that a single round gave."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, value: float) -> Figure:
        """Return the figure of something measured once."""
        return cls(value, value, value)


def interleave(
    subjects: Mapping[Key, Callable[[], Sample]], *, rounds: int
) -> dict[Key, list[Sample]]:
    """Sample every subject once a round, in turn (A B A B …); return the samples of each."""
    samples: dict[Key, list[Sample]] = {key: [] for key in subjects}
    for _ in range(rounds):
        for key, take in subjects.items():
            samples[key].append(take())
    return samples


def quantile(samples: Sequence[float], fraction: float) -> float:
    """Return the value below which `fraction` (0 to 1) of the samples lie, interpolated."""
    ordered = sorted(samples)
    position = fraction * (len(ordered) - 1)
    below, above = math.floor(position), math.ceil(position)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def summarize(rounds: Sequence[Sequence[float]], fraction: float) -> Figure:
    """Return the quantile of all rounds' samples together, and its range between the rounds."""
    single = [quantile(samples, fraction) for samples in rounds]
    return Figure(quantile(list(chain.from_iterable(rounds)), fraction), min(single), max(single))


def median(samples: Sequence[float]) -> Figure:
    """Return the median of samples taken one a round, with the lowest and the highest."""
    return Figure(quantile(samples, MEDIAN), min(samples), max(samples))
