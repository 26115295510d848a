"""What restoring a snapshot would do to the worktree that there is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from heddle_worker.snapshots.beneath import Beneath
from heddle_worker.snapshots.endangered import untracked_in
from heddle_worker.snapshots.errors import (
    NestedRepositoryError,
    SubmoduleError,
    shown,
)
from heddle_worker.snapshots.git import Git
from heddle_worker.snapshots.ignoring import judge
from heddle_worker.snapshots.snapshot import Snapshot
from heddle_worker.snapshots.taking import capture
from heddle_worker.snapshots.trees import (
    GITLINK_MODE,
    WORKTREE,
    Difference,
    differences,
    entries,
    read_list,
    subtree,
)
from heddle_worker.snapshots.worktree import Head, Worktree, tip


@dataclass(frozen=True, slots=True)
class BranchMove:
    """A branch that points elsewhere after a restore.

    Attributes:
        name: its full name.
        before, after: hexadecimal ids of commits; `None` when there is no such branch.
    """

    name: bytes
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """What a restore would do.

    Attributes:
        writes: paths of files that are written, sorted.
        deletes: paths of files that are deleted, sorted.
        left: paths that the snapshot does not have, and that stay since they are ignored
            afterwards.
        restages: whether the index has other contents afterwards.
        branch: how the snapshot's branch moves; `None` when it stays.
        head: what HEAD says before and after; `None` when it stays.
    """

    writes: tuple[bytes, ...] = ()
    deletes: tuple[bytes, ...] = ()
    left: tuple[bytes, ...] = ()
    restages: bool = False
    branch: BranchMove | None = None
    head: tuple[Head, Head] | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, and what it was made from.

    Attributes:
        plan: what to do.
        changes: the files that it writes and deletes, as they are and as they will be.
        now: the worktree as it is.
        others: the differences in the index and in git's notes.
        submodules: paths of submodules that are not what they were.
        nested: new repositories inside the worktree that git does not ignore.
    """

    plan: RestorePlan
    changes: tuple[Difference, ...]
    now: Snapshot
    others: tuple[Difference, ...]
    submodules: tuple[bytes, ...] = ()
    nested: tuple[bytes, ...] = ()


def plan(worktree: Worktree, snapshot: Snapshot, *, now: Snapshot | None = None) -> RestorePlan:
    """Return what restoring a snapshot would do now. Nothing is changed.

    Args:
        worktree: where to restore.
        snapshot: what to restore.
        now: the worktree as it is, if somebody has just taken that with `protecting=snapshot`;
            looking again would take as long again.

    Raises:
        SnapshotError: it could not be restored as things are.
    """
    with worktree.git.scratch() as git:
        prepared = prepare(worktree, git, snapshot, now=now)
    check_borders(prepared)
    return prepared.plan


def is_as_it_was(worktree: Worktree, snapshot: Snapshot, now: Snapshot) -> bool:
    """Return whether restoring a snapshot would change nothing, not even a byte of the index.

    Args:
        worktree: where both were taken.
        snapshot: what would be restored.
        now: the worktree as it is, taken with `protecting=snapshot`.
    """
    trees = (f"{each.commit}^{{tree}}" for each in (snapshot, now))
    before, after = worktree.git.run("rev-parse", *trees).split()
    return before == after


def prepare(
    worktree: Worktree,
    git: Git,
    snapshot: Snapshot,
    *,
    now: Snapshot | None = None,
    is_locked: bool = False,
) -> Prepared:
    """Look at a worktree and decide what restoring means for each path.

    Args:
        worktree: where to restore.
        git: in the worktree; the objects of the look go there.
        snapshot: what to restore.
        now: see `plan`.
        is_locked: whether the caller holds the lock of the index.

    Raises:
        SnapshotError: it cannot be restored as things are.
    """
    if now is None:
        now = capture(worktree, git, "now", protecting=snapshot, is_locked=is_locked)
    found, others = split(differences(git, now.commit, snapshot.commit))
    files = [each for each in found if not _is_submodule(each)]
    removed = {each.path for each in files if each.after is None}
    nested = set(read_list(git, now.commit, "nested"))
    new_nested = nested - set(read_list(git, snapshot.commit, "nested"))
    with Beneath(worktree.root) as disk:
        target = entries(git, subtree(git, snapshot.commit, WORKTREE))
        candidates = removed | {each + b".git" for each in new_nested}
        verdict = judge(git, disk, target, untracked_in(git, snapshot), candidates)
    written = {each.path for each in files if each.after is not None}
    left = (removed & verdict.ignored) - _in_the_way_of(written, removed)
    changes = tuple(each for each in files if each.path not in left)
    return Prepared(
        RestorePlan(
            writes=tuple(sorted(written)),
            deletes=tuple(sorted(removed - left)),
            left=tuple(sorted(left)),
            restages=any(not each.path.startswith(b"progress/") for each in others),
            branch=_branch_move(git, snapshot),
            head=(now.head, snapshot.head) if _moves_head(now.head, snapshot.head) else None,
        ),
        changes,
        now,
        others,
        tuple(each.path for each in found if _is_submodule(each)),
        tuple(each for each in sorted(new_nested) if each + b".git" not in verdict.ignored),
    )


def check_borders(prepared: Prepared) -> None:
    """Make sure that no other repository inside the worktree is concerned.

    Raises:
        SubmoduleError: a submodule would have to change.
        NestedRepositoryError: a new repository would have to be deleted.
    """
    for path in prepared.submodules:
        raise SubmoduleError(
            f"the submodule {shown(path)} is not what it was; "
            "bring it back to the commit that it was at"
        )
    for path in prepared.nested:
        raise NestedRepositoryError(
            f"{shown(path)} has become a repository of its own, which is not deleted; "
            "move it out of the worktree, or have git ignore it"
        )


def split(found: Iterable[Difference]) -> tuple[list[Difference], tuple[Difference, ...]]:
    """Return the differences in files, and those in the index and git's notes."""
    files, others = [], []
    for each in found:
        if each.path.startswith(WORKTREE):
            files.append(each._replace(path=each.path.removeprefix(WORKTREE)))
        elif each.path.startswith((b"staged/", b"unmerged/", b"progress/")):
            others.append(each)
    return files, tuple(others)


def _is_submodule(difference: Difference) -> bool:
    sides = difference.before, difference.after
    return any(side is not None and side.mode == GITLINK_MODE for side in sides)


def _in_the_way_of(written: Collection[bytes], removed: Iterable[bytes]) -> set[bytes]:
    """Return the paths that stand where a directory or a file is going to be."""
    above = {path[:end] for path in written for end in _slashes(path)}
    return {
        path
        for path in removed
        if path in above or any(path[:end] in written for end in _slashes(path))
    }


def _slashes(path: bytes) -> list[int]:
    return [position for position, byte in enumerate(path) if byte == ord("/")]


def _branch_move(git: Git, snapshot: Snapshot) -> BranchMove | None:
    name = snapshot.head.branch
    if name is None:
        return None
    before, after = tip(git, name), snapshot.head.commit
    return None if before == after else BranchMove(name, before, after)


def _moves_head(now: Head, then: Head) -> bool:
    return now.branch != then.branch or (now.branch is None and now.commit != then.commit)
