"""Finding the symbols of discussions again, wherever history has taken them."""

from __future__ import annotations

from collections.abc import Mapping

from heddle_worker.review.anchor import Anchor
from heddle_worker.review.travel import Traveller
from heddle_worker.store.discussions import Origin
from heddle_worker.store.placements import Placement
from heddle_worker.symbols.outline import SymbolKind


class Travelling:
    """Places discussions by following their symbols.

    Args:
        traveller: follows them.
    """

    def __init__(self, traveller: Traveller) -> None:
        self._traveller = traveller

    def place(self, origins: Mapping[int, Origin], state_id: bytes) -> list[Placement]:
        """Return the place of each discussion in a state that exists; see `Placer`.

        Raises:
            RepositoryError: the state cannot be read.
        """
        anchors = [_anchor(origin) for origin in origins.values()]
        return [
            Placement(
                discussion=number,
                path=found.path,
                symbol=found.symbol,
                start_line=found.start_line,
                end_line=found.end_line,
                is_changed=found.body_changed,
                is_orphaned=found.orphaned,
            )
            for number, found in zip(origins, self._traveller.place(anchors, state_id), strict=True)
        ]


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
