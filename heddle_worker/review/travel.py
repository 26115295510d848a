"""Where anchors are in a state: by what is the same there, else by history, else by content."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from typing import Final, Protocol

from heddle_worker.repository.errors import RepositoryError
from heddle_worker.review.anchor import Anchor, Placement, placed, placed_file
from heddle_worker.review.history import History, Lookups
from heddle_worker.review.searching import Search
from heddle_worker.symbols.outline import OUTLINE_VERSION

TRAVEL_VERSION: Final = 1
"""Raised whenever the same anchor may be placed elsewhere; part of every cache's key."""

_KIND: Final = "placement"


class Kept(Protocol):
    """Values by kind and key, such as a `Cache`."""

    def get(self, kind: str, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the values of those keys that have one."""
        ...

    def put(self, kind: str, values: dict[bytes, bytes]) -> None:
        """Keep values."""
        ...


class Traveller:
    """Places anchors in states. Its methods block, and may be called from any thread.

    Args:
        history: of the repository.
        kept: where placements are kept that were found by walking.
    """

    def __init__(self, history: History, kept: Kept) -> None:
        self._history = history
        self._kept = kept

    def place(self, anchors: Sequence[Anchor], target: bytes) -> list[Placement]:
        """Return where anchors are in a state, in the same order.

        Args:
            anchors: any number; those of one file share what is looked up.
            target: raw id of the state, which has to exist.

        Raises:
            RepositoryError: the state cannot be read.
        """
        lookups = Lookups(self._history)
        found: dict[Anchor, Placement] = {}
        moving = []
        for anchor in dict.fromkeys(anchors):
            placement = _as_it_was(anchor, target, lookups)
            if placement is None:
                moving.append(anchor)
            else:
                found[anchor] = placement
        if moving:
            self._place_moved(moving, target, lookups, found)
        return [found[anchor] for anchor in anchors]

    def _place_moved(
        self,
        anchors: Sequence[Anchor],
        target: bytes,
        lookups: Lookups,
        found: dict[Anchor, Placement],
    ) -> None:
        """Put into `found` where those are that are not as they were."""
        present = {state: _has(self._history, state) for state in {a.state for a in anchors}}
        keys = {anchor: _key(anchor, target, present[anchor.state]) for anchor in anchors}
        kept = self._kept.get(_KIND, list(keys.values()))
        fresh: dict[bytes, bytes] = {}
        search = Search(self._history, lookups, target)
        for anchor in sorted(anchors, key=lambda each: (each.path, each.state, each.symbol)):
            placement = _decode(kept.get(keys[anchor]))
            if placement is None:
                placement, is_final = search.find(anchor, present[anchor.state])
                if is_final:
                    fresh[keys[anchor]] = _encode(placement)
            found[anchor] = placement
        self._kept.put(_KIND, fresh)


def _as_it_was(anchor: Anchor, target: bytes, lookups: Lookups) -> Placement | None:
    """Return the placement of what has kept its path, its name and its content."""
    version = lookups.file_at(target, anchor.path)
    if version is None:
        return None
    if anchor.is_file:
        is_same = version.blob == anchor.content
        return placed_file(anchor, anchor.path, version.blob) if is_same else None
    place = lookups.symbol_at(target, anchor.path, anchor.symbol)
    if place is None or place.symbol.content != anchor.content:
        return None
    return placed(anchor, place)


def _has(history: History, state: bytes) -> bool:
    try:
        return history.has(state)
    except RepositoryError:
        return False


def _key(anchor: Anchor, target: bytes, is_present: bool) -> bytes:
    words = (
        f"{TRAVEL_VERSION} {OUTLINE_VERSION} {is_present}".encode(),
        anchor.state,
        target,
        anchor.path,
        anchor.symbol.encode(),
        anchor.content,
    )
    digest = hashlib.blake2b(digest_size=20)
    for word in words:
        digest.update(len(word).to_bytes(4, "big") + word)
    return digest.digest()


def _encode(placement: Placement) -> bytes:
    values = dataclasses.asdict(placement)
    return json.dumps(values | {"path": placement.path.decode("latin-1")}).encode()


def _decode(value: bytes | None) -> Placement | None:
    if value is None:
        return None
    values = json.loads(value)
    return Placement(**values | {"path": values["path"].encode("latin-1")})
