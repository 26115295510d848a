"""The signals of a change, computed once."""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from heddle_worker.review.change import Annotation, Change
from heddle_worker.review.configuration import ReviewSettings
from heddle_worker.review.places import touched_places
from heddle_worker.signals.budget import Budgeted, budgeted, listed, preferred
from heddle_worker.signals.corpora import Corpora, Coverage
from heddle_worker.signals.functions import changed_functions
from heddle_worker.signals.material import Corpus, Material, Module
from heddle_worker.signals.modules import MODULES
from heddle_worker.signals.signal import Signal
from heddle_worker.store.cache import Cache
from heddle_worker.symbols.outline import OUTLINE_VERSION

MOST_SIGNALS: Final = 1_000
"""How many signals of one change are told of at most."""

CORPUS_SECONDS: Final = 2.0
"""Time that a call has for reading the files of a tree that was never looked at."""

_KIND: Final = "signals"
_VERSION: Final = 2
_COVERAGES: Final = tuple(Coverage)


@dataclass(frozen=True, slots=True)
class SignalReport:
    """All signals of a change.

    Attributes:
        signals: by module, then by anchor.
        coverage: how much of the repository was known to the modules that compare with it. Unless
            it is complete they have said nothing.
    """

    signals: tuple[Budgeted, ...] = ()
    coverage: Coverage = Coverage.COMPLETE

    @property
    def is_complete(self) -> bool:
        """Whether every module has had what it needs."""
        return self.coverage is Coverage.COMPLETE

    @property
    def in_budget(self) -> tuple[Signal, ...]:
        """The visible ones, the most important first."""
        return preferred(each.signal for each in self.signals if each.is_visible)


@dataclass(frozen=True, slots=True)
class Signals:
    """Computes signals. Its methods block, and may be called from any thread.

    Attributes:
        corpora: all functions of a state.
        cache: keeps what was computed.
        settings: returns those that hold now.
        modules: that there are.
        attached: returns the signals that others have attached to a state's raw id.
    """

    corpora: Corpora
    cache: Cache
    settings: Callable[[], ReviewSettings] = field(default=ReviewSettings)
    modules: Sequence[Module] = MODULES
    attached: Callable[[bytes], Sequence[Signal]] = lambda _state: ()

    def of(
        self,
        change: Change,
        annotations: Sequence[Annotation] = (),
        corpus_seconds: float = CORPUS_SECONDS,
    ) -> SignalReport:
        """Return the signals of a change, those included that were attached to its state.

        The arguments are those of `computed`, and so is what is raised.

        Raises:
            StoreError: what was attached cannot be read.
        """
        report = self.computed(change, annotations, corpus_seconds)
        attached = self.attached(change.state.id) if change.state is not None else ()
        if not attached:
            return report
        everything = [each.signal for each in report.signals] + list(attached)
        return replace(report, signals=listed(budgeted(everything)[:MOST_SIGNALS]))

    def computed(
        self,
        change: Change,
        annotations: Sequence[Annotation] = (),
        corpus_seconds: float = CORPUS_SECONDS,
    ) -> SignalReport:
        """Return the signals that the modules find in a change.

        Args:
            change: of a state or of a worktree.
            annotations: of the symbols of that state, those of deleted ones included; what the
                change does not touch does not matter.
            corpus_seconds: for files of the repository that were never looked at.

        Raises:
            RepositoryError: the repository lacks what the change refers to, or cannot be read.
            ConfigurationError: the settings cannot be read.
        """
        settings = self.settings()
        if annotations:
            places = touched_places(change)
            annotations = [each for each in annotations if (each.path, each.symbol) in places]
        key = self._key(settings, change, annotations)
        kept = self.cache.get(_KIND, [key]).get(key)
        found = _decoded(kept) if kept is not None else None
        if found is None:
            found = self._computed(settings, change, tuple(annotations), corpus_seconds)
            if found.coverage is not Coverage.PENDING:
                self.cache.put(_KIND, {key: _encoded(found)})
        return found

    def ground(self, settings: ReviewSettings) -> bytes:
        """Return what has to be the same for the same change to have the same signals."""
        modules = [
            (module.kind, module.name, module.version, settings.of_signal(module.kind))
            for module in self.modules
        ]
        return f"{_VERSION} {OUTLINE_VERSION} {modules}".encode()

    def _computed(
        self,
        settings: ReviewSettings,
        change: Change,
        annotations: tuple[Annotation, ...],
        corpus_seconds: float,
    ) -> SignalReport:
        modules = [each for each in self.modules if settings.of_signal(each.kind).enabled]
        corpus: Corpus | None = None
        coverage = Coverage.COMPLETE
        needs_corpus = any(module.needs_corpus for module in modules)
        if needs_corpus and next(changed_functions(change), None) is not None:
            corpus, coverage = self.corpora.of(change, corpus_seconds)
        found: list[Signal] = []
        for module in modules:
            own = settings.of_signal(module.kind)
            found += module.find(Material(change, annotations, own, corpus))
        return SignalReport(listed(budgeted(found)[:MOST_SIGNALS]), coverage)

    def _key(
        self, settings: ReviewSettings, change: Change, annotations: Iterable[Annotation]
    ) -> bytes:
        parts = [self.ground(settings), change.prior, *_content(change)]
        parts += (repr(annotation).encode("utf-8", "surrogatepass") for annotation in annotations)
        digest = hashlib.blake2b(digest_size=20)
        for part in parts:
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.digest()


def _content(change: Change) -> Iterator[bytes]:
    """Yield what tells a change from others with the same prior state."""
    state = change.state
    if state is not None:
        yield state.tree
        yield f"{state.subject}\n{state.body}".encode("utf-8", "surrogatepass")
        return
    yield b"worktree"
    for file in change.diff.files:
        for version in (file.old, file.new):
            yield b"" if version is None else version.path
            yield b"" if version is None else version.blob + version.mode.to_bytes(4, "big")


def _encoded(report: SignalReport) -> bytes:
    signals = [
        (
            signal.kind,
            signal.module,
            signal.version,
            signal.file,
            signal.symbol,
            signal.start_line,
            signal.end_line,
            signal.reason,
            each.is_visible,
        )
        for each in report.signals
        for signal in (each.signal,)
    ]
    return marshal.dumps((_COVERAGES.index(report.coverage), signals))


def _decoded(encoded: bytes) -> SignalReport | None:
    try:
        coverage, signals = marshal.loads(encoded)  # noqa: S302 - by ourselves, behind a checksum
        return SignalReport(
            tuple(Budgeted(Signal(*rest), is_visible) for *rest, is_visible in signals),
            _COVERAGES[coverage],
        )
    except (ValueError, TypeError, EOFError, LookupError):
        return None
