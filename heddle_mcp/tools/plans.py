"""What an act would do to the worktree, and whether a preview has said so."""

from __future__ import annotations

import asyncio
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field

from heddle_mcp.checks import OptionalIdentifier, path_inside
from heddle_mcp.confirmations import Planned
from heddle_mcp.refusals import Refusal
from heddle_mcp.served import Served

if TYPE_CHECKING:
    from heddle_client.values import RestoreStep

_ABORTED: Final = "aborted"
Action = Literal["take_back", "undo", "restore_paths", "keep"]
_NEEDS: Final[dict[Action, tuple[str, ...]]] = {
    "take_back": ("active",),
    "undo": ("aborted",),
    "restore_paths": ("active", "aborted"),
    "keep": ("active",),
}
SnapshotName = Annotated[
    OptionalIdentifier,
    Field(
        default="",
        description="Of restore_paths: which copy, as checkpoint_changes names it; empty for the "
        "beginning.",
    ),
]


async def plan(
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
    wanted = [part_of(served, path) for path in paths or ()]
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


def part_of(served: Served, path: str) -> str:
    """Return a path from the root on that is not the root itself.

    Raises:
        Refusal: it is, or leads out of the worktree.
    """
    inside = path_inside(served.root, path)
    if inside == ".":
        raise Refusal(
            f"path {path!r} is the whole worktree: use take_back for that, or name what is in it"
        )
    return inside


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


async def require_confirmed(
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
    planned = await plan(served, action, named, paths, snapshot)
    if not await asyncio.to_thread(planned.is_confirmed_by, confirm, served.root):
        raise Refusal(
            "nothing was done: `confirm` is not that of a preview of this act on the worktree as "
            f"it is now; call checkpoint_preview with action {action}, and read what it says"
        )
