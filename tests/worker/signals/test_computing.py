"""Signals, computed once for the same material."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest
from changes import state
from functions_by_hand import changed, function

from heddle_worker.repository.diff import FileVersion
from heddle_worker.review.change import Annotation, Change
from heddle_worker.review.configuration import ReviewSettings, SignalSettings
from heddle_worker.signals.computing import MOST_SIGNALS, SignalReport, Signals
from heddle_worker.signals.corpora import Corpora, CorpusLimits, Coverage
from heddle_worker.signals.health import MOST_STATES, Health
from heddle_worker.signals.material import Material, Module
from heddle_worker.signals.signal import Signal
from heddle_worker.store.cache import Cache
from heddle_worker.symbols.outline import Outline, Source

LIMITS = CorpusLimits()


class Counting:
    """A module that notes what it was asked, and has as many signals as it is told."""

    def __init__(self, count: int = 1) -> None:
        self.asked: list[Material] = []
        self.count = count

    def find(self, material: Material) -> Iterator[Signal]:
        self.asked.append(material)
        for number in range(self.count):
            yield Signal("novelty", "counting", 1, b"*", f"f{number}", 0, 0, "counted")


def no_files(_tree: bytes) -> Iterator[FileVersion]:
    yield from ()


def no_outlines(_sources: Sequence[Source]) -> Sequence[Outline]:
    return ()


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    cache = Cache(tmp_path / "cache.db")
    yield cache
    cache.close()


def signals(
    cache: Cache,
    counting: Counting,
    settings: ReviewSettings = ReviewSettings(),  # noqa: B008 - a frozen value
    version: int = 1,
    limits: CorpusLimits = LIMITS,
    *,
    needs_corpus: bool = False,
) -> Signals:
    corpora = Corpora(lambda prior: prior, no_files, no_outlines, limits)
    module = Module("novelty", "counting", version, counting.find, needs_corpus)
    return Signals(corpora, cache, lambda: settings, (module,))


CHANGE = changed("a.py", added=[function("f", "a")])


def of(cache: Cache, change: Change, counting: Counting, *annotations: Annotation) -> SignalReport:
    return signals(cache, counting).of(change, annotations)


def test_the_same_material_is_looked_at_once(cache: Cache) -> None:
    counting = Counting(4)
    first = of(cache, CHANGE, counting)
    assert of(cache, CHANGE, counting) == first
    assert len(counting.asked) == 1
    assert [each.signal.symbol for each in first.signals] == ["f0", "f1", "f2", "f3"]
    assert [signal.symbol for signal in first.in_budget] == ["f0", "f1", "f2"]
    assert first.is_complete


@pytest.mark.parametrize(
    "other",
    [
        dataclasses.replace(CHANGE, prior=b"other"),
        dataclasses.replace(CHANGE, state=dataclasses.replace(state(), tree=b"other")),
        dataclasses.replace(CHANGE, state=state(body="self-flag: other")),
        dataclasses.replace(CHANGE, state=None),
    ],
)
def test_other_material_is_looked_at_anew(cache: Cache, other: Change) -> None:
    counting = Counting()
    of(cache, CHANGE, counting)
    of(cache, other, counting)
    assert len(counting.asked) == 2


def test_a_state_with_the_same_content_is_the_same(cache: Cache) -> None:
    counting = Counting()
    of(cache, CHANGE, counting)
    rebased = dataclasses.replace(state(), id=b"other", committer_secs=1)
    of(cache, dataclasses.replace(CHANGE, state=rebased), counting)
    assert len(counting.asked) == 1


def test_annotations_count_where_the_change_is(cache: Cache) -> None:
    counting = Counting()
    of(cache, CHANGE, counting)
    far = Annotation("1", "invariant", "x", (), b"b.py", "f")
    of(cache, CHANGE, counting, far)
    assert len(counting.asked) == 1
    near = Annotation("1", "invariant", "x", (), b"a.py", "f")
    of(cache, CHANGE, counting, near, far)
    assert [each.annotations for each in counting.asked] == [(), (near,)]


def test_versions_and_settings_count(cache: Cache) -> None:
    counting = Counting()
    other = ReviewSettings(MappingProxyType({"novelty": SignalSettings(tolerance=0.5)}))
    disabled = ReviewSettings(MappingProxyType({"novelty": SignalSettings(enabled=False)}))
    for settings, version in ((ReviewSettings(), 1), (ReviewSettings(), 2), (other, 1)):
        for _ in range(2):
            assert signals(cache, counting, settings, version).of(CHANGE).signals
    assert len(counting.asked) == 3
    assert signals(cache, counting, disabled).of(CHANGE) == SignalReport()


def test_a_repository_that_is_too_large_is_known_as_that(cache: Cache) -> None:
    counting = Counting()
    large = signals(cache, counting, limits=CorpusLimits(files=-1), needs_corpus=True)
    for _ in range(2):
        report = large.of(CHANGE)
        assert report.coverage is Coverage.TOO_LARGE
        assert not report.is_complete
    assert [each.corpus for each in counting.asked] == [None]
    elsewhere = dataclasses.replace(state(), tree=b"other")
    nothing = dataclasses.replace(CHANGE, state=elsewhere, symbols=())
    assert large.of(nothing).is_complete


def test_there_are_at_most_so_many(cache: Cache) -> None:
    report = of(cache, CHANGE, Counting(MOST_SIGNALS + 5))
    assert len(report.signals) == MOST_SIGNALS


class History:
    """States in a row, in every second of which a module fires."""

    def __init__(self, cache: Cache, length: int) -> None:
        self.states = [
            dataclasses.replace(state(f"state {n}"), id=n.to_bytes(20, "big"))
            for n in range(length)
        ]
        self.laid_out = 0
        module = Module("novelty", "even", 1, self.find)
        never = Module("pattern_deviation", "always silent", 1, lambda _material: ())
        corpora = Corpora(lambda prior: prior, no_files, no_outlines)
        self.health = Health(
            Signals(corpora, cache, modules=(module, never)),
            cache,
            lambda newest, limit: self.states[int.from_bytes(newest, "big") :][:limit],
            self.change_of,
        )

    def find(self, material: Material) -> Iterator[Signal]:
        assert material.change.state is not None
        if int(material.change.state.subject.split()[1]) % 2 == 0:
            yield Signal("novelty", "even", 1, b"*", "", 0, 0, "even")

    def change_of(self, of: object) -> Change:
        self.laid_out += 1
        return dataclasses.replace(CHANGE, state=of)  # type: ignore[arg-type]


NEWEST = (0).to_bytes(20, "big")


def test_rates_are_shares_of_the_states(cache: Cache) -> None:
    history = History(cache, 9)
    report = history.health.report(NEWEST, 9)
    assert [(entry.module, entry.fire_rate, entry.warns) for entry in report.entries] == [
        ("always silent", 0.0, False),
        ("even", 5 / 9, True),
    ]
    assert report.states == 9
    half = history.health.report(NEWEST, 8)
    assert [(entry.fire_rate, entry.warns) for entry in half.entries] == [(0, False), (0.5, False)]


def test_a_state_is_laid_out_once(cache: Cache) -> None:
    history = History(cache, 40)
    history.health.report((1).to_bytes(20, "big"), 30)
    assert history.laid_out == 30
    history.health.report(NEWEST, 30)
    assert history.laid_out == 31


def test_the_window_has_a_default_and_a_limit(cache: Cache) -> None:
    history = History(cache, MOST_STATES + 10)
    assert history.health.report(NEWEST).states == 200
    assert history.health.report(NEWEST, 2**32 - 1).states == MOST_STATES


def test_without_time_only_what_is_known_counts(cache: Cache) -> None:
    history = History(cache, 40)
    history.health.report(NEWEST, 10)
    report = history.health.report(NEWEST, 40, seconds=0.0)
    assert report.states == 10
    assert history.laid_out == 10


def test_without_any_state_nothing_fires(cache: Cache) -> None:
    report = History(cache, 0).health.report(b"")
    assert report.states == 0
    assert {entry.fire_rate for entry in report.entries} == {0.0}
