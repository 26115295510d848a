"""Finding the symbols of discussions again, wherever history has taken them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

from heddle_worker.discussions.origins import Outlining
from heddle_worker.discussions.returning import arrivals
from heddle_worker.repository.states import States
from heddle_worker.review import anchor as anchors
from heddle_worker.review.anchor import Anchor
from heddle_worker.review.travel import TRAVEL_VERSION, Traveller
from heddle_worker.store.discussions import Origin
from heddle_worker.store.placements import Placement
from heddle_worker.symbols.outline import OUTLINE_VERSION, Source, Symbol, SymbolKind


class Travelling:
    """Places discussions by following their symbols; a `Placer`.

    Its methods block, and raise a `RepositoryError` when a state cannot be read.

    Args:
        traveller: follows them.
        states: of the repository.
        outlines: of its files.

    Attributes:
        version: changes with every change of how symbols are found.
    """

    version: Final = f"{TRAVEL_VERSION}.{OUTLINE_VERSION}"

    def __init__(self, traveller: Traveller, states: States, outlines: Outlining) -> None:
        self._traveller = traveller
        self._states = states
        self._outlines = outlines

    def place(self, origins: Mapping[int, Origin], state_id: bytes) -> list[Placement]:
        """Return the place of each discussion in a state that exists."""
        wanted = [_anchor(origin) for origin in origins.values()]
        found = self._traveller.place(wanted, state_id)
        return [
            _placement(number, one, is_changed=one.body_changed)
            for number, one in zip(origins, found, strict=True)
        ]

    def advance(
        self, origins: Mapping[int, Origin], before: Mapping[int, Placement], old: bytes, new: bytes
    ) -> list[Placement]:
        """Return the same, from where each is in an earlier state: a shorter way to go."""
        then = _Symbols(self._states, self._outlines, old)
        now = _Symbols(self._states, self._outlines, new)
        then.read({place.path for place in before.values()})
        known = {
            number: _anchor_in(old, origin, before[number], then)
            for number, origin in origins.items()
        }
        found = self._traveller.place(list(known.values()), new)
        now.read({one.path for one in found if one.body_changed})
        return [
            _placement(number, one, is_changed=_has_changed(origin, known[number], one, now))
            for (number, origin), one in zip(origins.items(), found, strict=True)
        ]

    def arrivals(
        self, touched: Collection[bytes], old: bytes, new: bytes
    ) -> Callable[[Origin, Placement], bool]:
        """Return what tells whether a symbol that is gone in one state may be in another."""
        return arrivals(self._states, self._outlines, touched, old, new).may_have


class _Symbols:
    """The symbols of one state, by file and name."""

    def __init__(self, states: States, outlines: Outlining, state_id: bytes) -> None:
        self._states = states
        self._outlines = outlines
        self._tree = states.get(state_id).tree
        self._blobs: dict[bytes, bytes] = {}
        self._found: dict[tuple[bytes, str], Symbol] = {}

    def read(self, paths: Collection[bytes]) -> None:
        """Read some files."""
        for path in paths:
            version = self._states.file_at(self._tree, path)
            if version is not None:
                self._blobs[path] = version.blob
        sources = [Source(path, blob) for path, blob in self._blobs.items()]
        for source, outline in zip(sources, self._outlines.of(sources), strict=True):
            for symbol in outline.symbols:
                self._found[source.path, symbol.name] = symbol

    def at(self, path: bytes, name: str) -> Symbol | None:
        """Return the symbol of a file that was read."""
        return self._found.get((path, name))

    def blob(self, path: bytes) -> bytes:
        """Return the raw id of the blob of a file that was read; empty when there is none."""
        return self._blobs.get(path, b"")


def _anchor(origin: Origin) -> Anchor:
    return Anchor(
        state=origin.state_id,
        path=origin.path,
        symbol=origin.symbol,
        kind=None if origin.is_file else SymbolKind(origin.kind),
        start_line=origin.start_line,
        end_line=origin.end_line,
        content=origin.content,
        meaning=origin.meaning,
        sketch=origin.sketch,
    )


def _anchor_in(state: bytes, origin: Origin, place: Placement, then: _Symbols) -> Anchor:
    """Return the anchor of a discussion where it was in a state; else the one it began with."""
    if origin.is_file:
        blob = then.blob(place.path)
        known = Anchor(state, place.path, place.symbol, None, 0, 0, blob, blob, ())
        return known if blob else _anchor(origin)
    symbol = then.at(place.path, place.symbol)
    if symbol is None:
        return _anchor(origin)
    return Anchor(
        state=state,
        path=place.path,
        symbol=symbol.name,
        kind=symbol.kind,
        start_line=symbol.start_line,
        end_line=symbol.end_line,
        content=symbol.content,
        meaning=symbol.meaning,
        sketch=symbol.sketch,
    )


def _has_changed(origin: Origin, known: Anchor, found: anchors.Placement, now: _Symbols) -> bool:
    """Return whether a symbol is not, byte by byte, what its discussion began with."""
    if found.orphaned:
        return True
    if not found.body_changed:
        return known.content != origin.content
    if origin.is_file:
        return now.blob(found.path) != origin.content
    symbol = now.at(found.path, found.symbol)
    return symbol is None or symbol.content != origin.content


def _placement(number: int, found: anchors.Placement, *, is_changed: bool) -> Placement:
    return Placement(
        discussion=number,
        path=found.path,
        symbol=found.symbol,
        start_line=found.start_line,
        end_line=found.end_line,
        is_changed=is_changed,
        is_orphaned=found.orphaned,
    )
