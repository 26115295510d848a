"""What overwrites files or gives up a copy: first a preview, then the act it has described."""

from __future__ import annotations

import asyncio
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from heddle_mcp.answers import Piece, place_of
from heddle_mcp.checks import FilePaths, OptionalIdentifier, Words, path_inside
from heddle_mcp.confirmations import Planned
from heddle_mcp.limits import MAX_PAGE
from heddle_mcp.pages import Limit, NextOffset, Offset, page_of
from heddle_mcp.refusals import Refusal
from heddle_mcp.served import Served
from heddle_mcp.text import line
from heddle_mcp.tool import Answer, Arguments, Tool
from heddle_mcp.tools.checkpoints import CheckpointId

if TYPE_CHECKING:
    from heddle_client.values import RestoreStep

_CONFIRM_MAX: Final = 400
_REASON_MAX: Final = 500
_ABORTED: Final = "aborted"
Action = Literal["take_back", "undo", "restore_paths", "keep"]
_NEEDS: Final[dict[Action, tuple[str, ...]]] = {
    "take_back": ("active",),
    "undo": ("aborted",),
    "restore_paths": ("active", "aborted"),
    "keep": ("active",),
}
Confirm = Annotated[
    str,
    Field(
        min_length=1,
        max_length=_CONFIRM_MAX,
        description="The `confirm` of the checkpoint_preview of this very act.",
    ),
]
_SnapshotName = Annotated[
    OptionalIdentifier,
    Field(
        default="",
        description="Of restore_paths: which copy, as checkpoint_changes names it; empty for the "
        "beginning.",
    ),
]


class PreviewArguments(Arguments):
    """Which act to look at beforehand."""

    action: Action
    checkpoint_id: CheckpointId
    paths: FilePaths | None = Field(default=None, description="Of restore_paths: what to restore.")
    snapshot: _SnapshotName
    offset: Offset = 0
    limit: Limit = MAX_PAGE

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.action == "restore_paths") != (self.paths is not None):
            raise ValueError("paths are for restore_paths, which needs them")
        if self.snapshot and self.action != "restore_paths":
            raise ValueError("snapshot is for restore_paths alone")
        return self


class Step(Piece):
    """One thing that would be done."""

    action: str = Field(
        description="write or delete a file, leave an ignored one, set-index, move-branch, "
        "set-head; for keep: what has changed since, added, modified, deleted."
    )
    target: str = Field(description="The path, the branch, or what HEAD says afterwards.")


class PreviewAnswer(Answer):
    """What an act would do. Nothing has been done."""

    action: str
    counts: dict[str, int] = Field(description="How often each thing would be done.")
    steps: list[Step]
    total: int
    next_offset: NextOffset
    confirm: str = Field(
        description="Give it to the act. It holds while the worktree stays as it is. Empty: there "
        "is nothing to do."
    )
    warning: str = Field(description="What to consider, or to ask the user, before the act.")


_WARNINGS: Final[dict[Action, str]] = {
    "take_back": (
        "Everything that was changed since the checkpoint is taken back, whoever changed it, the "
        "user included. It is kept, and checkpoint_undo brings it back."
    ),
    "undo": (
        "What the worktree is now is replaced by what was taken back. It is kept as a copy of the "
        "checkpoint."
    ),
    "restore_paths": "What these paths are now is replaced. It is kept as a copy.",
    "keep": (
        "The copy from before is removed: afterwards nothing of it can be brought back, and these "
        "differences to it stay."
    ),
}


async def _preview(served: Served, asked: PreviewArguments) -> PreviewAnswer:
    planned = await _plan(served, asked.action, asked.checkpoint_id, asked.paths, asked.snapshot)
    steps = [Step(action=line(done), target=line(target)) for done, target in planned.steps]
    page = page_of(steps, asked.offset, asked.limit)
    confirm = await asyncio.to_thread(planned.confirmation, served.root)
    is_empty = not steps and asked.action in ("restore_paths", "undo")
    return PreviewAnswer(
        on=place_of(served),
        action=asked.action,
        counts=planned.counts(),
        steps=page.entries,
        total=len(steps),
        next_offset=page.next_offset,
        confirm="" if is_empty else confirm,
        warning="There is nothing to do." if is_empty else _WARNINGS[asked.action],
    )


