"""Files that git does not report, but that restoring a snapshot would overwrite or delete.

They are ignored now, and were not when the snapshot was taken; or stand where it has a file. The
snapshot that keeps the present work has to hold them too.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping

from heddle_worker.snapshots.beneath import Beneath
from heddle_worker.snapshots.git import Git
from heddle_worker.snapshots.ignoring import IGNORE_FILE, judge
from heddle_worker.snapshots.scanning import is_ours
from heddle_worker.snapshots.snapshot import Snapshot
from heddle_worker.snapshots.status_lines import Blob
from heddle_worker.snapshots.trees import (
    GITLINK_MODE,
    STAGED,
    WORKTREE,
    differences,
    entries,
    read_list,
    subtree,
)


def endangered(git: Git, disk: Beneath, snapshot: Snapshot, reported: set[bytes]) -> set[bytes]:
    """Return the paths of such files.

    Args:
        git: in the worktree.
        disk: its files.
        snapshot: what is going to be restored.
        reported: paths of the files that are there, tracked or untracked.
    """
    target = entries(git, subtree(git, snapshot.commit, WORKTREE))
    found = {
        path
        for wanted, blob in target.items()
        if wanted not in reported and blob.mode != GITLINK_MODE
        for path in _in_the_way(disk, wanted)
    }
    candidates: set[bytes] = set()
    if _ignore_files(disk, reported) != _ignore_blobs(target):
        listed = git.run("ls-files", "--others", "-z").split(b"\0")[:-1]
        candidates = {path for path in listed if not path.endswith(b"/") and not is_ours(path)}
        candidates -= target.keys() | reported
    verdict = judge(git, disk, target, untracked_in(git, snapshot), candidates)
    return (found | (candidates - verdict.ignored) | verdict.intruders) - reported


def untracked_in(git: Git, snapshot: Snapshot) -> set[bytes]:
    """Return the snapshot's files that were neither tracked nor ignored, or in conflict."""
    staged = subtree(git, snapshot.commit, STAGED)
    files = subtree(git, snapshot.commit, WORKTREE)
    added = {each.path for each in differences(git, staged, files) if each.before is None}
    return added - set(read_list(git, snapshot.commit, "ignored"))


def _in_the_way(disk: Beneath, wanted: bytes) -> Iterator[bytes]:
    status = disk.status(wanted)
    if status is not None and stat.S_ISDIR(status.st_mode):
        yield from disk.files_below(wanted)
    elif (path := disk.obstacle(wanted)) is not None:
        yield path


def _ignore_files(disk: Beneath, reported: set[bytes]) -> dict[bytes, bytes]:
    found = {}
    for path in reported:
        if _is_ignore_file(path) and (status := disk.status(path)) is not None:
            if stat.S_ISREG(status.st_mode):
                with os.fdopen(disk.open(path), "rb") as file:
                    found[path] = blob_id(file.read())
            elif stat.S_ISLNK(status.st_mode):
                found[path] = b""
    return found


def _ignore_blobs(target: Mapping[bytes, Blob]) -> dict[bytes, bytes]:
    return {
        path: blob.object_id if blob.mode.startswith(b"100") else b""
        for path, blob in target.items()
        if _is_ignore_file(path)
    }


def _is_ignore_file(path: bytes) -> bool:
    return path == IGNORE_FILE or path.endswith(b"/" + IGNORE_FILE)


def blob_id(content: bytes) -> bytes:
    """Return the hexadecimal id that git gives to a content."""
    header = b"blob %d\0" % len(content)
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest().encode()
