"""What a review says, at a glance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from heddle_mcp.answers import Piece, SignalEntry, place_of, resolution_of
from heddle_mcp.checks import State
from heddle_mcp.limits import BODY_CHARACTERS, MAX_PAGE
from heddle_mcp.pages import Limit, NextOffset, Offset, page_of
from heddle_mcp.served import Served
from heddle_mcp.text import body, line
from heddle_mcp.tool import Answer, Arguments, Tool

if TYPE_CHECKING:
    from heddle_client.values import ChangedSymbol, MergeRequirement, ReviewPayload

_SUMMARIES: Final = "diff_summary."
_ROOM_FOR_REQUIREMENTS: Final = 10_000
_ROOM_FOR_ORDER: Final = 24_000
_STATUSES: Final = {1: "pass", 2: "fail", 3: "not_applicable"}
WHAT_TO_REVIEW: Final = (
    "What to review: empty for the worktree as it is, before a commit; else a state."
)


class ReviewArguments(Arguments):
    """Which state, and which part of its reading order."""

    state: State = Field(default="", description=WHAT_TO_REVIEW)
    offset: Offset = 0
    limit: Limit = 50


class Requirement(Piece):
    """One condition for merging."""

    id: str
    status: Literal["pass", "fail", "not_applicable", "unknown"]
    explanation: str = Field(description="Why, and what would have to be done.")

    @classmethod
    def of(cls, requirement: MergeRequirement) -> Requirement:
        """Return the requirement for an answer."""
        status = _STATUSES.get(int(requirement.status), "unknown")
        text = line(requirement.explanation or requirement.description)
        return cls.model_validate(
            {"id": line(requirement.id), "status": status, "explanation": text}
        )


class ToRead(Piece):
    """One changed symbol, in the order in which a change is best read."""

    group: Literal["structural", "consequence", "tests_and_docs"]
    file: str
    symbol: str
    changes: list[str] = Field(
        description="added, deleted, moved, renamed, edited, reformatted; empty for a file."
    )
    changes_meaning: bool = Field(description="False: safe to skim.")
    start_line: int
    end_line: int
    previous: str = Field(description="Where it was, as file:symbol, when that differs.")


class ReviewAnswer(Answer):
    """A change at a glance."""

    state_id: str = Field(description="Commit id; empty for the worktree.")
    compared_with: str = Field(description="Commit id; empty for the empty tree.")
    headline: str
    agent_narrative: str = Field(description="What the agent that made it says; may be cut.")
    files_changed: int
    added_lines: int
    removed_lines: int
    may_be_merged: bool = Field(description="No requirement has failed.")
    requirements: list[Requirement] = Field(description="Those that have failed come first.")
    signals: list[SignalEntry] = Field(description="What deserves attention first.")
    hidden_signals: int = Field(description="How many more review_details shows.")
    signals_incomplete: bool = Field(description="Ask again soon: more may be found.")
    open_discussions: int = Field(description="On what has changed.")
    annotations: int = Field(description="Insights written down about what has changed.")
    reading_order: list[ToRead]
    reading_order_total: int
    next_offset: NextOffset
    is_truncated: bool = Field(description="The change is larger than what can be listed.")


async def _review(served: Served, asked: ReviewArguments) -> ReviewAnswer:
    payload = await served.ask(lambda client: client.review(asked.state))
    summary = payload.summary
    order = list(_reading_order(payload))
    page = page_of(order, asked.offset, asked.limit, _ROOM_FOR_ORDER)
    signals = [
        SignalEntry.of(each)
        for each in payload.in_budget_signals
        if not each.kind.startswith(_SUMMARIES)
    ]
    requirements = [
        Requirement.of(each)
        for each in sorted(payload.merge_requirements, key=lambda each: each.satisfied)
    ]
    return ReviewAnswer(
        on=place_of(served),
        state_id=payload.state_id.hex(),
        compared_with=payload.prior_state_id.hex(),
        headline=line(summary.headline),
        agent_narrative=body(payload.agent_narrative),
        files_changed=summary.files_changed,
        added_lines=summary.added_lines,
        removed_lines=summary.removed_lines,
        may_be_merged=all(each.satisfied for each in payload.merge_requirements),
        requirements=page_of(requirements, 0, MAX_PAGE, _ROOM_FOR_REQUIREMENTS).entries,
        signals=page_of(signals, 0, MAX_PAGE, BODY_CHARACTERS).entries,
        hidden_signals=summary.hidden_signal_count,
        signals_incomplete=payload.signals_incomplete,
        open_discussions=sum(
            resolution_of(each.resolution)[0] == "open" for each in payload.discussions
        ),
        annotations=len(payload.annotations),
        reading_order=page.entries,
        reading_order_total=len(order),
        next_offset=page.next_offset,
        is_truncated=payload.is_truncated,
    )


def _reading_order(payload: ReviewPayload) -> Iterator[ToRead]:
    known = {(each.anchor.file, each.anchor.symbol): each for each in payload.changed_symbols}
    partition = payload.partition
    for group, refs in (
        ("structural", partition.structural),
        ("consequence", partition.consequence),
        ("tests_and_docs", partition.tests_and_docs),
    ):
        for ref in refs:
            change = known.get((ref.file, ref.symbol))
            yield ToRead.model_validate(
                {
                    "group": group,
                    "file": line(ref.file),
                    "symbol": line(ref.symbol),
                    "changes": [line(each) for each in change.changes] if change else [],
                    "changes_meaning": change.changes_meaning if change else True,
                    "start_line": change.start_line if change else 0,
                    "end_line": change.end_line if change else 0,
                    "previous": _previous(change),
                }
            )


def _previous(change: ChangedSymbol | None) -> str:
    if change is None or change.previous is None or not change.previous.file:
        return ""
    return line(f"{change.previous.file}:{change.previous.symbol}")


TOOLS: Final = (
    Tool(
        name="review",
        title="Review a change",
        description=(
            "Review the uncommitted work (leave `state` empty) or a commit. Use it before you "
            "commit, and before you read a diff: it says which symbols changed and in which order "
            "to read them, what is risky, and what a merge still requires. Entries whose "
            "`changes_meaning` is false can be skimmed. Long reading orders come in pages."
        ),
        takes=ReviewArguments,
        returns=ReviewAnswer,
        run=_review,
    ),
)
