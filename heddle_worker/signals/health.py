"""How often the modules fire: one that nearly always does tells a reviewer nothing."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from heddle_worker.repository.errors import RepositoryError
from heddle_worker.repository.state import State
from heddle_worker.review.change import Annotation, Change
from heddle_worker.signals.computing import Signals
from heddle_worker.signals.corpora import Coverage
from heddle_worker.store.cache import Cache

DEFAULT_STATES: Final = 200
MOST_STATES: Final = 5_000
SECONDS: Final = 10.0
"""Time for states that were never looked at; what is not reached in it is not counted."""

_WARNING_RATE: Final = 0.5
_KIND: Final = "signal-health"
_KEPT_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class ModuleHealth:
    """How often a module fires.

    Attributes:
        module: its name.
        fire_rate: share of the states in which it has a signal, from 0 to 1.
    """

    module: str
    fire_rate: float

    @property
    def warns(self) -> bool:
        """Whether it fires too often to be of use."""
        return self.fire_rate > _WARNING_RATE


@dataclass(frozen=True, slots=True)
class HealthReport:
    """How often all modules fire.

    Attributes:
        entries: of every module, sorted by name.
        states: how many were looked at.
    """

    entries: tuple[ModuleHealth, ...]
    states: int


@dataclass(frozen=True, slots=True)
class Health:
    """Looks at states along first parents. Its method blocks.

    Attributes:
        signals: computes them.
        cache: keeps which modules fired in which state.
        first_parents: returns a state, by its raw id, and at most so many along first parents.
        change_of: lays a state out.
        annotations_of: returns those of the symbols of a state.
        attached: returns who has attached signals to each of some states' raw ids.
    """

    signals: Signals
    cache: Cache
    first_parents: Callable[[bytes, int], Sequence[State]]
    change_of: Callable[[State], Change]
    annotations_of: Callable[[State], Sequence[Annotation]] = lambda _state: ()
    attached: Callable[[Sequence[bytes]], Sequence[Collection[str]]] = lambda states: (
        [()] * len(states)
    )

    def report(self, newest: bytes, window: int = 0, seconds: float = SECONDS) -> HealthReport:
        """Return how often the modules fired in a state and those before it.

        Args:
            newest: raw id of the state to begin with; empty for no state at all.
            window: how many states; 0 for 200, and at most 5,000.
            seconds: for those that were never looked at.

        Raises:
            RepositoryError: the history cannot be read.
            ConfigurationError: the settings cannot be read.
        """
        limit = min(window or DEFAULT_STATES, MOST_STATES)
        states = self.first_parents(newest, limit) if newest else ()
        fired, count = self._fired(states, time.monotonic() + seconds)
        names = sorted({module.name for module in self.signals.modules} | fired.keys())
        entries = (ModuleHealth(name, fired[name] / count if count else 0.0) for name in names)
        return HealthReport(tuple(entries), count)

    def _fired(self, states: Sequence[State], deadline: float) -> tuple[Counter[str], int]:
        """Return in how many states each module fired, and in how many of them that is known."""
        ground = self.signals.ground(self.signals.settings())
        annotations = [tuple(self.annotations_of(state)) for state in states]
        keys = [_key(ground, *each) for each in zip(states, annotations, strict=True)]
        kept = self.cache.get(_KIND, keys)
        attached = self.attached([state.id for state in states])
        fired: Counter[str] = Counter()
        count = 0
        fresh: dict[bytes, bytes] = {}
        for state, about, key, others in zip(states, annotations, keys, attached, strict=True):
            modules = kept.get(key)
            if modules is None:
                left = deadline - time.monotonic()
                try:
                    modules = self._modules_of(state, about, left) if left > 0 else None
                except RepositoryError:
                    # What it consists of is not there, and may be fetched some day.
                    continue
                if modules is None:
                    break
                fresh[key] = modules
                if len(fresh) == _KEPT_AT_ONCE:
                    self._keep(fresh)
            fired.update(modules.decode().split())
            fired.update(others)
            count += 1
        self._keep(fresh)
        return fired, count

    def _modules_of(
        self, state: State, annotations: Sequence[Annotation], seconds: float
    ) -> bytes | None:
        """Return the modules that fire in a state; `None` if the time is too short to know."""
        report = self.signals.computed(self.change_of(state), annotations, seconds)
        if report.coverage is Coverage.PENDING:
            return None
        return " ".join(sorted({each.signal.module for each in report.signals})).encode()

    def _keep(self, fresh: dict[bytes, bytes]) -> None:
        self.cache.put(_KIND, fresh)
        fresh.clear()


def _key(ground: bytes, state: State, annotations: Sequence[Annotation]) -> bytes:
    digest = hashlib.blake2b(ground + state.id, digest_size=20)
    for annotation in annotations:
        digest.update(repr(annotation).encode("utf-8", "surrogatepass"))
    return digest.digest()
