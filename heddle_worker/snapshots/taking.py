"""Taking a snapshot: looking at everything, writing it down, and making sure it held still."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from heddle_worker.repository.scratch import SCRATCH_REF, sweep
from heddle_worker.snapshots.beneath import Beneath
from heddle_worker.snapshots.endangered import endangered
from heddle_worker.snapshots.errors import (
    ChangedMeanwhileError,
    SnapshotExistsError,
    WorktreeBusyError,
    shown,
)
from heddle_worker.snapshots.git import Git
from heddle_worker.snapshots.index_lock import wait_until_unlocked
from heddle_worker.snapshots.progress import mentioned, read_notes
from heddle_worker.snapshots.recording import Recorder
from heddle_worker.snapshots.scanning import Scan, scan
from heddle_worker.snapshots.snapshot import Snapshot, encode
from heddle_worker.snapshots.status_lines import Blob
from heddle_worker.snapshots.trees import STAGED, WORKTREE
from heddle_worker.snapshots.worktree import Head, Worktree, read_head, tip

_ATTEMPTS: Final = 5
_SHARED_INDEX: Final = b"sharedindex."


def take(
    worktree: Worktree, ref: str, message: str, *, protecting: Snapshot | None = None
) -> Snapshot:
    """Take a snapshot of a worktree; when this returns it survives a loss of power.

    Nothing in the worktree, its index or its HEAD is changed.

    Args:
        worktree: what to look at.
        ref: the name to keep it under, see `ref_of`.
        message: of the commit.
        protecting: a snapshot that is going to be restored. Whatever that would overwrite or
            delete is included, be it ignored by git; and so are the commits of its branch.

    Raises:
        SnapshotError: it cannot be taken; see the errors' own words.
    """
    if tip(worktree.git, ref.encode()) is not None:
        raise SnapshotExistsError(f"there is a snapshot {ref} already")
    sweep(worktree.git_dir)
    snapshot = capture(worktree, worktree.git, message, protecting=protecting, ref=ref)
    _sync(worktree.common_dir / ref)
    return snapshot


def capture(
    worktree: Worktree,
    git: Git,
    message: str,
    *,
    protecting: Snapshot | None = None,
    ref: str = "",
    is_locked: bool = False,
) -> Snapshot:
    """Write a snapshot's objects; look again when something changed meanwhile.

    Args:
        worktree: what to look at.
        git: where the objects go.
        message: of the commit.
        protecting: see `take`.
        ref: the name to keep it under; empty for none.
        is_locked: whether the caller holds the lock of the index.

    Raises:
        WorktreeBusyError: something changed each time.
        SnapshotError: it cannot be taken.
    """
    changed: object = None
    for _attempt in range(_ATTEMPTS):
        if not is_locked:
            wait_until_unlocked(worktree)
        try:
            return _captured(worktree, git, message, protecting, ref, is_locked=is_locked)
        except ChangedMeanwhileError as error:
            changed = error
        except (FileNotFoundError, NotADirectoryError) as error:
            changed = shown(os.fsencode(error.filename or worktree.root))
    raise WorktreeBusyError(
        f"{changed} keeps changing; try again when nobody writes to the worktree"
    )


@dataclass(frozen=True, slots=True)
class _Index:
    """The index file: its content, when it was written, and what changes when it is replaced."""

    content: bytes
    modified_ns: int | None
    look: tuple[int, ...]


def _captured(
    worktree: Worktree,
    git: Git,
    message: str,
    protecting: Snapshot | None,
    ref: str,
    *,
    is_locked: bool,
) -> Snapshot:
    head = read_head(git)
    index = _read_index(worktree)
    notes = read_notes(worktree.git_dir)
    tips = _tips(git, head, protecting)
    with Beneath(worktree.root) as disk, Recorder(git, ref or SCRATCH_REF) as recorder:
        seen = scan(git, disk)
        files = {path: recorder.file(disk, path) for path in sorted(seen.unknown)}
        files.update(seen.known)
        hidden: set[bytes] = set()
        if protecting is not None:
            hidden = endangered(git, disk, protecting, _reported(seen, files))
            files.update((path, recorder.file(disk, path)) for path in sorted(hidden))
        top = {
            b"about": recorder.content(encode(head, index.modified_ns, tips)),
            **_index_files(worktree, git, index, recorder),
            **_lists(recorder, nested=seen.nested, ignored=sorted(hidden)),
        }
        progress = [(path, recorder.content(text)) for path, text in notes.items()]
        commits, others = _kinds(git, mentioned(notes))
        known = [head.commit, *tips.values(), *commits]
        recorder.begin_commit(message, dict.fromkeys(each for each in known if each))
        if head.commit is not None:
            tree = git.run("rev-parse", f"{head.commit}^{{tree}}").strip()
            recorder.put(WORKTREE.rstrip(b"/"), Blob(b"040000", tree))
            recorder.put(STAGED.rstrip(b"/"), Blob(b"040000", tree))
        recorder.put_all(WORKTREE, files.items())
        recorder.put_all(STAGED, seen.staged.items())
        recorder.put_all(b"unmerged/", _unmerged(seen))
        recorder.put_all(b"progress/", progress)
        recorder.put_all(b"kept/", others)
        recorder.put_all(b"", top.items())
        commit = recorder.end_commit()
        _check_still(worktree, git, head, index, is_locked=is_locked)
        if ref:
            recorder.keep()
        else:
            recorder.forget_ref()
    return Snapshot(commit, head, index.modified_ns, tips, ref)


def _read_index(worktree: Worktree) -> _Index:
    try:
        with worktree.index_path.open("rb") as file:
            status = os.fstat(file.fileno())
            return _Index(file.read(), status.st_mtime_ns, _look(status))
    except FileNotFoundError:
        return _Index(b"", None, ())


def _look(status: os.stat_result) -> tuple[int, ...]:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _check_still(
    worktree: Worktree, git: Git, head: Head, index: _Index, *, is_locked: bool
) -> None:
    try:
        look = _look(worktree.index_path.stat())
    except FileNotFoundError:
        look = ()
    if look != index.look or read_head(git) != head:
        raise ChangedMeanwhileError(f"the index or HEAD of {worktree.root}")
    if not is_locked and os.path.lexists(worktree.lock_path):
        raise ChangedMeanwhileError(f"the index of {worktree.root}")


def _tips(git: Git, head: Head, protecting: Snapshot | None) -> dict[bytes, str | None]:
    branch = protecting.head.branch if protecting is not None else None
    return {} if branch is None or branch == head.branch else {branch: tip(git, branch)}


def _index_files(
    worktree: Worktree, git: Git, index: _Index, recorder: Recorder
) -> dict[bytes, Blob]:
    """Return the index file, and the one that it adds to if it is split."""
    if index.modified_ns is None:
        return {}
    files = {b"index": recorder.content(index.content)}
    if b"link" in index.content:
        shared = git.run("rev-parse", "--shared-index-path").removesuffix(b"\n")
        if shared:
            path = worktree.root / os.fsdecode(shared)
            name = _SHARED_INDEX + os.fsencode(path.name).removeprefix(_SHARED_INDEX)
            files[name] = recorder.content(path.read_bytes())
    return files


def _reported(seen: Scan, files: dict[bytes, Blob | None]) -> set[bytes]:
    gone = {path for path, blob in files.items() if blob is None}
    return (set(seen.tracked) | seen.untracked) - gone


def _lists(recorder: Recorder, **lists: Iterable[bytes]) -> dict[bytes, Blob]:
    """Return the entries for lists that are not empty, that of the permissions among them."""
    permissions = (b"%o %b" % (bits, path) for path, bits in recorder.permissions.items())
    texts = {
        name.encode(): b"".join(item + b"\0" for item in items)
        for name, items in {"permissions": permissions, **lists}.items()
    }
    return {name: recorder.content(text) for name, text in texts.items() if text}


def _unmerged(seen: Scan) -> list[tuple[bytes, Blob | None]]:
    return [(b"%d/%b" % (number, path), blob) for (number, path), blob in seen.stages.items()]


def _kinds(git: Git, ids: list[bytes]) -> tuple[list[str], list[tuple[bytes, Blob | None]]]:
    """Return which ids are commits, and the entries for trees and blobs; others are no objects."""
    if not ids:
        return [], []
    given = b"".join(each + b"\n" for each in ids)
    kinds = git.run("cat-file", "--batch-check=%(objecttype)", given=given).split(b"\n")
    pairs = list(zip(ids, kinds, strict=False))
    modes = {b"tree": b"040000", b"blob": b"100644"}
    commits = [each.decode() for each, kind in pairs if kind == b"commit"]
    return commits, [(each, Blob(modes[kind], each)) for each, kind in pairs if kind in modes]


def _sync(path: Path) -> None:
    """Write the directory of a file to the disk; on a journal, all that came before goes along."""
    for directory in path.parents:
        try:
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            # git removes directories of refs that become empty, as by packing them.
            continue
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return
