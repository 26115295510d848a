"""Reading what was said about symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from heddle_mcp.answers import Anchor, Piece, Turn, moment, place_of, resolution_of
from heddle_mcp.checks import Identifier, OptionalIdentifier, State, path_inside
from heddle_mcp.limits import (
    ANSWER_CHARACTERS,
    BODY_CHARACTERS,
    MAX_BODY_CHARACTERS,
    MAX_PATH_CHARACTERS,
)
from heddle_mcp.pages import Limit, NextOffset, Offset, page_of
from heddle_mcp.served import Served
from heddle_mcp.text import line
from heddle_mcp.tool import Answer, Arguments, Tool

if TYPE_CHECKING:
    from heddle_client.values import Discussion

_ROOM_FOR_A_REPLY: Final = 2_000
DiscussionId = Annotated[Identifier, Field(description="As discussion_list gives it.")]
_Status = Literal["", "open", "resolved", "orphaned"]


class DiscussionEntry(Piece):
    """One discussion, without its turns."""

    id: str
    about: Anchor = Field(description="Where the symbol is now, or was last.")
    start_line: int = Field(description="0 when the symbol is gone.")
    end_line: int
    resolution: Literal["open", "annotation", "edit", "dismissed"]
    resolved_with: str = Field(description="The annotation's id, the state, or the reason.")
    body_changed_since_open: bool
    orphaned: bool = Field(description="The symbol is gone.")
    visibility: str
    opened_at: str
    opened_against_state: str
    thread_ref: str
    turns: int
    last_turn: Turn

    @classmethod
    def of(cls, found: Discussion) -> DiscussionEntry:
        """Return the discussion for an answer."""
        resolution, told = resolution_of(found.resolution)
        return cls.model_validate(
            {
                "id": line(found.id),
                "about": Anchor.of(found.anchor),
                "start_line": found.start_line,
                "end_line": found.end_line,
                "resolution": resolution,
                "resolved_with": told,
                "body_changed_since_open": found.body_changed_since_open,
                "orphaned": found.orphaned,
                "visibility": line(found.visibility),
                "opened_at": moment(found.opened_at),
                "opened_against_state": found.opened_against_state.hex(),
                "thread_ref": line(found.thread_ref),
                "turns": len(found.turns),
                "last_turn": Turn.of(found.turns[-1], _ROOM_FOR_A_REPLY),
            }
        )


class ListArguments(Arguments):
    """Which discussions."""

    state: State = Field(
        default="HEAD", min_length=1, description="List all, each where it is in this state."
    )
    file: str = Field(
        default="",
        max_length=MAX_PATH_CHARACTERS,
        description="Only those about one symbol of this file, at HEAD.",
    )
    symbol: str = Field(
        default="",
        max_length=MAX_PATH_CHARACTERS,
        description="That symbol; the file's path for the file.",
    )
    status: _Status = Field(default="open", description="Empty for all.")
    limit: Limit = 20
    after_id: OptionalIdentifier = Field(
        default="", description="An earlier answer's `next_after_id`."
    )

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if bool(self.file) != bool(self.symbol):
            raise ValueError("give both file and symbol, or none of them")
        return self


class ListAnswer(Answer):
    """Discussions in the order of opening."""

    discussions: list[DiscussionEntry]
    next_after_id: str = Field(description="Ask again with it as `after_id`; empty at the end.")


async def _list(served: Served, asked: ListArguments) -> ListAnswer:
    more = asked.limit + 1
    if asked.file:
        file = path_inside(served.root, asked.file)
        symbol = file if asked.symbol == asked.file else asked.symbol
        found = await served.ask(
            lambda client: client.discussions.by_symbol(
                file, symbol, status=asked.status, limit=more, after_id=asked.after_id
            )
        )
    else:
        found = await served.ask(
            lambda client: client.discussions.by_state(
                asked.state, status=asked.status, limit=more, after_id=asked.after_id
            )
        )
    page = page_of([DiscussionEntry.of(each) for each in found], 0, asked.limit)
    is_last = page.next_offset is None or not page.entries
    return ListAnswer(
        on=place_of(served),
        discussions=page.entries,
        next_after_id="" if is_last else page.entries[-1].id,
    )


class ShowArguments(Arguments):
    """Which discussion, and which of its turns."""

    discussion_id: DiscussionId
    offset: Offset = 0
    limit: Limit = 50


class ShowAnswer(Answer):
    """A discussion with its turns."""

    discussion: DiscussionEntry
    turns: list[Turn] = Field(description="Oldest first.")
    next_offset: NextOffset


async def _show(served: Served, asked: ShowArguments) -> ShowAnswer:
    found = await served.ask(lambda client: client.discussions.get(asked.discussion_id))
    turns = [Turn.of(each, MAX_BODY_CHARACTERS) for each in found.turns]
    room = ANSWER_CHARACTERS - BODY_CHARACTERS
    page = page_of(turns, asked.offset, asked.limit, room)
    return ShowAnswer(
        on=place_of(served),
        discussion=DiscussionEntry.of(found),
        turns=page.entries,
        next_offset=page.next_offset,
    )


TOOLS: Final = (
    Tool(
        name="discussion_list",
        title="List discussions",
        description=(
            "List what people and agents discuss about symbols: all of a state, or those about one "
            "symbol. Use it before you change a symbol, to learn what was asked for."
        ),
        takes=ListArguments,
        returns=ListAnswer,
        run=_list,
    ),
    Tool(
        name="discussion_show",
        title="Read a discussion",
        description="Read one discussion with all its turns, in pages if it is long.",
        takes=ShowArguments,
        returns=ShowAnswer,
        run=_show,
    ),
)
