"""What git itself says of a change, to compare with."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from heddle_worker.repository.diff import Diff, FileChange, FileStatus

_HUNK: Final = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class Line(NamedTuple):
    """One line of `git diff --numstat`: `-` for the lines of a binary file, and both paths."""

    added: bytes
    removed: bytes
    old_path: bytes
    new_path: bytes


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


def hunks(root: Path, *words: str) -> list[list[tuple[int, ...]]]:
    """Return the hunks of each section of `git diff -M --unified=0` with more words."""
    sections: list[list[tuple[int, ...]]] = []
    for line in run_git(root, "diff", "-M", "--unified=0", *words).split(b"\n"):
        if line.startswith(b"diff --git "):
            sections.append([])
        elif matched := _HUNK.match(line):
            sections[-1].append(tuple(map(int, matched.groups(b"1"))))
    return sections


def lines_of(diff: Diff) -> list[Line]:
    """Return the lines that git would print of a diff."""
    return [_line(file) for file in diff.files]


def hunks_of(diff: Diff) -> list[list[tuple[int, ...]]]:
    """Return the hunks of each section that git would print, none of which is a change of type."""
    assert all(file.status is not FileStatus.TYPE_CHANGED for file in diff.files)
    return [
        [(one.old_start, one.old_lines, one.new_start, one.new_lines) for one in file.hunks]
        for file in diff.files
    ]


def totals(lines: Iterable[Line]) -> tuple[int, int]:
    """Return how many lines were added and removed."""
    counted = [line for line in lines if line.added != b"-"]
    return sum(int(line.added) for line in counted), sum(int(line.removed) for line in counted)


def _line(file: FileChange) -> Line:
    old, new = file.old or file.new, file.new or file.old
    assert old is not None
    assert new is not None
    if file.is_binary:
        return Line(b"-", b"-", old.path, new.path)
    return Line(b"%d" % file.added_lines, b"%d" % file.removed_lines, old.path, new.path)
