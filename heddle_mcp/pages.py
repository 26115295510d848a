"""A long list in parts that an answer has room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, Field

from heddle_mcp.limits import ANSWER_CHARACTERS, MAX_PAGE

Entry = TypeVar("Entry", bound=BaseModel)
Offset = Annotated[
    int, Field(ge=0, description="Entries to skip: an earlier answer's `next_offset`.")
]
Limit = Annotated[
    int, Field(ge=1, le=MAX_PAGE, description="Entries to return; fewer when they are large.")
]
NextOffset = Annotated[
    int | None, Field(description="Ask again with this as `offset` for more; null at the end.")
]


@dataclass(frozen=True, slots=True)
class Page(Generic[Entry]):
    """A part of a list, and where the next one begins; None at the end."""

    entries: list[Entry]
    next_offset: int | None


def page_of(
    entries: Sequence[Entry], offset: int, limit: int, most: int = ANSWER_CHARACTERS
) -> Page[Entry]:
    """Return so many entries from an offset, fewer when their JSON is longer than `most`.

    There is at least one where there are any, since otherwise asking again would lead nowhere.
    """
    taken: list[Entry] = []
    size = 0
    for entry in entries[offset : offset + limit]:
        size += len(entry.model_dump_json())
        if taken and size > most:
            break
        taken.append(entry)
    end = offset + len(taken)
    return Page(taken, end if taken and end < len(entries) else None)
