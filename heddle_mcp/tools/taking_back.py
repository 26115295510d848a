"""What overwrites files or gives up a copy, as a preview has described it."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from heddle_mcp.answers import place_of
from heddle_mcp.checks import FilePaths, Words
from heddle_mcp.limits import MAX_PAGE
from heddle_mcp.served import Served
from heddle_mcp.text import line
from heddle_mcp.tool import Answer, Arguments, Tool
from heddle_mcp.tools.checkpoints import CheckpointId
from heddle_mcp.tools.plans import SnapshotName, part_of, require_confirmed

_CONFIRM_MAX: Final = 400
_REASON_MAX: Final = 500
_Confirm = Annotated[
    str,
    Field(
        min_length=1,
        max_length=_CONFIRM_MAX,
        description="The `confirm` of the checkpoint_preview of this very act.",
    ),
]


class TakeBackArguments(Arguments):
    """Which checkpoint to go back to."""

    checkpoint_id: CheckpointId
    confirm: _Confirm
    reason: Words = Field(default="", max_length=_REASON_MAX, description="Kept in the log.")


class TakenBackAnswer(Answer):
    """The worktree is as it was at the checkpoint."""

    checkpoint_id: str
    kept_ref: str = Field(description="The ref that keeps what was taken back.")


async def _take_back(served: Served, asked: TakeBackArguments) -> TakenBackAnswer:
    named = asked.checkpoint_id
    await require_confirmed(served, asked.confirm, "take_back", named)
    done = await served.ask(lambda client: client.transactions.abort(named, reason=asked.reason))
    return TakenBackAnswer(on=place_of(served), checkpoint_id=named, kept_ref=line(done.kept_ref))


class EndArguments(Arguments):
    """Which checkpoint."""

    checkpoint_id: CheckpointId
    confirm: _Confirm


class UndoneAnswer(Answer):
    """What was taken back is there again."""

    checkpoint_id: str
    kept_as: str = Field(description="The copy that keeps what the worktree was before.")


async def _undo(served: Served, asked: EndArguments) -> UndoneAnswer:
    named = asked.checkpoint_id
    await require_confirmed(served, asked.confirm, "undo", named)
    done = await served.ask(lambda client: client.transactions.undo_abort(named))
    return UndoneAnswer(on=place_of(served), checkpoint_id=named, kept_as=line(done.kept_as))


class KeptAnswer(Answer):
    """The checkpoint is over, and the work stays."""

    checkpoint_id: str
    state_id: str = Field(description="The commit that is checked out.")


async def _keep(served: Served, asked: EndArguments) -> KeptAnswer:
    named = asked.checkpoint_id
    await require_confirmed(served, asked.confirm, "keep", named)
    done = await served.ask(lambda client: client.transactions.commit(named))
    return KeptAnswer(on=place_of(served), checkpoint_id=named, state_id=done.state_id.hex())


class RestoreArguments(Arguments):
    """Which paths to take back."""

    checkpoint_id: CheckpointId
    paths: FilePaths = Field(description="A directory stands for all that is in it.")
    snapshot: SnapshotName
    confirm: _Confirm


class RestoredAnswer(Answer):
    """The paths are as in the copy."""

    restored: list[str] = Field(description="What was written or deleted; the first ones.")
    total: int
    kept_as: str = Field(description="The copy that keeps what they were before.")


async def _restore(served: Served, asked: RestoreArguments) -> RestoredAnswer:
    named = asked.checkpoint_id
    await require_confirmed(
        served, asked.confirm, "restore_paths", named, asked.paths, asked.snapshot
    )
    paths = [part_of(served, path) for path in asked.paths]
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
