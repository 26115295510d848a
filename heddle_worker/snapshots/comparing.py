"""How a worktree has changed since a snapshot was taken."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from subprocess import DEVNULL, PIPE
from tempfile import TemporaryFile

from heddle_worker.snapshots.git import Git, failure
from heddle_worker.snapshots.snapshot import Snapshot
from heddle_worker.snapshots.status_lines import Blob
from heddle_worker.snapshots.taking import capture
from heddle_worker.snapshots.trees import STAGED, WORKTREE, Difference, differences, subtree
from heddle_worker.snapshots.worktree import Worktree


class Kind(enum.Enum):
    """What happened to a path."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    TYPE_CHANGED = "type-changed"


class Side(enum.Enum):
    """Where it happened."""

    INDEX = "index"
    WORKTREE = "worktree"


@dataclass(frozen=True, slots=True)
class Change:
    """One path that is not as it was.

    Attributes:
        path: relative to the worktree's root.
        side: the index, or the file on the disk; a file that was edited and staged has both.
        kind: what happened. A change of the executable bit is a modification.
    """

    path: bytes
    side: Side
    kind: Kind


@dataclass(frozen=True, slots=True)
class BoundedDiff:
    """A unified diff.

    Attributes:
        text: as git prints it.
        is_complete: whether it is all of it, rather than its beginning.
    """

    text: bytes
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a worktree differs from a snapshot, as it was found at one look.

    Attributes:
        changes: by path, the index before the worktree.
        diff: of the files on the disk; nothing where none was asked for.
    """

    changes: tuple[Change, ...]
    diff: BoundedDiff


def compare(worktree: Worktree, snapshot: Snapshot, max_bytes: int = 0) -> Comparison:
    """Return what has changed since a snapshot.

    Args:
        worktree: where it was taken.
        snapshot: what to compare with.
        max_bytes: the most of the diff; 0 for none of it.

    Raises:
        SnapshotError: the worktree cannot be looked at.
    """
    with worktree.git.scratch() as git:
        now = capture(worktree, git, "now", protecting=snapshot)
        changes = _changes(differences(git, snapshot.commit, now.commit))
        if not max_bytes:
            return Comparison(changes, BoundedDiff(b"", is_complete=True))
        before, after = (subtree(git, each.commit, WORKTREE) for each in (snapshot, now))
        return Comparison(changes, _bounded_diff(git, before, after, max_bytes))


def _changes(found: Sequence[Difference]) -> tuple[Change, ...]:
    changed = (
        Change(each.path.removeprefix(prefix), side, _kind(each))
        for prefix, side in ((STAGED, Side.INDEX), (WORKTREE, Side.WORKTREE))
        for each in found
        if each.path.startswith(prefix)
    )
    return tuple(sorted(changed, key=lambda change: change.path))


def _bounded_diff(git: Git, before: str, after: str, max_bytes: int) -> BoundedDiff:
    words = ("diff-tree", "-r", "-p", "--no-ext-diff", "--no-textconv", "--no-color", before, after)
    with TemporaryFile() as said:
        process = git.start(*words, stdin=DEVNULL, stdout=PIPE, stderr=said)
        printed = process.stdout.read(max_bytes + 1) if process.stdout is not None else b""
        if len(printed) > max_bytes:
            process.kill()
        process.communicate()
        if process.returncode != 0 and len(printed) <= max_bytes:
            said.seek(0)
            raise failure(words, process.returncode, said.read())
    return BoundedDiff(printed[:max_bytes], len(printed) <= max_bytes)


def _kind(difference: Difference) -> Kind:
    if difference.before is None:
        return Kind.ADDED
    if difference.after is None:
        return Kind.DELETED
    is_same_type = _type(difference.before) == _type(difference.after)
    return Kind.MODIFIED if is_same_type else Kind.TYPE_CHANGED


def _type(blob: Blob) -> bytes:
    return blob.mode[:3]