async def _plan(
    served: Served, action: Action, named: str, paths: list[str] | None = None, snapshot: str = ""
) -> Planned:
    """Return what an act would do to the worktree as it is now.

    Raises:
        Refusal: the checkpoint is none of this worktree, or not in a state for it.
    """
    found = await served.own_transaction(named)
    if found.state not in _NEEDS[action]:
        raise Refusal(
            f"checkpoint {named} is {found.state}; {action} needs one that is "
            + " or ".join(_NEEDS[action])
        )
    wanted = [path_inside(served.root, path) for path in paths or ()]
    if action == "keep":
        compared = await served.ask(lambda client: client.transactions.compare(named))
        steps = tuple((each.kind, each.path) for each in compared.changes)
    else:
        name = await _taken_back(served, named) if action == "undo" else snapshot
        restoring = await served.ask(
            lambda client: client.transactions.plan_restore(named, snapshot=name)
        )
        chosen = [each for each in restoring if not wanted or _is_among(each, wanted)]
        steps = tuple((each.action, each.target) for each in chosen)
    subject = (named, snapshot, *wanted)
    return Planned(action.replace("_", "-"), subject, steps, await served.head())


async def _taken_back(served: Served, named: str) -> str:
    """Return the name of the copy that an undo brings back."""
    copies = await served.ask(lambda client: client.transactions.snapshots(named))
    names = [each.name for each in copies if each.name.startswith(_ABORTED)]
    if len(names) != 1:
        raise Refusal(
            f"checkpoint {named} keeps {len(names)} copies of what was taken back; look at them "
            "with checkpoint_changes, and bring back what is wanted with checkpoint_restore_paths"
        )
    return names[0]


def _is_among(step: RestoreStep, wanted: list[str]) -> bool:
    if step.action not in ("write", "delete"):
        return False
    target = PurePosixPath(step.target)
    return any(target.is_relative_to(path) for path in wanted)


async def _confirmed(
    served: Served,
    confirm: str,
    action: Action,
    named: str,
    paths: list[str] | None = None,
    snapshot: str = "",
) -> None:
    """Make sure that a preview has said what would be done now.

    Raises:
        Refusal: it has not, or the worktree has changed since.
    """
    planned = await _plan(served, action, named, paths, snapshot)
    if not await asyncio.to_thread(planned.is_confirmed_by, confirm, served.root):
        raise Refusal(
            "nothing was done: `confirm` is not that of a preview of this act on the worktree as "
            f"it is now; call checkpoint_preview with action {action}, and read what it says"
        )


class TakeBackArguments(Arguments):
    """Which checkpoint to go back to."""

    checkpoint_id: CheckpointId
    confirm: Confirm
    reason: Words = Field(default="", max_length=_REASON_MAX, description="Kept in the log.")


class TakenBackAnswer(Answer):
    """The worktree is as it was at the checkpoint."""

    checkpoint_id: str
    kept_ref: str = Field(description="The ref that keeps what was taken back.")


async def _take_back(served: Served, asked: TakeBackArguments) -> TakenBackAnswer:
    named = asked.checkpoint_id
    await _confirmed(served, asked.confirm, "take_back", named)
    done = await served.ask(lambda client: client.transactions.abort(named, reason=asked.reason))
    return TakenBackAnswer(on=place_of(served), checkpoint_id=named, kept_ref=line(done.kept_ref))


class EndArguments(Arguments):
    """Which checkpoint."""

    checkpoint_id: CheckpointId
    confirm: Confirm


class UndoneAnswer(Answer):
    """What was taken back is there again."""

    checkpoint_id: str
    kept_as: str = Field(description="The copy that keeps what the worktree was before.")


