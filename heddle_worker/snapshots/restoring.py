"""Going back to a snapshot.

Every step leads from any state towards the snapshot and does nothing once it is reached, so that
a restore which was killed is finished by running it again, with the same arguments.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

from heddle_worker.repository.scratch import sweep
from heddle_worker.snapshots.errors import (
    BranchMovedError,
    GitFailedError,
    UnknownPathError,
    shown,
)
from heddle_worker.snapshots.files import write_files
from heddle_worker.snapshots.git import NULL_ID, Git
from heddle_worker.snapshots.index_lock import index_locked
from heddle_worker.snapshots.planning import (
    BranchMove,
    Prepared,
    RestorePlan,
    check_borders,
    prepare,
)
from heddle_worker.snapshots.progress import write_notes
from heddle_worker.snapshots.snapshot import Snapshot
from heddle_worker.snapshots.trees import entries, subtree
from heddle_worker.snapshots.unkept import check_branches, check_kept
from heddle_worker.snapshots.worktree import Head, Worktree

_SHARED_INDEX: Final = b"sharedindex."


def restore(worktree: Worktree, snapshot: Snapshot, *, kept: Snapshot) -> RestorePlan:
    """Bring a worktree, its index, its HEAD and its branch back to a snapshot.

    Files that are ignored before and afterwards stay as they are, and so do other branches, other
    worktrees and the stash. Killed at any point and run again, it ends at the same result.

    Args:
        worktree: where it was taken.
        snapshot: what to go back to.
        kept: a snapshot of the present work, taken with `protecting=snapshot`.

    Returns:
        What was done.

    Raises:
        UnkeptWorkError: something that `kept` does not hold would be lost; take another one.
        BranchMovedError, BranchElsewhereError: the branch cannot be moved back.
        SnapshotError: it cannot be restored as things are.
    """
    with index_locked(worktree), worktree.git.scratch() as scratch:
        sweep(worktree.git_dir)
        prepared = prepare(worktree, scratch, snapshot, is_locked=True)
        check_borders(prepared)
        check_kept(scratch, prepared, kept)
        check_branches(worktree, scratch, prepared, snapshot, kept)
        git = worktree.git
        write_files(worktree, git, prepared.changes, snapshot)
        _write_index(worktree, git, snapshot)
        write_notes(worktree.git_dir, _notes(git, snapshot))
        if prepared.plan.branch is not None:
            _move_branch(git, prepared.plan.branch)
        if prepared.plan.head is not None:
            _set_head(git, *prepared.plan.head)
    return prepared.plan


def restore_paths(
    worktree: Worktree, snapshot: Snapshot, paths: Iterable[bytes], *, kept: Snapshot
) -> RestorePlan:
    """Bring single files, or all below some directories, back to a snapshot.

    The index and HEAD stay as they are.

    Args:
        worktree: where it was taken.
        snapshot: what to go back to.
        paths: relative to the worktree's root, with slashes.
        kept: a snapshot of the present work, taken with `protecting=snapshot`.

    Returns:
        What was done.

    Raises:
        UnknownPathError: a path is neither in the snapshot nor in the worktree.
        UnkeptWorkError: something that `kept` does not hold would be lost; take another one.
        SnapshotError: they cannot be restored as things are.
    """
    wanted = [path.rstrip(b"/") for path in paths]
    with index_locked(worktree), worktree.git.scratch() as scratch:
        prepared = prepare(worktree, scratch, snapshot, is_locked=True)
        selected = tuple(each for each in prepared.changes if _is_selected(each.path, wanted))
        _check_known(scratch, prepared, snapshot, wanted)
        chosen = Prepared(
            RestorePlan(
                writes=tuple(each.path for each in selected if each.after is not None),
                deletes=tuple(each.path for each in selected if each.after is None),
            ),
            selected,
            prepared.now,
            (),
            tuple(path for path in prepared.submodules if _is_selected(path, wanted)),
        )
        check_borders(chosen)
        check_kept(scratch, chosen, kept, only_files=True)
        write_files(worktree, worktree.git, selected, snapshot)
    return chosen.plan


def _is_selected(path: bytes, wanted: Iterable[bytes]) -> bool:
    return any(path == each or path.startswith(each + b"/") for each in wanted)


def _check_known(git: Git, prepared: Prepared, snapshot: Snapshot, wanted: Iterable[bytes]) -> None:
    for path in wanted:
        places = [
            f"{commit}:worktree/".encode() + path
            for commit in (snapshot.commit, prepared.now.commit)
        ]
        if not path or not any(
            git.run("rev-parse", "--quiet", "--verify", place, accept=(0, 1, 128))
            for place in places
        ):
            raise UnknownPathError(
                f"{shown(path) or 'the empty path'} is neither in the snapshot nor in the worktree"
            )


def _write_index(worktree: Worktree, git: Git, snapshot: Snapshot) -> None:
    if snapshot.index_modified_ns is None:
        worktree.index_path.unlink(missing_ok=True)
        return
    top = git.run("ls-tree", "-z", "--name-only", snapshot.commit).split(b"\0")[:-1]
    for name in top:
        if name.startswith(_SHARED_INDEX):
            _write_beside(worktree, git, snapshot, name.decode(), None)
    # git takes a file that is not older than the index for possibly changed. Were the index to
    # look younger than it is, changes that it could not see in the file's times would be hidden.
    _write_beside(worktree, git, snapshot, "index", snapshot.index_modified_ns)


def _write_beside(
    worktree: Worktree, git: Git, snapshot: Snapshot, name: str, modified_ns: int | None
) -> None:
    temporary = worktree.git_dir / "heddle-index"
    with temporary.open("wb") as file:
        file.write(git.run("cat-file", "blob", f"{snapshot.commit}:{name}"))
        file.flush()
        os.fchmod(file.fileno(), 0o666 & ~worktree.mask)
        if modified_ns is not None:
            os.utime(file.fileno(), ns=(modified_ns, modified_ns))
        os.fsync(file.fileno())
    temporary.replace(worktree.git_dir / name)


def _notes(git: Git, snapshot: Snapshot) -> dict[bytes, bytes]:
    found = entries(git, subtree(git, snapshot.commit, b"progress/"))
    return {path: git.run("cat-file", "blob", blob.object_id) for path, blob in found.items()}


def _move_branch(git: Git, move: BranchMove) -> None:
    """Move a branch from where it was seen. What is said of it is what git would say."""
    before = move.before or NULL_ID
    try:
        if move.after is None:
            git.run("update-ref", "-d", move.name, before)
        else:
            reason = f"reset: moving to {move.after}"
            git.run("update-ref", "-m", reason, move.name, move.after, before)
    except GitFailedError as error:
        raise BranchMovedError(f"{shown(move.name)} cannot be moved back: {error}") from error


def _set_head(git: Git, before: Head, after: Head) -> None:
    reason = b"checkout: moving from %b to %b" % (_place(before), _place(after))
    if after.branch is not None:
        git.run("symbolic-ref", "-m", reason, "HEAD", after.branch)
    else:
        git.run("update-ref", "--no-deref", "-m", reason, "HEAD", after.commit or NULL_ID)


def _place(head: Head) -> bytes:
    if head.branch is None:
        return (head.commit or NULL_ID).encode()
    return head.branch.removeprefix(b"refs/heads/")
