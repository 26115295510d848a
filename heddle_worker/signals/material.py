"""What the modules look at, and what each of them is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from heddle_worker.review.change import Annotation, Change, Place
from heddle_worker.review.configuration import SignalSettings
from heddle_worker.signals.signal import Signal


class Neighbour(NamedTuple):
    """A function that resembles another.

    Attributes:
        similarity: of the two, from 0 to 1.
        path, name: where it is.
    """

    similarity: float
    path: bytes
    name: str


class Corpus(Protocol):
    """All functions of a state or a worktree."""

    @property
    def function_count(self) -> int:
        """How many there are."""

    @property
    def test_count(self) -> int:
        """How many of them are tests."""

    def nearest(self, place: Place) -> Neighbour | None:
        """Return the function that resembles one most; `None` when none does at all.

        Neither the function itself counts, nor what it lies in or what lies in it.
        """

    def is_tested(self, place: Place, language: str) -> bool:
        """Return whether a test, or something that a test calls, may call a function."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a module looks at.

    Attributes:
        change: what changed.
        annotations: of the symbols of the state, those of deleted ones included.
        settings: of the module's kind.
        corpus: `None` when not all of the functions are known.
    """

    change: Change
    annotations: tuple[Annotation, ...]
    settings: SignalSettings
    corpus: Corpus | None = None


@dataclass(frozen=True, slots=True)
class Module:
    """One module.

    Attributes:
        kind: of its signals, and of its settings.
        name: tells it from others that might raise signals of this kind.
        version: is raised whenever it finds something else in the same material.
        find: returns its signals; a pure function.
        needs_corpus: it finds nothing without one.
        keys: those of `[review.signals.<kind>]` that it reads, besides `enabled`.
    """

    kind: str
    name: str
    version: int
    find: Callable[[Material], Iterable[Signal]]
    needs_corpus: bool = False
    keys: tuple[str, ...] = ()