async def _undo(served: Served, asked: EndArguments) -> UndoneAnswer:
    named = asked.checkpoint_id
    await _confirmed(served, asked.confirm, "undo", named)
    done = await served.ask(lambda client: client.transactions.undo_abort(named))
    return UndoneAnswer(on=place_of(served), checkpoint_id=named, kept_as=line(done.kept_as))


class KeptAnswer(Answer):
    """The checkpoint is over, and the work stays."""

    checkpoint_id: str
    state_id: str = Field(description="The commit that is checked out.")


async def _keep(served: Served, asked: EndArguments) -> KeptAnswer:
    named = asked.checkpoint_id
    await _confirmed(served, asked.confirm, "keep", named)
    done = await served.ask(lambda client: client.transactions.commit(named))
    return KeptAnswer(on=place_of(served), checkpoint_id=named, state_id=done.state_id.hex())


class RestoreArguments(Arguments):
    """Which paths to take back."""

    checkpoint_id: CheckpointId
    paths: FilePaths = Field(description="A directory stands for all that is in it.")
    snapshot: _SnapshotName
    confirm: Confirm


class RestoredAnswer(Answer):
    """The paths are as in the copy."""

    restored: list[str] = Field(description="What was written or deleted; the first ones.")
    total: int
    kept_as: str = Field(description="The copy that keeps what they were before.")


async def _restore(served: Served, asked: RestoreArguments) -> RestoredAnswer:
    named = asked.checkpoint_id
    await _confirmed(served, asked.confirm, "restore_paths", named, asked.paths, asked.snapshot)
    paths = [path_inside(served.root, path) for path in asked.paths]
    done = await served.ask(
        lambda client: client.transactions.restore_paths(named, paths, snapshot=asked.snapshot)
    )
    return RestoredAnswer(
        on=place_of(served),
        restored=[line(path) for path in done.restored[:MAX_PAGE]],
        total=len(done.restored),
        kept_as=line(done.kept_as),
    )


TOOLS: Final = (
    Tool(
        name="checkpoint_preview",
        title="Preview of going back",
        description=(
            "Say what taking back, undoing, restoring paths or keeping would do to which files, "
            "and do nothing. Needed before each of these acts: it returns the `confirm` that the "
            "act asks for. Read the steps, and ask the user if they touch what you did not change."
        ),
        takes=PreviewArguments,
        returns=PreviewAnswer,
        run=_preview,
    ),
    Tool(
        name="checkpoint_take_back",
        title="Take everything back",
        description=(
            "Take HEAD, branch, index and files back to an active checkpoint, as its preview said. "
            "What is taken away is kept, and checkpoint_undo brings it back. Refused when the "
            "worktree has changed since the preview."
        ),
        takes=TakeBackArguments,
        returns=TakenBackAnswer,
        run=_take_back,
        reads_only=False,
        may_destroy=True,
    ),
    Tool(
        name="checkpoint_undo",
        title="Undo taking back",
        description=(
            "Bring back what checkpoint_take_back has taken away, as the preview said. What the "
            "worktree is now is kept as another copy."
        ),
        takes=EndArguments,
        returns=UndoneAnswer,
        run=_undo,
        reads_only=False,
        may_destroy=True,
    ),
    Tool(
        name="checkpoint_restore_paths",
        title="Restore paths",
        description=(
            "Take single files or directories back to what they are in a copy of a checkpoint, as "
            "the preview said. What they are now is kept as another copy."
        ),
        takes=RestoreArguments,
        returns=RestoredAnswer,
        run=_restore,
        reads_only=False,
        may_destroy=True,
    ),
    Tool(
        name="checkpoint_keep",
        title="End a checkpoint and keep the work",
        description=(
            "End an active checkpoint: the work stays as it is, and the copy from before is "
            "removed for good. Use it when the work is right. It makes no git commit."
        ),
        takes=EndArguments,
        returns=KeptAnswer,
        run=_keep,
        reads_only=False,
        may_destroy=True,
    ),
)
