"""A discussion, and where it is in one state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from heddle_worker.repository.display import displayed
from heddle_worker.store.discussions import Discussion, Origin
from heddle_worker.store.placements import Placement


class Placer(Protocol):
    """Finds where the symbols of discussions are in a state."""

    @property
    def version(self) -> str:
        """What differs from that of every other that may find them elsewhere."""
        ...

    def place(self, origins: Mapping[int, Origin], state_id: bytes) -> list[Placement]:
        """Return the place of each discussion in a state that exists.

        Args:
            origins: what the discussions are about, by their numbers.
            state_id: raw id of the state.
        """
        ...

    def advance(
        self, origins: Mapping[int, Origin], before: Mapping[int, Placement], old: bytes, new: bytes
    ) -> list[Placement]:
        """Return the place of each discussion in a state, from where it is in an earlier one.

        Args:
            origins: what the discussions are about, by their numbers.
            before: where they are in the earlier state; none of them is orphaned there.
            old: raw id of the earlier state.
            new: raw id of the state.
        """
        ...

    def arrivals(
        self, touched: Collection[bytes], old: bytes, new: bytes
    ) -> Callable[[Origin, Placement], bool]:
        """Return what tells whether a symbol that is gone in one state may be in another.

        It takes what a discussion is about, and where it was last in the old state.

        Args:
            touched: the paths at which the two states differ.
            old: raw id of the state in which symbols are gone.
            new: raw id of the other.
        """
        ...


@dataclass(frozen=True, slots=True)
class PlacedDiscussion:
    """A discussion in one state.

    Attributes:
        discussion: what was said.
        place: where its symbol is in the state, or was last.
    """

    discussion: Discussion
    place: Placement

    @property
    def path(self) -> bytes:
        """The file's, as git has it."""
        return self.place.path

    @property
    def symbol(self) -> str:
        """The symbol's name; for a file as a whole, its path as people are shown it."""
        return self.place.symbol

    @property
    def body_changed_since_open(self) -> bool:
        """Whether the symbol's bytes are not those it was opened about."""
        return self.place.is_changed

    @property
    def is_orphaned(self) -> bool:
        """Whether the symbol is gone."""
        return self.place.is_orphaned

    @property
    def log_symbol(self) -> str:
        """The symbol as the operation log names it: `file:symbol`, or the file alone."""
        return log_symbol(self.path, self.symbol)


def log_symbol(path: bytes, symbol: str) -> str:
    """Return a symbol as the operation log names it: `file:symbol`, or the file alone."""
    file = displayed(path)
    return file if symbol == file else f"{file}:{symbol}"


def where_opened(number: int, origin: Origin) -> Placement:
    """Return the place of a discussion in the state that it was opened against."""
    return Placement(
        discussion=number,
        path=origin.path,
        symbol=origin.symbol,
        start_line=origin.start_line,
        end_line=origin.end_line,
        is_changed=False,
        is_orphaned=False,
    )
