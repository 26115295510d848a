"""Whether restoring would lose anything: work that nothing keeps, a commit, another's branch."""

from __future__ import annotations

import os
from pathlib import Path

from heddle_worker.snapshots.errors import (
    BranchElsewhereError,
    BranchMovedError,
    UnkeptWorkError,
    shown,
)
from heddle_worker.snapshots.git import Git
from heddle_worker.snapshots.planning import Prepared, split
from heddle_worker.snapshots.snapshot import Snapshot
from heddle_worker.snapshots.trees import differences
from heddle_worker.snapshots.worktree import Worktree


def check_kept(git: Git, prepared: Prepared, kept: Snapshot, *, only_files: bool = False) -> None:
    """Make sure that whatever is going to be destroyed is held by a snapshot.

    Raises:
        UnkeptWorkError: it is not.
    """
    files, others = split(differences(git, prepared.now.commit, kept.commit))
    changing = {each.path for each in prepared.changes}
    unkept = [each.path for each in files if each.before is not None and each.path in changing]
    if unkept:
        raise unkept_work(unkept[0])
    if only_files:
        return
    changing = {each.path for each in prepared.others}
    unkept = [each.path for each in others if each.before is not None and each.path in changing]
    if unkept:
        raise UnkeptWorkError(
            f"the index or an operation in progress ({shown(unkept[0])}) has changed since the "
            "present work was kept; keep it again"
        )


def check_branches(
    worktree: Worktree, git: Git, prepared: Prepared, snapshot: Snapshot, kept: Snapshot
) -> None:
    """Make sure that no commit is lost, and no other worktree's branch moved.

    Raises:
        BranchMovedError: the branch or a detached HEAD has moved since `kept` was taken.
        BranchElsewhereError: the branch is checked out in another worktree.
        UnkeptWorkError: `kept` does not know where the branch was.
    """
    now = prepared.now.head
    if now.branch is None and now.commit not in (kept.head.commit, snapshot.head.commit):
        raise BranchMovedError(
            f"HEAD has moved to {now.commit} since the present work was kept; keep it again"
        )
    move = prepared.plan.branch
    if move is not None:
        try:
            kept_tip = kept.tip(move.name)
        except KeyError:
            raise UnkeptWorkError(
                f"the snapshot of the present work does not know of {shown(move.name)}, "
                "which is going to be moved"
            ) from None
        if move.before != kept_tip:
            raise BranchMovedError(
                f"{shown(move.name)} has moved to {move.before} since the present work was kept; "
                "keep it again"
            )
    name = snapshot.head.branch
    takes_branch = now.branch != name or move is not None
    if name is not None and takes_branch and (place := _other_place(worktree, git, name)):
        raise BranchElsewhereError(
            f"{shown(name)} is checked out in {place} by now; switch that worktree to another "
            "branch first"
        )


def unkept_work(path: bytes) -> UnkeptWorkError:
    """Return the error for a file whose content would be lost."""
    return UnkeptWorkError(
        f"{shown(path)} has changed since the present work was kept; keep it again"
    )


def _other_place(worktree: Worktree, git: Git, branch: bytes) -> Path | None:
    """Return the root of another worktree that has a branch checked out."""
    root = os.path.realpath(worktree.root)
    is_main = worktree.git_dir == worktree.common_dir
    records = git.run("worktree", "list", "--porcelain", "-z").split(b"\0\0")
    # The first is the main one, under a path of its own if its git directory lies elsewhere.
    for record in records[1:] if is_main else records:
        lines = record.split(b"\0")
        place = Path(os.fsdecode(lines[0].removeprefix(b"worktree ")))
        if b"branch " + branch in lines and os.path.realpath(place) != root and place.is_dir():
            return place
    return None
