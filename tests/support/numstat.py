"""What git itself says of a change, to compare with."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from heddle_worker.repository.diff import Diff, FileChange, FileStatus, Hunk

_HUNK: Final = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class Line(NamedTuple):
    """One line of `git diff --numstat`: `-` for the lines of a binary file, and both paths."""

    added: bytes
    removed: bytes
    old_path: bytes
    new_path: bytes

    @property
    def is_binary(self) -> bool:
        return self.added == b"-"

    @property
    def counts(self) -> tuple[int, int]:
        """How many lines were added and removed; of a binary file none."""
        return (0, 0) if self.is_binary else (int(self.added), int(self.removed))


def run_git(root: Path, *words: str | bytes, given: bytes = b"") -> bytes:
    """Run git; return what it prints."""
    command = [b"git", b"-C", os.fsencode(root), *map(os.fsencode, words)]
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout


def numstat(root: Path, *words: str) -> list[Line]:
    """Return the lines of `git diff --numstat -M -z` with more words, in its order."""
    fields = iter(run_git(root, "diff", "--numstat", "-M", "-z", *words).split(b"\0")[:-1])
    lines = []
    for field in fields:
        added, removed, path = field.split(b"\t", 2)
        paths = (path, path) if path else (next(fields), next(fields))
        lines.append(Line(added, removed, *paths))
    return lines


def hunks(root: Path, statuses: Iterable[FileStatus], *words: str) -> list[list[Hunk]]:
    """Return the hunks of each file in `git diff -M --unified=0` with more words.

    Args:
        root: of the repository.
        statuses: what became of the files, since git shows a change of type in two sections.
        words: more of the command.
    """
    sections: list[list[Hunk]] = []
    for line in run_git(root, "diff", "-M", "--unified=0", *words).split(b"\n"):
        if line.startswith(b"diff --git "):
            sections.append([])
        elif matched := _HUNK.match(line):
            sections[-1].append(Hunk(*map(int, matched.groups(b"1"))))
    waiting = iter(sections)
    found = [
        [*next(waiting), *(next(waiting) if status is FileStatus.TYPE_CHANGED else [])]
        for status in statuses
    ]
    assert next(waiting, None) is None
    return found


def lines_of(diff: Diff) -> list[Line]:
    """Return the lines that git would print of a diff."""
    return [_line(file) for file in diff.files]


def check_equal(diff: Diff, root: Path, *words: str) -> None:
    """Check that a diff is what `git diff` with more words says, in files, lines and hunks."""
    wanted = numstat(root, *words)
    assert lines_of(diff) == wanted
    statuses = [file.status for file in diff.files]
    for file, found in zip(diff.files, hunks(root, statuses, *words), strict=True):
        assert file.is_binary or list(file.hunks) == found
        assert not (file.is_binary and file.hunks)
    assert (diff.added_lines, diff.removed_lines) == totals(wanted)
    assert diff.files_changed == len(wanted)
    assert not diff.is_truncated


def totals(lines: Iterable[Line]) -> tuple[int, int]:
    """Return how many lines were added and removed."""
    counts = [line.counts for line in lines]
    return sum(added for added, _ in counts), sum(removed for _, removed in counts)


def _line(file: FileChange) -> Line:
    old, new = file.old or file.new, file.new or file.old
    assert old is not None
    assert new is not None
    if file.is_binary:
        return Line(b"-", b"-", old.path, new.path)
    return Line(b"%d" % file.added_lines, b"%d" % file.removed_lines, old.path, new.path)
