"""The operation log, page by page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from heddle_mcp.answers import Piece, moment, place_of
from heddle_mcp.limits import MAX_PATH_CHARACTERS
from heddle_mcp.pages import Limit, page_of
from heddle_mcp.served import Served
from heddle_mcp.text import line
from heddle_mcp.tool import Answer, Arguments, Tool

if TYPE_CHECKING:
    from heddle_client.aio import AsyncClient
    from heddle_client.values import OperationHit

_SYMBOLS_MAX: Final = 50
_VERBS_MAX: Final = 50
_SECONDS: Final = 60.0
_Filter = Annotated[str, Field(max_length=MAX_PATH_CHARACTERS)]


class LogArguments(Arguments):
    """Which entries; each filter that is set has to be passed."""

    after_seq: int = Field(
        default=0, ge=0, lt=2**63, description="Only later entries: an answer's `next_after_seq`."
    )
    limit: Limit = 50
    actor: _Filter = Field(default="", description="E-mail address of whoever acted.")
    symbol: _Filter = Field(default="", description="file:symbol")
    signal_kind: _Filter = ""
    thread: _Filter = Field(default="", description="A branch's name.")
    verbs: list[_Filter] = Field(
        default=[], max_length=_VERBS_MAX, description="Such as snapshot or discussion.open."
    )
    since: datetime | None = None
    until: datetime | None = None
    include_checkpoints: bool = Field(
        default=True,
        description="Also what is not about the history of code: checkpoints, reviews, hooks.",
    )


class Operation(Piece):
    """One thing that happened."""

    seq: int
    at: str
    verb: str
    actor: str
    thread: str
    symbols: list[str]
    signal_kinds: list[str]
    state_id: str = Field(description="The commit concerned; empty for none.")
    old_state_id: str
    detail: str

    @classmethod
    def of(cls, hit: OperationHit) -> Operation:
        """Return the entry for an answer."""
        return cls(
            seq=hit.seq,
            at=_at(hit.timestamp_secs),
            verb=line(hit.verb),
            actor=line(hit.actor_email),
            thread=line(hit.thread),
            symbols=[line(each) for each in hit.symbols[:_SYMBOLS_MAX]],
            signal_kinds=[line(each) for each in hit.signal_kinds[:_SYMBOLS_MAX]],
            state_id=hit.change_id.hex(),
            old_state_id=hit.old_state_id.hex(),
            detail=line(hit.detail),
        )


class LogAnswer(Answer):
    """Entries, oldest first."""

    operations: list[Operation]
    next_after_seq: int = Field(description="Ask again with it as `after_seq`, now or later.")
    has_more: bool = Field(description="There are later ones already.")


async def _log(served: Served, asked: LogArguments) -> LogAnswer:
    async def hits(client: AsyncClient) -> list[OperationHit]:
        stream = client.operations(
            actor=asked.actor,
            symbol=asked.symbol,
            signal_kind=asked.signal_kind,
            thread=asked.thread,
            verbs=tuple(asked.verbs),
            since_secs=_seconds(asked.since),
            until_secs=_seconds(asked.until),
            limit=asked.limit + 1,
            include_checkpoints=asked.include_checkpoints,
            after_seq=asked.after_seq,
            timeout=_SECONDS,
        )
        async with stream:
            return [hit async for hit in stream]

    found = [Operation.of(hit) for hit in await served.ask(hits)]
    page = page_of(found, 0, asked.limit)
    return LogAnswer(
        on=place_of(served),
        operations=page.entries,
        next_after_seq=page.entries[-1].seq if page.entries else asked.after_seq,
        has_more=page.next_offset is not None,
    )


def _seconds(at: datetime | None) -> int:
    if at is None:
        return 0
    return int((at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp())


def _at(seconds: int) -> str:
    try:
        return moment(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, ValueError, OSError):
        return str(seconds)


TOOLS: Final = (
    Tool(
        name="log",
        title="What happened here",
        description=(
            "Read the repository's log, oldest first: commits, checkouts, merges, discussions, "
            "checkpoints, hooks, by whom and when. Use it to catch up: keep `next_after_seq`, and "
            "give it as `after_seq` the next time. OUT_OF_RANGE: begin again at 0."
        ),
        takes=LogArguments,
        returns=LogAnswer,
        run=_log,
    ),
)
