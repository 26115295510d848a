"""Writing a snapshot's files to the disk, each of them at once and complete."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from heddle_worker.snapshots.beneath import Beneath
from heddle_worker.snapshots.endangered import blob_id
from heddle_worker.snapshots.errors import (
    DamagedSnapshotError,
    ObstructedError,
    UnwritableError,
    shown,
)
from heddle_worker.snapshots.git import Git
from heddle_worker.snapshots.scanning import is_ours
from heddle_worker.snapshots.snapshot import Snapshot
from heddle_worker.snapshots.status_lines import Blob
from heddle_worker.snapshots.trees import BlobReader, Difference, read_list
from heddle_worker.snapshots.unkept import unkept_work
from heddle_worker.snapshots.worktree import Worktree

_CHUNK_BYTES: Final = 1 << 20


def write_files(
    worktree: Worktree, git: Git, changes: Iterable[Difference], snapshot: Snapshot
) -> None:
    """Write and delete files, first the latter, so that what is in the way is gone.

    Args:
        worktree: where.
        git: has the snapshot's objects.
        changes: each path with what is there and what is to be there; see `Prepared.changes`.
        snapshot: what is restored.

    Raises:
        UnkeptWorkError: a file is neither what it was nor what it is to be.
        ObstructedError: something else is in its place.
        UnwritableError: it may not be written.
        DamagedSnapshotError: a path leads out of the worktree or into a repository's own files.
    """
    permissions = _permissions(git, snapshot)
    ordered = sorted(changes)
    for each in ordered:
        _check_path(each.path, snapshot)
    mask = worktree.mask
    with Beneath(worktree.root, mask) as disk, BlobReader(git) as blobs:
        for path, before, after in ordered:
            if after is None:
                with _explained(path):
                    _check_unchanged(disk, path, before)
                    disk.remove(path)
        for path, before, after in ordered:
            if after is not None:
                with _explained(path):
                    _check_unchanged(disk, path, before)
                    _write_file(disk, blobs, path, after, permissions.get(path), mask)


def _check_path(path: bytes, snapshot: Snapshot) -> None:
    """Refuse what no worktree has; anybody could have made the commit."""
    parts = path.lower().split(b"/")
    if is_ours(path) or not {b"", b".", b"..", b".git"}.isdisjoint(parts):
        raise DamagedSnapshotError(
            f"{snapshot.ref} has a file {shown(path)}, which no snapshot may have"
        )


@contextmanager
def _explained(path: bytes) -> Iterator[None]:
    """Turn what the system says about a file into words on what is to be done."""
    try:
        yield
    except (NotADirectoryError, IsADirectoryError) as error:
        raise _obstructed(path) from error
    except PermissionError as error:
        raise UnwritableError(
            f"{shown(path)} may not be written or deleted by this user; "
            "change the permissions of its directory"
        ) from error


def _write_file(
    disk: Beneath,
    blobs: BlobReader,
    path: bytes,
    blob: Blob,
    permissions: int | None,
    mask: int,
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
        permissions = _like(there.st_mode & 0o777, is_executable=is_executable)
    if permissions is None:
        permissions = (0o777 if is_executable else 0o666) & ~mask
    with disk.new_file(path, permissions) as descriptor:
        for chunk in blobs.chunks(blob.object_id):
            _write_all(descriptor, chunk)
        # The umask of this process has no say in it.
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
