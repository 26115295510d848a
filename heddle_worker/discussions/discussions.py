"""The discussions of a repository, each where its symbol is in the state that is asked about."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import apsw

from heddle_worker.discussions.heads import Head, Heads
from heddle_worker.discussions.placed import PlacedDiscussion
from heddle_worker.discussions.placing import Placing
from heddle_worker.discussions.placings import Placings
from heddle_worker.discussions.wanted import EVERYTHING, Selection, Wanted
from heddle_worker.failures import NotFoundError, ReplyTooLargeError
from heddle_worker.limits import MAX_MESSAGE_BYTES
from heddle_worker.repository.state import State
from heddle_worker.review.change import Annotation
from heddle_worker.store import annotations as stored_annotations
from heddle_worker.store import discussions, placements
from heddle_worker.store.placements import Listed, Placement
from heddle_worker.store.readers import Readers

T = TypeVar("T")

_FRAME_BYTES: Final = 256
"""What a discussion takes in a message besides its texts, about."""


class Discussions:
    """Finds discussions. Its methods block, and raise a `StoreError` when the store fails.

    Args:
        heads: of the repository's worktrees.
        placings: where discussions are.
        readers: of the store.
        root: the worktree that is served, or the bare repository.
    """

    def __init__(self, heads: Heads, placings: Placings, readers: Readers, root: Path) -> None:
        self._heads = heads
        self._placings = placings
        self._readers = readers
        self._root = root

    def head(self, root: Path | None = None) -> Head:
        """Return what a worktree has checked out; without its root, the one that is served.

        Raises:
            RepositoryError: it cannot be opened.
        """
        return self._heads.of(root or self._root)

    def find(self, discussion_id: str, head: Head) -> PlacedDiscussion:
        """Return a discussion, at a `HEAD`.

        Raises:
            NotFoundError: there is none with this id.
        """

        def look(connection: apsw.Connection, placing: Placing) -> PlacedDiscussion | None:
            found = discussions.find(connection, discussion_id)
            if found is None:
                raise NotFoundError(f"discussion {discussion_id} not found")
            place = placing.of(connection, [found.number]).get(found.number)
            return None if place is None else PlacedDiscussion(found, place)

        while True:
            # It may have been opened since it was looked where the discussions are.
            if (found := self._looked(head.state_id, head, look)) is not None:
                return found

    def by_symbol(
        self, paths: Collection[bytes], symbol: str, head: Head, wanted: Wanted = EVERYTHING
    ) -> list[PlacedDiscussion]:
        """Return the discussions of a symbol at a `HEAD`, in the order of opening.

        Args:
            paths: of the file; several when its name can be read in several ways.
            symbol: its name; of a file as a whole, the file's path as people are shown it.
            head: what is checked out.
            wanted: which of them.

        Raises:
            NotFoundError: there is no discussion to come after.
            ReplyTooLargeError: they are too much for one message.
        """

        def look(connection: apsw.Connection, placing: Placing) -> list[PlacedDiscussion]:
            after = _after(connection, wanted)
            found = [placing.at(connection, path, symbol, after) for path in paths]
            return _fitting(connection, itertools.chain(*found), wanted)

        return self._looked(head.state_id, head, look)

    def in_state(
        self, state: State, head: Head | None = None, wanted: Wanted = EVERYTHING
    ) -> list[PlacedDiscussion]:
        """Return the discussions as they are in a state, in the order of opening.

        Args:
            state: where to look for them.
            head: a `HEAD` that the state is near to; that of the served worktree by default.
            wanted: which of them.

        Raises:
            NotFoundError: there is no discussion to come after.
            ReplyTooLargeError: they are too much for one message.
        """

        def look(connection: apsw.Connection, placing: Placing) -> list[PlacedDiscussion]:
            found = placing.everywhere(connection, _after(connection, wanted))
            return _fitting(connection, found, wanted)

        return self._looked(state.id, head or self.head(), look)

    def of_lost_state(
        self, state_id: bytes, head: Head, wanted: Wanted = EVERYTHING
    ) -> list[PlacedDiscussion]:
        """Return the discussions opened against a state that is gone, as they are at a `HEAD`.

        Args:
            state_id: raw id of the state.
            head: what is checked out.
            wanted: which of them.

        Raises:
            NotFoundError: there is no discussion to come after.
            ReplyTooLargeError: they are too much for one message.
        """

        def look(connection: apsw.Connection, placing: Placing) -> list[PlacedDiscussion]:
            after = _after(connection, wanted)
            numbers = discussions.opened_against(connection, state_id)
            placed = placing.of(connection, [number for number in numbers if number > after])
            found = placements.as_listed(connection, placed.values())
            return _fitting(connection, found, wanted)

        return self._looked(head.state_id, head, look)

    def of_symbols(
        self,
        state: State | None,
        places: Collection[tuple[bytes, str]],
        most_bytes: int,
        head: Head | None = None,
    ) -> Selection:
        """Return the discussions of some symbols as they are in a state.

        Args:
            state: where to look for them; `None` for what is checked out.
            places: paths and names of the symbols; of files as wholes, the path as people see it.
            most_bytes: how long all of them may be together.
            head: a `HEAD` that the state is near to; that of the served worktree by default.
        """
        near = head or self.head()

        def look(connection: apsw.Connection, placing: Placing) -> Selection:
            return _selection(connection, placing.at_any(connection, places), most_bytes)

        return self._looked(near.state_id if state is None else state.id, near, look)

    def has_annotations(self) -> bool:
        """Return whether there is any annotation."""
        with self._readers.snapshot() as connection:
            return stored_annotations.has_any(connection)

    def annotations_in(self, state: State | None, head: Head | None = None) -> list[Annotation]:
        """Return all annotations as they are in a state, in the order of their discussions.

        Args:
            state: where to look for their symbols; `None` for what is checked out.
            head: a `HEAD` that the state is near to; that of the served worktree by default.
        """
        near = head or self.head()

        def look(connection: apsw.Connection, placing: Placing) -> list[Annotation]:
            every = stored_annotations.every(connection)
            places = placing.of(connection, [one.discussion for one in every])
            return [
                Annotation(
                    id=one.id,
                    kind=one.kind,
                    content=one.content,
                    tags=one.tags,
                    path=place.path,
                    symbol=place.symbol,
                    is_orphaned=place.is_orphaned,
                )
                for one in every
                if (place := places.get(one.discussion)) is not None
            ]

        return self._looked(near.state_id if state is None else state.id, near, look)

    def _looked(
        self, state_id: bytes, head: Head, look: Callable[[apsw.Connection, Placing], T]
    ) -> T:
        """Look at the discussions in a state, all of it at the same moment."""
        while True:
            placing = self._placings.in_state(state_id, head)
            with self._readers.snapshot() as connection:
                if placing.is_true(connection):
                    return look(connection, placing)


def _after(connection: apsw.Connection, wanted: Wanted) -> int:
    """Return the number after which discussions are wanted."""
    if not wanted.after_id:
        return 0
    number = discussions.number_of(connection, wanted.after_id)
    if number is None:
        raise NotFoundError(f"discussion {wanted.after_id} not found")
    return number


def _fitting(
    connection: apsw.Connection, listed: Iterable[Listed], wanted: Wanted
) -> list[PlacedDiscussion]:
    admitted = filter(wanted.status.admits, listed)
    rows = itertools.islice(admitted, wanted.limit or None)
    chosen: dict[int, Placement] = {}
    size = 0
    for row in rows:
        size += row.size + _FRAME_BYTES
        if size > MAX_MESSAGE_BYTES:
            raise ReplyTooLargeError(
                f"more than {len(chosen)} of these discussions are too much for one message; "
                "ask for parts of them with limit and after_id"
            )
        chosen[row.placement.discussion] = row.placement
    return _loaded(connection, chosen)


def _selection(connection: apsw.Connection, rows: Iterable[Listed], most_bytes: int) -> Selection:
    """Load the discussions of some rows until they are too long."""
    chosen = {}
    left_out = 0
    for row in rows:
        most_bytes -= row.size + _FRAME_BYTES
        if most_bytes >= 0:
            chosen[row.placement.discussion] = row.placement
        else:
            left_out += 1
    return Selection(tuple(_loaded(connection, chosen)), left_out)


def _loaded(connection: apsw.Connection, chosen: Mapping[int, Placement]) -> list[PlacedDiscussion]:
    found = discussions.load(connection, sorted(chosen))
    return [PlacedDiscussion(one, chosen[one.number]) for one in found]
