"""Which discussions somebody asks for, and what they get."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from heddle_worker.discussions.placed import PlacedDiscussion
from heddle_worker.store.placements import Listed


class Status(enum.StrEnum):
    """Which discussions are asked for."""

    ALL = ""
    OPEN = "open"
    RESOLVED = "resolved"
    ORPHANED = "orphaned"

    def admits(self, listed: Listed) -> bool:
        """Return whether a discussion is one of them."""
        match self:
            case Status.OPEN:
                return listed.is_open
            case Status.RESOLVED:
                return not listed.is_open
            case Status.ORPHANED:
                return listed.placement.is_orphaned
        return True


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which discussions of a list are asked for.

    Attributes:
        status: in which state of affairs.
        after_id: the one that comes before them in the order of opening; empty for none.
        limit: how many at most; 0 for all.
    """

    status: Status = Status.ALL
    after_id: str = ""
    limit: int = 0


EVERYTHING: Final = Wanted()


@dataclass(frozen=True, slots=True)
class Selection:
    """Discussions, as many of them as were wanted at most.

    Attributes:
        discussions: in the order of opening.
        left_out: how many more there are.
    """

    discussions: tuple[PlacedDiscussion, ...]
    left_out: int
