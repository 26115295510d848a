"""Signals of a state, and how often each kind fires."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from heddle_mcp.answers import Piece, SignalEntry, place_of
from heddle_mcp.checks import State
from heddle_mcp.pages import Limit, NextOffset, Offset, page_of
from heddle_mcp.served import Served
from heddle_mcp.text import line
from heddle_mcp.tool import Answer, Arguments, Tool


class SignalArguments(Arguments):
    """Which state, compared with what."""

    state: State = Field(default="HEAD", min_length=1)
    prior: State = Field(default="", description="What to compare with; empty: its parent.")
    offset: Offset = 0
    limit: Limit = 50


class SignalsAnswer(Answer):
    """The signals of a state."""

    signals: list[SignalEntry]
    total: int
    next_offset: NextOffset
    is_incomplete: bool = Field(description="Ask again soon: more may be found.")


async def _signals(served: Served, asked: SignalArguments) -> SignalsAnswer:
    found = await served.ask(lambda client: client.signals.compute(asked.state, prior=asked.prior))
    entries = [SignalEntry.of(each) for each in found.signals]
    page = page_of(entries, asked.offset, asked.limit)
    return SignalsAnswer(
        on=place_of(served),
        signals=page.entries,
        total=len(entries),
        next_offset=page.next_offset,
        is_incomplete=found.is_incomplete,
    )


class HealthArguments(Arguments):
    """How far to look back."""

    window_states: int = Field(default=0, ge=0, le=5_000, description="States; 0 stands for 200.")


class ModuleHealth(Piece):
    """How often one module fired."""

    module: str
    fire_rate: float = Field(description="Share of the states, from 0 to 1.")
    warn: bool = Field(description="It fires so often that it says little.")


class HealthAnswer(Answer):
    """How often the modules fired."""

    modules: list[ModuleHealth]
    window_states: int = Field(description="How many states are known so far.")


async def _health(served: Served, asked: HealthArguments) -> HealthAnswer:
    found = await served.ask(lambda client: client.signals.health(asked.window_states))
    modules = [
        ModuleHealth(module=line(each.module_id), fire_rate=each.fire_rate, warn=each.warn)
        for each in found.entries
    ]
    return HealthAnswer(on=place_of(served), modules=modules, window_states=found.window_states)


TOOLS: Final = (
    Tool(
        name="signals",
        title="Signals of a commit",
        description=(
            "List every signal of one commit: novel code, code without tests, code beside a "
            "written invariant, doubts that the author has flagged. Use it to decide what to "
            "check first, or to compare a commit with another one (`prior`). For uncommitted "
            "work use `review`."
        ),
        takes=SignalArguments,
        returns=SignalsAnswer,
        run=_signals,
    ),
    Tool(
        name="signal_health",
        title="How often signals fire",
        description=(
            "Tell in what share of the latest commits each kind of signal fired. Use it when a "
            "signal seems to be everywhere: a kind that always fires tells nothing."
        ),
        takes=HealthArguments,
        returns=HealthAnswer,
        run=_health,
    ),
)
