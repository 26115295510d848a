"""Going back to a snapshot.

Every step leads from any state towards the snapshot and does nothing once it is reached, so that
a restore which was killed is finished by running it again, with the same arguments.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from typing import Final

from heddle_worker.snapshots.beneath import Beneath
from heddle_worker.snapshots.endangered import blob_id
from heddle_worker.snapshots.errors import (
    BranchMovedError,
    GitFailedError,
    ObstructedError,
    UnknownPathError,
    shown,
)
from heddle_worker.snapshots.git import NULL_ID, Git
from heddle_worker.snapshots.index_lock import index_locked
from heddle_worker.snapshots.planning import (
    BranchMove,
    Prepared,
    RestorePlan,
    check_branches,
    check_kept,
    prepare,
    unkept_work,
)
from heddle_worker.snapshots.progress import write_notes
from heddle_worker.snapshots.snapshot import Snapshot
from heddle_worker.snapshots.status_lines import Blob
from heddle_worker.snapshots.trees import BlobReader, Difference, entries, read_list, subtree
from heddle_worker.snapshots.worktree import Head, Worktree

_CHUNK_BYTES: Final = 1 << 20
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
        prepared = prepare(worktree, scratch, snapshot, is_locked=True)
        check_kept(scratch, prepared, kept)
        check_branches(worktree, scratch, prepared, snapshot, kept)
        git = worktree.git
        _write_files(worktree, git, prepared.changes, snapshot)
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
        )
        check_kept(scratch, chosen, kept, only_files=True)
        _write_files(worktree, worktree.git, selected, snapshot)
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


def _write_files(
    worktree: Worktree, git: Git, changes: Iterable[Difference], snapshot: Snapshot
) -> None:
    permissions = _permissions(git, snapshot)
    ordered = sorted(changes)
    with Beneath(worktree.root) as disk, BlobReader(git) as blobs:
        for path, before, after in ordered:
            if after is None:
                _check_unchanged(disk, path, before)
                disk.remove(path)
        for path, before, after in ordered:
            if after is not None:
                _check_unchanged(disk, path, before)
                try:
                    _write_file(disk, blobs, path, after, permissions.get(path))
                except (NotADirectoryError, IsADirectoryError) as error:
                    raise _obstructed(path) from error


def _write_file(
    disk: Beneath, blobs: BlobReader, path: bytes, blob: Blob, permissions: int | None
) -> None:
    there = disk.status(path)
    if there is not None and stat.S_ISDIR(there.st_mode):
        try:
            disk.clear(path)
        except OSError as error:
            raise _obstructed(path) from error
    if blob.mode == b"120000":
        disk.new_link(path, blobs.content(blob.object_id))
        return
    is_executable = blob.mode == b"100755"
    if permissions is None and there is not None and stat.S_ISREG(there.st_mode):
        permissions = _like(stat.S_IMODE(there.st_mode), is_executable=is_executable)
    usual = 0o777 if is_executable else 0o666
    with disk.new_file(path, usual if permissions is None else permissions) as descriptor:
        for chunk in blobs.chunks(blob.object_id):
            _write_all(descriptor, chunk)
        if permissions is not None:
            # The umask has no say in what was there before.
            os.fchmod(descriptor, permissions)


def _check_unchanged(disk: Beneath, path: bytes, before: Blob | None) -> None:
    """Look again at the last moment: somebody may be writing into the worktree."""
    status = disk.status(path)
    if status is None or stat.S_ISDIR(status.st_mode):
        return
    if before is None or _present_id(disk, path, status) != before.object_id:
        raise unkept_work(path)


def _present_id(disk: Beneath, path: bytes, status: os.stat_result) -> bytes:
    if stat.S_ISLNK(status.st_mode):
        return blob_id(disk.link_target(path))
    if not stat.S_ISREG(status.st_mode):
        raise _obstructed(path)
    with os.fdopen(disk.open(path), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest().encode()


def _obstructed(path: bytes) -> ObstructedError:
    return ObstructedError(
        f"{shown(path)} cannot be written: something that no snapshot holds is in its place, "
        "such as a repository or a socket; move it away"
    )


def _like(permissions: int, *, is_executable: bool) -> int:
    """Return permissions with an executable file's bits where it may be read, or without."""
    return permissions & ~0o111 | ((permissions & 0o444) >> 2 if is_executable else 0)


def _permissions(git: Git, snapshot: Snapshot) -> Mapping[bytes, int]:
    items = read_list(git, snapshot.commit, "permissions")
    return {path: int(bits, 8) for bits, path in (item.split(b" ", 1) for item in items)}


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


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
