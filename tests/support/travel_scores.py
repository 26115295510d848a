"""How often what is said about symbols is the truth."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from generated_history import Moment, Standing
from real_outlines import Knowledge, anchor

from heddle_worker.review.change import Place


@dataclass(slots=True)
class Scores:
    """Counts of what was found rightly, found wrongly and missed, by what was to be found."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def count(self, kind: str, found: set[tuple[str, ...]], true: set[tuple[str, ...]]) -> None:
        self.right[kind] += len(found & true)
        self.wrong[kind] += len(found - true)
        self.missed[kind] += len(true - found)
        self.examples += [f"wrongly {kind}: {each}" for each in sorted(found - true)]
        self.examples += [f"not found {kind}: {each}" for each in sorted(true - found)]

    def precision(self, kind: str) -> float:
        return self.right[kind] / max(1, self.right[kind] + self.wrong[kind])

    def recall(self, kind: str) -> float:
        return self.right[kind] / max(1, self.right[kind] + self.missed[kind])

    def lines(self) -> list[str]:
        return [
            f"{kind:9} {self.right[kind]:6} precision {self.precision(kind):.4f} "
            f"recall {self.recall(kind):.4f}"
            for kind in sorted(self.right | self.wrong | self.missed)
        ]


def score_changes(knowledge: Knowledge, moments: Sequence[Moment], scores: Scores) -> None:
    """Count what is said about each commit."""
    for before, after in itertools.pairwise(moments):
        found: dict[str, set[tuple[str, ...]]] = {kind: set() for kind in _KINDS}
        for change in knowledge.changes(before.state, after.state):
            where = (*_where(change.old), *_where(change.new))
            if change.old is None or change.new is None:
                found["added" if change.old is None else "deleted"].add(where)
            for kind in ("moved", "renamed", "edited"):
                if getattr(change, f"is_{kind}"):
                    found[kind].add(where)
        true = _truth(before, after)
        for kind in _KINDS:
            scores.count(kind, found[kind], true[kind])


def score_travel(
    knowledge: Knowledge, moments: Sequence[Moment], target: Moment, scores: Scores
) -> None:
    """Count where the symbols of each commit are said to be in one."""
    for moment in moments:
        for number, standing in moment.standings.items():
            path = standing.path.encode()
            symbol = next(
                each for each in knowledge.symbols(moment.state, path) if each.name == standing.name
            )
            (placed,) = knowledge.traveller.place(
                [anchor(moment.state, path, symbol)], target.state
            )
            there = target.standings.get(number)
            true = (
                ("orphaned",)
                if there is None
                else (there.path, there.name, str(there.text != standing.text))
            )
            found = (
                ("orphaned",)
                if placed.orphaned
                else (placed.path.decode(), placed.symbol, str(placed.body_changed))
            )
            source = (moment.state.hex()[:8], standing.path, standing.name)
            scores.count("placed", {(*source, *found)}, {(*source, *true)})


_KINDS = ("moved", "renamed", "edited", "added", "deleted")


def _truth(before: Moment, after: Moment) -> dict[str, set[tuple[str, ...]]]:
    true: dict[str, set[tuple[str, ...]]] = {kind: set() for kind in _KINDS}
    for number in before.standings.keys() | after.standings.keys():
        old, new = before.standings.get(number), after.standings.get(number)
        where = (*_standing(old), *_standing(new))
        if old is None or new is None:
            true["added" if old is None else "deleted"].add(where)
            continue
        if (old.path, old.parent) != (new.path, new.parent):
            true["moved"].add(where)
        if old.simple != new.simple:
            true["renamed"].add(where)
        if old.fingerprint != new.fingerprint:
            true["edited"].add(where)
    return true


def _standing(standing: Standing | None) -> tuple[str, ...]:
    return () if standing is None else (standing.path, standing.name)


def _where(place: Place | None) -> tuple[str, ...]:
    return () if place is None else (place.path.decode(), place.symbol.name)
