"""What a review says, at a glance and in detail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from heddle_mcp.answers import Anchor, Piece, SignalEntry, place_of, resolution_of
from heddle_mcp.checks import State
from heddle_mcp.limits import BODY_CHARACTERS, MAX_PAGE
from heddle_mcp.pages import Limit, NextOffset, Offset, page_of
from heddle_mcp.refusals import Refusal
from heddle_mcp.served import Served
from heddle_mcp.text import body, line
from heddle_mcp.tool import Answer, Arguments, Tool

if TYPE_CHECKING:
    from heddle_client.values import ChangedSymbol, MergeRequirement, ReviewPayload, ReviewSignature

_SUMMARIES: Final = "diff_summary."
_ROOM_FOR_REQUIREMENTS: Final = 10_000
_ROOM_FOR_ORDER: Final = 24_000
_STATUSES: Final = {1: "pass", 2: "fail", 3: "not_applicable"}
_WORKTREE_OR = "What to review: empty for the worktree as it is, before a commit; else a state. "


class ReviewArguments(Arguments):
    """Which state, and which part of its reading order."""

    state: State = Field(default="", description=_WORKTREE_OR)
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


class DetailArguments(Arguments):
    """Which part of which review."""

    section: Literal["files", "signals", "discussions", "annotations", "signatures"]
    state: State = Field(default="", description=_WORKTREE_OR)
    offset: Offset = 0
    limit: Limit = 50


class Detail(Piece):
    """One entry of a section; `about` says where, `text` says what."""

    about: Anchor
    text: str
    labels: list[str] = Field(description="Status, kind, flags: what can be said in a word.")
    id: str = Field(default="", description="Of a discussion, annotation or signature.")


class DetailAnswer(Answer):
    """A section of a review, in part."""

    section: str
    entries: list[Detail]
    total: int
    next_offset: NextOffset


async def _details(served: Served, asked: DetailArguments) -> DetailAnswer:
    if asked.section == "signatures":
        entries = await _signatures(served, asked.state)
    else:
        everything = asked.section == "signals"
        payload = await served.ask(
            lambda client: client.review(asked.state, all_signals=everything)
        )
        entries = list(_SECTIONS[asked.section](payload))
    page = page_of(entries, asked.offset, asked.limit)
    return DetailAnswer(
        on=place_of(served),
        section=asked.section,
        entries=page.entries,
        total=len(entries),
        next_offset=page.next_offset,
    )


def _files(payload: ReviewPayload) -> Iterator[Detail]:
    for each in payload.changed_files:
        labels = [f"status {each.status}", f"outline {each.outline}"]
        labels += [f"language {line(each.language)}"] if each.language else []
        labels += ["binary"] if each.is_binary else []
        labels += ["changed by the merge itself"] if each.by_merge else []
        text = f"+{each.added_lines} -{each.removed_lines}"
        if each.old_path:
            text += f", was {line(each.old_path)}"
        yield Detail(
            about=Anchor(file=line(each.path), symbol=line(each.path)), text=text, labels=labels
        )


def _signals(payload: ReviewPayload) -> Iterator[Detail]:
    for each in map(SignalEntry.of, payload.all_signals):
        yield Detail(
            about=Anchor(file=each.file, symbol=each.symbol or each.file),
            text=each.reason,
            labels=[
                each.kind,
                f"lines {each.start_line}-{each.end_line}",
                "visible" if each.visible else "hidden",
            ],
        )


def _discussions(payload: ReviewPayload) -> Iterator[Detail]:
    for each in payload.discussions:
        status, told = resolution_of(each.resolution)
        labels = [f"{status}: {told}" if told else status, f"{len(each.turns)} turns"]
        labels += ["orphaned"] if each.orphaned else []
        labels += ["body changed since"] if each.body_changed_since_open else []
        yield Detail(
            id=line(each.id),
            about=Anchor.of(each.anchor),
            text=body(each.turns[-1].body, 1_000) if each.turns else "",
            labels=labels,
        )


def _annotations(payload: ReviewPayload) -> Iterator[Detail]:
    for each in payload.annotations:
        labels = [line(each.kind), *(line(tag) for tag in each.tags)]
        labels += ["orphaned"] if each.orphaned else []
        yield Detail(
            id=line(each.id), about=Anchor.of(each.anchor), text=body(each.content), labels=labels
        )


async def _signatures(served: Served, state: str) -> list[Detail]:
    if not state:
        raise Refusal("the worktree cannot be signed, so it has no signatures; name a commit")
    found = await served.ask(lambda client: client.signatures(state))
    own = [_signature(each, "of this state") for each in found.signatures]
    return own + [_signature(each, "carried over from another state") for each in found.carried]


def _signature(signature: ReviewSignature, origin: str) -> Detail:
    scope = signature.scope.symbols if signature.scope is not None else None
    covered = f"{len(scope.symbols)} symbols" if scope is not None else "the whole change"
    return Detail(
        id=line(signature.signature_id),
        about=Anchor(file="*", symbol="*"),
        text=body(signature.justification, 1_000),
        labels=[
            signature.kind.name.removeprefix("REVIEW_KIND_").lower(),
            f"by {line(signature.actor_name)} <{line(signature.actor_email)}>",
            f"covers {covered}",
            origin,
            f"signed {signature.signed_state_id.hex()}",
        ],
    )


_SECTIONS: Final = {
    "files": _files,
    "signals": _signals,
    "discussions": _discussions,
    "annotations": _annotations,
}

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
    Tool(
        name="review_details",
        title="Details of a review",
        description=(
            "List one section of a review in full: changed files, all signals, discussions, "
            "annotations (insights that must still hold), or signatures. Use it after `review`, "
            "for what that only counts. Signing is not offered: a signature is a person's word."
        ),
        takes=DetailArguments,
        returns=DetailAnswer,
        run=_details,
    ),
)
