"""Hooks: who is asked before something happens, and what they would say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field

from heddle_mcp.answers import Piece, place_of
from heddle_mcp.limits import BODY_CHARACTERS, MAX_BODY_CHARACTERS
from heddle_mcp.pages import page_of
from heddle_mcp.refusals import Refusal
from heddle_mcp.served import Served
from heddle_mcp.text import line
from heddle_mcp.tool import Answer, Arguments, Tool

if TYPE_CHECKING:
    from heddle_client.values import HookAnswer

_HOOKS_MAX: Final = 256
_SECONDS: Final = 300.0


class NothingAsked(Arguments):
    """No arguments."""


class HookEntry(Piece):
    """A command that is asked."""

    name: str
    command: str
    events: list[str] = Field(description="Empty for every event.")
    timeout_ms: int


class HooksAnswer(Answer):
    """The commands in the order in which they are asked."""

    hooks: list[HookEntry]
    total: int


async def _list(served: Served, _asked: NothingAsked) -> HooksAnswer:
    found = await served.ask(lambda client: client.hooks.list())
    entries = [
        HookEntry(
            name=line(each.name),
            command=line(each.command),
            events=[line(event) for event in each.events],
            timeout_ms=each.timeout_ms,
        )
        for each in found
    ]
    page = page_of(entries, 0, _HOOKS_MAX)
    return HooksAnswer(on=place_of(served), hooks=page.entries, total=len(entries))


class AskArguments(Arguments):
    """What would happen."""

    event: Literal["pre_capture", "pre_merge", "pre_thread_create", "pre_push"] = Field(
        description="pre_capture: a commit or rebase. pre_thread_create: a new branch."
    )
    payload: dict[str, Any] | None = Field(
        default=None, description="As hooks get it; made up when left out."
    )


class Said(Piece):
    """What one of those who were asked has said."""

    author: str
    outcome: str = Field(description="passed, vetoed, failed or timed_out.")
    detail: str
    duration_ms: int

    @classmethod
    def of(cls, answer: HookAnswer) -> Said:
        """Return it for an answer."""
        return cls(
            author=line(answer.author),
            outcome=line(answer.outcome),
            detail=line(answer.detail),
            duration_ms=answer.duration_ms,
        )


class AskedAnswer(Answer):
    """Nobody objects."""

    answers: list[Said]


async def _ask(served: Served, asked: AskArguments) -> AskedAnswer:
    payload = "" if asked.payload is None else json.dumps(asked.payload)
    if len(payload) > MAX_BODY_CHARACTERS:
        raise Refusal(f"the payload has more than {MAX_BODY_CHARACTERS} characters")
    verdict = await served.ask(
        lambda client: client.hooks.test(asked.event, payload, timeout=_SECONDS)
    )
    if verdict.vetoed:
        reason = line(verdict.reason, BODY_CHARACTERS)
        raise Refusal(f"vetoed by {line(verdict.author)}: {reason}")
    answers = page_of([Said.of(each) for each in verdict.answers], 0, _HOOKS_MAX)
    return AskedAnswer(on=place_of(served), answers=answers.entries)


TOOLS: Final = (
    Tool(
        name="hook_list",
        title="List hooks",
        description=(
            "List the commands that are asked before git commits, merges, pushes or makes a "
            "branch. Registering one is not offered: it would have a command run."
        ),
        takes=NothingAsked,
        returns=HooksAnswer,
        run=_list,
    ),
    Tool(
        name="hook_ask",
        title="Ask the hooks",
        description=(
            "Ask the hooks whether they would let something happen, before you do it with git. It "
            "runs the commands that the user has registered. A veto is an error that says who "
            "objects and why: change what is objected to, or tell the user; do not go around it."
        ),
        takes=AskArguments,
        returns=AskedAnswer,
        run=_ask,
        reads_only=False,
        may_destroy=True,
        is_open=True,
    ),
)
