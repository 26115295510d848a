"""Why a snapshot cannot be taken or restored, each as one clear line for people."""

from __future__ import annotations

import os


def shown(path: bytes) -> str:
    """Return a path as messages show it: on one line, whatever bytes it is made of."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return text if text.isprintable() else repr(text)[1:-1]


class SnapshotError(Exception):
    """A snapshot cannot be taken, read or restored as things are."""


class GitFailedError(SnapshotError):
    """git refused or failed to do its part; the text is what it said."""


class NoWorktreeError(SnapshotError):
    """There is no worktree at that place, be it that the repository is bare."""


class SparseCheckoutError(SnapshotError):
    """Which files are present depends on patterns that a snapshot does not hold."""


class BisectInProgressError(SnapshotError):
    """The refs of a bisect in progress are not part of a snapshot."""


class SubmoduleError(SnapshotError):
    """A submodule has changes inside, or is not at the commit that the snapshot has of it."""


class NestedRepositoryError(SnapshotError):
    """A repository has appeared inside the worktree, whose contents are nobody's to delete."""


class SpecialFileError(SnapshotError):
    """A socket, a pipe or a device is where git tracks a file."""


class UnreadableError(SnapshotError):
    """A file or directory may not be read by this process."""


class UnwritableError(SnapshotError):
    """A file may not be written or deleted by this process."""


class WorktreeBusyError(SnapshotError):
    """Another process works in the worktree: its index is locked, or its files keep changing."""


class SnapshotExistsError(SnapshotError):
    """There is a snapshot of that name already, which is never overwritten."""


class SnapshotNotFoundError(SnapshotError):
    """There is no snapshot of that name."""


class DamagedSnapshotError(SnapshotError):
    """What the ref names is not a snapshot, or not one that can be read."""


class InvalidNameError(SnapshotError):
    """That cannot be the name of a snapshot."""


class UnknownPathError(SnapshotError):
    """The path is neither in the snapshot nor in the worktree."""


class UnkeptWorkError(SnapshotError):
    """Restoring would destroy something that the snapshot taken beforehand does not hold."""


class ObstructedError(SnapshotError):
    """Something that is not in any snapshot stands where a file has to be written."""


class BranchMovedError(SnapshotError):
    """The branch, or a detached HEAD, was moved after the snapshot that keeps the present work."""


class BranchElsewhereError(SnapshotError):
    """The branch is checked out in another worktree by now."""


class ChangedMeanwhileError(Exception):
    """Within this package: what was read no longer is what is there; it has to be read again."""
