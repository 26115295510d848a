"""Checkpoints: a copy of the worktree to compare with, and to come back to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field

from heddle_mcp.answers import Piece, moment, place_of
from heddle_mcp.checks import Identifier, OptionalIdentifier, Words
from heddle_mcp.limits import ANSWER_CHARACTERS, DIFF_CHARACTERS
from heddle_mcp.pages import Limit, NextOffset, Offset, page_of
from heddle_mcp.refusals import Refusal
from heddle_mcp.served import Served
from heddle_mcp.text import body, line
from heddle_mcp.tool import Answer, Arguments, Tool

if TYPE_CHECKING:
    from heddle_client.values import Snapshot, Transaction

_MESSAGE_MAX: Final = 500
_ROOM_BESIDE_A_DIFF: Final = 10_000
CheckpointId = Annotated[Identifier, Field(description="As checkpoint_list gives it.")]


class BeginArguments(Arguments):
    """What the checkpoint is for."""

    message: Words = Field(default="", max_length=_MESSAGE_MAX, description="What it is for.")


class BegunAnswer(Answer):
    """The new checkpoint."""

    checkpoint_id: str
    started_at: str


async def _begin(served: Served, asked: BeginArguments) -> BegunAnswer:
    begun = await served.ask(lambda client: client.transactions.begin(message=asked.message))
    return BegunAnswer(
        on=place_of(served),
        checkpoint_id=line(begun.transaction_id),
        started_at=moment(begun.started_at),
    )


class ListArguments(Arguments):
    """Which part of the list."""

    offset: Offset = 0
    limit: Limit = 20


class Checkpoint(Piece):
    """A checkpoint of this worktree."""

    checkpoint_id: str
    state: Literal["active", "committed", "aborted"] = Field(
        description="aborted: taken back. committed: kept, and its copy removed."
    )
    started_at: str
    message: str
    base_state_id: str

    @classmethod
    def of(cls, found: Transaction) -> Checkpoint:
        """Return the transaction for an answer."""
        return cls.model_validate(
            {
                "checkpoint_id": line(found.transaction_id),
                "state": found.state,
                "started_at": moment(found.started_at),
                "message": line(found.message),
                "base_state_id": found.base_state_id.hex(),
            }
        )


class ListAnswer(Answer):
    """The checkpoints of this worktree, the active one first, then the latest."""

    checkpoints: list[Checkpoint]
    total: int
    next_offset: NextOffset


async def _list(served: Served, asked: ListArguments) -> ListAnswer:
    entries = [Checkpoint.of(each) for each in await served.transactions()]
    page = page_of(entries, asked.offset, asked.limit)
    return ListAnswer(
        on=place_of(served),
        checkpoints=page.entries,
        total=len(entries),
        next_offset=page.next_offset,
    )


class ChangesArguments(Arguments):
    """Since which copy."""

    checkpoint_id: CheckpointId
    snapshot: OptionalIdentifier = Field(
        default="", description="One of the answer's `snapshots`; empty for the beginning."
    )
    with_diff: bool = Field(default=False, description="Also the differences, as a patch.")
    offset: Offset = 0
    limit: Limit = 100


class Changed(Piece):
    """A path that is not what it was."""

    path: str
    kind: str = Field(description="added, modified, deleted or type-changed.")
    side: str = Field(description="`index`, or `worktree` for the file on the disk.")


class Copy(Piece):
    """A copy of the worktree that is kept."""

    name: str
    ref: str
    taken_at: str
    branch: str
    head_id: str

    @classmethod
    def of(cls, found: Snapshot) -> Copy:
        """Return the snapshot for an answer."""
        return cls(
            name=line(found.name),
            ref=line(found.ref),
            taken_at=moment(found.taken_at),
            branch=line(found.branch),
            head_id=found.head_id.hex(),
        )


class ChangesAnswer(Answer):
    """What has changed in the worktree since a copy."""

    changes: list[Changed]
    total: int
    next_offset: NextOffset
    diff: str = Field(description="Empty unless asked for.")
    diff_is_cut: bool
    snapshots: list[Copy] = Field(
        description="All copies of this checkpoint, oldest first: `begin`, what was taken back "
        "(`aborted`), and what later acts have overwritten (`replaced`, `replaced-2`, …)."
    )


async def _changes(served: Served, asked: ChangesArguments) -> ChangesAnswer:
    named = (await served.own_transaction(asked.checkpoint_id)).transaction_id
    copies = await served.ask(lambda client: client.transactions.snapshots(named))
    if not copies:
        raise Refusal(f"checkpoint {named} was kept, and its copy removed: nothing to compare with")
    found = await served.ask(
        lambda client: client.transactions.compare(
            named, snapshot=asked.snapshot, include_diff=asked.with_diff
        )
    )
    entries = [
        Changed(path=line(each.path), kind=line(each.kind), side=line(each.side))
        for each in found.changes
    ]
    room = _ROOM_BESIDE_A_DIFF if asked.with_diff else ANSWER_CHARACTERS
    page = page_of(entries, asked.offset, asked.limit, room)
    diff = found.diff.decode("utf-8", "backslashreplace")
    shown = body(diff, DIFF_CHARACTERS)
    kept = page_of([Copy.of(each) for each in reversed(copies)], 0, 50, _ROOM_BESIDE_A_DIFF)
    return ChangesAnswer(
        on=place_of(served),
        changes=page.entries,
        total=len(entries),
        next_offset=page.next_offset,
        diff=shown,
        diff_is_cut=found.diff_truncated or len(diff) > DIFF_CHARACTERS,
        snapshots=kept.entries[::-1],
    )


TOOLS: Final = (
    Tool(
        name="checkpoint_begin",
        title="Make a checkpoint",
        description=(
            "Keep a copy of the worktree as it is: HEAD, branch, index, files, untracked ones too. "
            "Use it before a risky change. Whatever changes files afterwards, shell commands "
            "included, can be taken back. One can be active at a time: FAILED_PRECONDITION names "
            "the one that is. End it with checkpoint_keep or checkpoint_take_back."
        ),
        takes=BeginArguments,
        returns=BegunAnswer,
        run=_begin,
        reads_only=False,
    ),
    Tool(
        name="checkpoint_list",
        title="List checkpoints",
        description="List the checkpoints of this worktree and what has become of them.",
        takes=ListArguments,
        returns=ListAnswer,
        run=_list,
    ),
    Tool(
        name="checkpoint_changes",
        title="What changed since a checkpoint",
        description=(
            "List the paths that have changed in the worktree since a checkpoint, with a patch on "
            "request, and the copies that the checkpoint keeps."
        ),
        takes=ChangesArguments,
        returns=ChangesAnswer,
        run=_changes,
    ),
)
