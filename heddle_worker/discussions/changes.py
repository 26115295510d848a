"""What clients change about discussions, as changes that the operation log tells of."""

from __future__ import annotations

import dataclasses
import uuid
from dataclasses import dataclass
from typing import Final

import apsw

from heddle_worker.discussions.placed import PlacedDiscussion, where_opened
from heddle_worker.failures import LimitReachedError, NotFoundError, PreconditionError
from heddle_worker.limits import MAX_DISCUSSION_BYTES, MAX_TURNS
from heddle_worker.mutations import Change, Changed, Occasion
from heddle_worker.store import annotations as stored_annotations
from heddle_worker.store import discussions
from heddle_worker.store.annotations import StoredAnnotation
from heddle_worker.store.discussions import Discussion, NewDiscussion, Origin, Resolution, Turn
from heddle_worker.store.operations import NewOperation

_EXCERPT: Final = 120
"""Characters of a body that the operation log quotes."""


@dataclass(frozen=True, slots=True)
class Here:
    """Where a call is made from.

    Attributes:
        branch: that is checked out; empty for none.
        state_id: raw id of what is checked out; empty for nothing.
    """

    branch: str
    state_id: bytes


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is to come of a discussion.

    Attributes:
        resolution: in which way it is settled.
        resolved_by: raw id of the state that settles it, `BY_EDIT`.
        reason: why it is `DISMISSED`.
        kind, content, tags: of the annotation, `INTO_ANNOTATION`.
    """

    resolution: Resolution
    resolved_by: bytes = b""
    reason: str = ""
    kind: str = ""
    content: str = ""
    tags: tuple[str, ...] = ()

    @property
    def gist(self) -> str:
        """What people are told of it in one line."""
        return self.reason or self.content


def opening(
    origin: Origin, body: str, *, visibility: str, thread_ref: str, here: Here
) -> Change[PlacedDiscussion]:
    """Return the change that opens a discussion about a symbol."""
    discussion_id = str(uuid.uuid4())

    def change(connection: apsw.Connection, occasion: Occasion) -> Changed[PlacedDiscussion]:
        new = NewDiscussion(discussion_id, origin, _turn(occasion, body), thread_ref, visibility)
        number = discussions.add(connection, new)
        placed = PlacedDiscussion(_found(connection, discussion_id), where_opened(number, origin))
        entry = _entry(occasion, placed, here, body, change_id=origin.state_id)
        return Changed(placed, (entry,))

    return change


def appending(placed: PlacedDiscussion, body: str, here: Here) -> Change[PlacedDiscussion]:
    """Return the change that appends a turn to a discussion, be it settled or not.

    It raises `LimitReachedError` when the discussion has as many turns, or is as long, as may be.
    """

    def change(connection: apsw.Connection, occasion: Occasion) -> Changed[PlacedDiscussion]:
        before = _found(connection, placed.discussion.id)
        turns, size = discussions.append(connection, before.number, _turn(occasion, body))
        if turns > MAX_TURNS:
            raise LimitReachedError(
                f"discussion {before.id} has {MAX_TURNS} turns, as many as may be; open another one"
            )
        if size > MAX_DISCUSSION_BYTES:
            raise LimitReachedError(
                f"discussion {before.id} would be longer than {MAX_DISCUSSION_BYTES} bytes; "
                "open another one"
            )
        after = _renewed(connection, placed)
        return Changed(after, (_entry(occasion, after, here, body),))

    return change


def resolving(
    placed: PlacedDiscussion, settlement: Settlement, here: Here
) -> Change[PlacedDiscussion]:
    """Return the change that settles a discussion.

    It raises `PreconditionError` when the discussion was settled before.
    """
    annotation_id = str(uuid.uuid4())

    def change(connection: apsw.Connection, occasion: Occasion) -> Changed[PlacedDiscussion]:
        before = _found(connection, placed.discussion.id)
        if not before.is_open:
            raise PreconditionError(
                f"discussion {before.id} is resolved already ({before.resolution}); "
                "append a turn to it, or open another one"
            )
        discussions.resolve(
            connection,
            before.number,
            settlement.resolution,
            resolved_by=settlement.resolved_by,
            reason=settlement.reason,
        )
        if settlement.resolution is Resolution.INTO_ANNOTATION:
            stored_annotations.add(
                connection,
                StoredAnnotation(
                    annotation_id,
                    before.number,
                    settlement.kind,
                    settlement.content,
                    settlement.tags,
                ),
            )
        after = _renewed(connection, placed)
        told = f"{settlement.resolution} {settlement.gist}".rstrip()
        entry = _entry(occasion, after, here, told, change_id=settlement.resolved_by)
        return Changed(after, (entry,))

    return change


def _turn(occasion: Occasion, body: str) -> Turn:
    return Turn(occasion.principal.name, occasion.principal.email, body, occasion.now)


def _found(connection: apsw.Connection, discussion_id: str) -> Discussion:
    found = discussions.find(connection, discussion_id)
    if found is None:
        raise NotFoundError(f"discussion {discussion_id} not found")
    return found


def _renewed(connection: apsw.Connection, placed: PlacedDiscussion) -> PlacedDiscussion:
    found = _found(connection, placed.discussion.id)
    return dataclasses.replace(placed, discussion=found)


def _entry(
    occasion: Occasion, placed: PlacedDiscussion, here: Here, told: str, change_id: bytes = b""
) -> NewOperation:
    line = " ".join(told.split())
    excerpt = line if len(line) <= _EXCERPT else f"{line[: _EXCERPT - 1]}…"
    return occasion.operation(
        thread=placed.discussion.thread_ref or here.branch,
        change_id=change_id or here.state_id,
        detail=f"{placed.discussion.id} {excerpt}",
        symbols=(placed.log_symbol,),
    )
