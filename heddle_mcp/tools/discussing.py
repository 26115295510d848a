"""Saying something about symbols, and settling it."""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from heddle_mcp.answers import place_of
from heddle_mcp.checks import Body, FilePath, Name, State, Words, path_inside
from heddle_mcp.served import Served
from heddle_mcp.tool import Answer, Arguments, Tool
from heddle_mcp.tools.discussions import DiscussionEntry, DiscussionId

_TAGS_MAX: Final = 64


class DiscussionAnswer(Answer):
    """A discussion after a change."""

    discussion: DiscussionEntry


class OpenArguments(Arguments):
    """What to discuss, and the first words."""

    file: FilePath
    symbol: Name = Field(
        description="Its name after its parents', such as `Parser::parse`; the file's path for "
        "the file as a whole."
    )
    body: Body
    state: State = Field(default="HEAD", min_length=1)
    visibility: Literal["", "public", "internal", "team_scoped", "restricted"] = ""
    thread_ref: Words = Field(default="", description="Ties it to a ticket, say.")


async def _open(served: Served, asked: OpenArguments) -> DiscussionAnswer:
    file = path_inside(served.root, asked.file)
    symbol = file if asked.symbol == asked.file else asked.symbol
    opened = await served.ask(
        lambda client: client.discussions.open(
            file,
            symbol,
            asked.body,
            state=asked.state,
            visibility=asked.visibility,
            thread_ref=asked.thread_ref,
        )
    )
    return DiscussionAnswer(on=place_of(served), discussion=DiscussionEntry.of(opened))


class ReplyArguments(Arguments):
    """What to say in which discussion."""

    discussion_id: DiscussionId
    body: Body


async def _reply(served: Served, asked: ReplyArguments) -> DiscussionAnswer:
    replied = await served.ask(
        lambda client: client.discussions.append(asked.discussion_id, asked.body)
    )
    return DiscussionAnswer(on=place_of(served), discussion=DiscussionEntry.of(replied))


class ResolveArguments(Arguments):
    """How to settle a discussion."""

    discussion_id: DiscussionId
    how: Literal["dismissed", "edit", "annotation"] = Field(
        description="dismissed: nothing needs to be done, `text` says why. edit: the commit "
        "`state` has settled it. annotation: `text` is written down at the symbol as an insight."
    )
    text: Words = ""
    state: State = ""
    kind: Literal["", "constraint", "invariant", "rationale"] = Field(
        default="", description="Of an annotation."
    )
    tags: list[Name] = Field(default=[], max_length=_TAGS_MAX, description="Of an annotation.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.how == "edit" and not self.state:
            raise ValueError("how=edit needs state: the commit that has settled it")
        if self.how != "edit" and not self.text.strip():
            raise ValueError(f"how={self.how} needs text")
        if self.how == "annotation" and not self.kind:
            raise ValueError("how=annotation needs kind: constraint, invariant or rationale")
        return self


async def _resolve(served: Served, asked: ResolveArguments) -> DiscussionAnswer:
    named = asked.discussion_id
    if asked.how == "dismissed":
        settled = await served.ask(lambda client: client.discussions.dismiss(named, asked.text))
    elif asked.how == "edit":
        settled = await served.ask(
            lambda client: client.discussions.resolve_by_edit(named, asked.state)
        )
    else:
        settled = await served.ask(
            lambda client: client.discussions.resolve_into_annotation(
                named, asked.kind, asked.text, tags=tuple(asked.tags)
            )
        )
    return DiscussionAnswer(on=place_of(served), discussion=DiscussionEntry.of(settled))


TOOLS: Final = (
    Tool(
        name="discussion_open",
        title="Open a discussion",
        description=(
            "Start a discussion about a symbol of a commit: a question, a doubt, a finding. It "
            "stays with the symbol through renames, moves and rebases. NOT_FOUND or "
            "INVALID_ARGUMENT names the symbols that may have been meant."
        ),
        takes=OpenArguments,
        returns=DiscussionAnswer,
        run=_open,
        reads_only=False,
    ),
    Tool(
        name="discussion_reply",
        title="Reply in a discussion",
        description="Add one turn to a discussion, also to one that is settled.",
        takes=ReplyArguments,
        returns=DiscussionAnswer,
        run=_reply,
        reads_only=False,
    ),
    Tool(
        name="discussion_resolve",
        title="Settle a discussion",
        description=(
            "Settle an open discussion: by the commit that answers it, as an insight written down "
            "at the symbol, or dismissed with a reason. FAILED_PRECONDITION: it is settled "
            "already; reply to it instead. It cannot be reopened, so ask when in doubt."
        ),
        takes=ResolveArguments,
        returns=DiscussionAnswer,
        run=_resolve,
        reads_only=False,
    ),
)
