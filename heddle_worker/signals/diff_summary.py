"""Synthetic signals that say how large a change is, file by file."""

from __future__ import annotations

from typing import Final

from heddle_worker.repository.diff import Diff, FileChange, FileStatus
from heddle_worker.signals.signal import Signal

KIND: Final = "diff_summary"
"""What the kinds of these signals begin with."""

MODULE: Final = "review_show.diff_summary"
VERSION: Final = 1

_MOST: Final = 32


def diff_summary(diff: Diff) -> tuple[Signal, ...]:
    """Return a signal for each changed file, at most 32; the first one tells the totals.

    A change without files has one, for the change as a whole.
    """
    kind = f"{KIND}.{_kind(diff)}"
    files = [(file.path, _counts(file)) for file in diff.files[:_MOST]] or [(b"*", "")]
    return tuple(
        Signal(kind, MODULE, VERSION, path, "", 0, 0, reason if index else _totals(diff))
        for index, (path, reason) in enumerate(files)
    )


def _kind(diff: Diff) -> str:
    statuses = {file.status for file in diff.files}
    if not statuses:
        return "empty"
    if statuses == {FileStatus.ADDED}:
        return "added_only"
    if statuses == {FileStatus.DELETED}:
        return "deleted_only"
    if statuses.isdisjoint({FileStatus.ADDED, FileStatus.DELETED}):
        return "modified_only"
    return "mixed"


def _totals(diff: Diff) -> str:
    files = "1 file" if diff.files_changed == 1 else f"{diff.files_changed} files"
    return f"{files} changed, {diff.added_lines} lines added, {diff.removed_lines} removed"


def _counts(file: FileChange) -> str:
    if file.is_binary:
        return "binary"
    return f"{file.added_lines} lines added, {file.removed_lines} removed"
