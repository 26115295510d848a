"""What is about to enter the operation log, together with what it was read from."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from heddle_worker.repository.activity import Verb

RefTarget: TypeAlias = tuple[bytes, bytes | None]
"""A ref's full name and the raw id where it points; `None` when it is gone."""


class Activity(NamedTuple):
    """Something that git did.

    Attributes:
        timestamp_secs: when, in Unix seconds.
        verb: what.
        actor_email: who; empty when git does not record it.
        thread: short name of the branch concerned; empty for none.
        change_id: raw id of the commit that it led to; empty for none.
        old_id: raw id of the commit before; empty for none.
        detail: the reflog's message, or the name of a tag.
    """

    timestamp_secs: int
    verb: Verb
    actor_email: str = ""
    thread: str = ""
    change_id: bytes = b""
    old_id: bytes = b""
    detail: str = ""


class Rank(enum.IntEnum):
    """What comes first among entries of the same second from different sources."""

    HEAD = 0
    BRANCH = 1
    TAG = 2
    COMPARED = 3


class Place(NamedTuple):
    """A line that an entry was read from.

    Attributes:
        log: place of its log among those that were read together.
        end: offset after the line.
        branch: the branch that a `HEAD` was on after it.
        line_id: lasting and unique.
    """

    log: int
    end: int
    branch: bytes
    line_id: bytes


@dataclass(slots=True)
class Entry:
    """One or more activities that belong together, and what becomes known with them.

    Attributes:
        seconds, rank: where it belongs among entries of other sources.
        activities: usually one; none when the log has the entry already.
        places: the lines that tell of it.
        refs: where they point from now on.
        pairing: content of the line, when one of another log may turn out to tell the same.
        of_head: the line is that of a `HEAD`, the other one a branch's; or the reverse.
        found: the operation log's entry that the line turned out to belong to.
        waits_for: entries that come before it.
    """

    seconds: int
    rank: Rank
    activities: tuple[Activity, ...]
    places: tuple[Place, ...] = ()
    refs: tuple[RefTarget, ...] = ()
    pairing: bytes = b""
    of_head: bool = False
    found: int | None = None
    waits_for: tuple[Entry, ...] = ()
