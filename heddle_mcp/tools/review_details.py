"""The sections of a review in full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from heddle_mcp.answers import Anchor, Piece, SignalEntry, place_of, resolution_of
from heddle_mcp.checks import State
from heddle_mcp.pages import Limit, NextOffset, Offset, page_of
from heddle_mcp.refusals import Refusal
from heddle_mcp.served import Served
from heddle_mcp.text import body, line
from heddle_mcp.tool import Answer, Arguments, Tool
from heddle_mcp.tools.reviewing import WHAT_TO_REVIEW

if TYPE_CHECKING:
    from heddle_client.values import ReviewPayload, ReviewSignature


class DetailArguments(Arguments):
    """Which part of which review."""

    section: Literal["files", "signals", "discussions", "annotations", "signatures"]
    state: State = Field(default="", description=WHAT_TO_REVIEW)
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
