"""The preview of what takes something away: it does nothing, and gives out a confirmation."""

from __future__ import annotations

import asyncio
from typing import Final, Self

from pydantic import Field, model_validator

from heddle_mcp.answers import Piece, place_of
from heddle_mcp.checks import FilePaths
from heddle_mcp.limits import MAX_PAGE
from heddle_mcp.pages import Limit, NextOffset, Offset, page_of
from heddle_mcp.served import Served
from heddle_mcp.text import line
from heddle_mcp.tool import Answer, Arguments, Tool
from heddle_mcp.tools.checkpoints import CheckpointId
from heddle_mcp.tools.plans import Action, SnapshotName, plan


class PreviewArguments(Arguments):
    """Which act to look at beforehand."""

    action: Action
    checkpoint_id: CheckpointId
    paths: FilePaths | None = Field(default=None, description="Of restore_paths: what to restore.")
    snapshot: SnapshotName
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
    planned = await plan(served, asked.action, asked.checkpoint_id, asked.paths, asked.snapshot)
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
)
