"""Finding the symbols of discussions again, wherever they have gone."""

from __future__ import annotations

from collections.abc import Mapping

from heddle_worker.discussions.origins import Outlining
from heddle_worker.repository.states import States
from heddle_worker.store.discussions import Origin
from heddle_worker.store.placements import Placement
from heddle_worker.symbols.outline import Source


class Travelling:
    """Finds a symbol in the file and under the name that it had."""

    def __init__(self, states: States, outlines: Outlining) -> None:
        self._states = states
        self._outlines = outlines

    def place(self, origins: Mapping[int, Origin], state_id: bytes) -> list[Placement]:
        """Return the place of each discussion in a state; see `Placer`."""
        tree = self._states.get(state_id).tree
        return [self._placed(number, origin, tree) for number, origin in origins.items()]

    def _placed(self, number: int, origin: Origin, tree: bytes) -> Placement:
        version = self._states.file_at(tree, origin.path)
        if version is None:
            return Placement(number, origin.path, origin.symbol, 0, 0, False, True)
        if origin.is_file:
            changed = version.blob != origin.content
            return Placement(number, origin.path, origin.symbol, 0, 0, changed, False)
        (outline,) = self._outlines.of([Source(version.path, version.blob)])
        found = outline.find(origin.symbol)
        if found is None:
            return Placement(number, origin.path, origin.symbol, 0, 0, False, True)
        changed = found.content != origin.content
        return Placement(
            number, origin.path, found.name, found.start_line, found.end_line, changed, False
        )
