"""Reading what `git diff-tree -z --raw --numstat -p` prints of two trees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from heddle_worker.limits import MAX_CHANGED_FILES, MAX_HUNKS
from heddle_worker.repository.diff import Diff, FileChange, FileStatus, FileVersion, Hunk

OPTIONS: Final = (
    "-r",
    "-z",
    "--raw",
    "--numstat",
    "-p",
    "--unified=3",
    "--inter-hunk-context=0",
    "--find-renames",
    "-l1000",
    "--diff-algorithm=myers",
    "--indent-heuristic",
    "--ignore-submodules=none",
    "--submodule=short",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-abbrev",
    "--full-index",
)
"""What makes it print that, whatever the configuration says."""

VARIABLES: Final = {"GIT_DIFF_OPTS": "--unified=0"}
"""What takes the context away from the patch alone.

Git compares a little less thoroughly where no context is wanted, and can find some more lines to
differ then. So lines are counted with the usual context, as `git diff --numstat` does; now and then
the hunks have one or two lines more.
"""

# Lines of a file's own begin with a sign, so these can only be git's.
_MARK: Final = re.compile(rb"\n(?:diff --git |@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@)")
_LONGEST_MARK: Final = 80
_END_OF_HEAD: Final = b"\0\0"


@dataclass(slots=True)
class _File:
    status: FileStatus
    old: FileVersion | None
    new: FileVersion | None
    added_lines: int = 0
    removed_lines: int = 0
    is_binary: bool = False
    hunks: list[Hunk] = field(default_factory=list)


class DiffReader:
    """Takes what is printed piece by piece, in memory that does not grow with the patch."""

    def __init__(self) -> None:
        self._head: bytearray | None = bytearray()
        self._rest = b""
        self._files: list[_File] = []
        self._files_changed = self._added_lines = self._removed_lines = 0
        self._sections: Iterator[_File] = iter(())
        self._file: _File | None = None
        self._hunks_left = MAX_HUNKS
        self.has_enough = False
        """Whether nothing that follows is of interest."""

    def feed(self, piece: bytes) -> None:
        """Take a piece."""
        if self._head is None:
            self._read_patch(self._rest + piece)
            return
        searched = max(len(self._head) - 1, 0)
        self._head += piece
        end = self._head.find(_END_OF_HEAD, searched)
        if end >= 0:
            head, patch = bytes(self._head[: end + 1]), bytes(self._head[end + 2 :])
            self._read_head(head)
            # The separator stands where a line's end would.
            self._read_patch(b"\n" + patch)

    def finish(self) -> Diff:
        """Return the differences, when everything was taken that is of interest."""
        if self._head is not None:
            self._read_head(bytes(self._head))
        self._end_file()
        return Diff(
            files=tuple(map(_finished, self._files)),
            files_changed=self._files_changed,
            added_lines=self._added_lines,
            removed_lines=self._removed_lines,
            is_truncated=len(self._files) < self._files_changed,
        )

    def _read_head(self, head: bytes) -> None:
        self._head = None
        words = iter(head.split(b"\0")[:-1])
        word = next(words, b"")
        while word.startswith(b":"):
            self._files_changed += 1
            file = _file(word, words)
            if len(self._files) < MAX_CHANGED_FILES:
                self._files.append(file)
            word = next(words, b"")
        files = iter(self._files)
        for _number in range(self._files_changed):
            added, removed, path = word.split(b"\t", 2)
            if not path:
                _old, _new = next(words), next(words)
            self._count(next(files, None), added, removed)
            word = next(words, b"")
        self._sections = (file for file in self._files for _section in range(_sections(file)))

    def _count(self, file: _File | None, added: bytes, removed: bytes) -> None:
        is_binary = added == b"-"
        added_lines, removed_lines = (0, 0) if is_binary else (int(added), int(removed))
        self._added_lines += added_lines
        self._removed_lines += removed_lines
        if file is not None:
            file.added_lines, file.removed_lines = added_lines, removed_lines
            file.is_binary = is_binary

    def _read_patch(self, text: bytes) -> None:
        end = 0
        for mark in _MARK.finditer(text):
            end = mark.end()
            if mark[1] is None:
                self._begin_section()
            elif self._file is not None:
                self._file.hunks.append(_hunk(mark))
        # A mark may go on in the next piece.
        self._rest = text[max(end, len(text) - _LONGEST_MARK) :]

    def _begin_section(self) -> None:
        before = self._file
        self._file = next(self._sections, None)
        self.has_enough = self._file is None
        if before is not None and before is not self._file:
            self._end(before)

    def _end_file(self) -> None:
        if self._file is not None:
            self._end(self._file)

    def _end(self, file: _File) -> None:
        if len(file.hunks) > self._hunks_left:
            file.hunks = [_spanning(file.hunks)]
        self._hunks_left -= len(file.hunks)


def _file(word: bytes, words: Iterator[bytes]) -> _File:
    old_mode, new_mode, old_id, new_id, letter = word[1:].split(b" ")
    status = FileStatus(letter[:1].decode())
    old_path = next(words)
    new_path = next(words) if status is FileStatus.RENAMED else old_path
    return _File(
        status,
        _version(old_path, old_mode, old_id) if status is not FileStatus.ADDED else None,
        _version(new_path, new_mode, new_id) if status is not FileStatus.DELETED else None,
    )


def _version(path: bytes, mode: bytes, object_id: bytes) -> FileVersion:
    return FileVersion(path, bytes.fromhex(object_id.decode()), int(mode, 8))


def _sections(file: _File) -> int:
    """Return how many sections a patch has of a file: a change of type is shown as two."""
    return 2 if file.status is FileStatus.TYPE_CHANGED else 1


def _hunk(mark: re.Match[bytes]) -> Hunk:
    old_start, old_lines, new_start, new_lines = mark.groups(b"1")
    return Hunk(int(old_start), int(old_lines), int(new_start), int(new_lines))


def _spanning(hunks: list[Hunk]) -> Hunk:
    first, last = hunks[0], hunks[-1]
    old_start = min(first.old_start, last.old_start)
    new_start = min(first.new_start, last.new_start)
    return Hunk(
        old_start,
        last.old_start + last.old_lines - old_start,
        new_start,
        last.new_start + last.new_lines - new_start,
    )


def _finished(file: _File) -> FileChange:
    return FileChange(
        file.status,
        file.old,
        file.new,
        file.added_lines,
        file.removed_lines,
        file.is_binary,
        () if file.is_binary else tuple(file.hunks),
    )
