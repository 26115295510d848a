"""What git itself says about where lines of an old commit are in a new one."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

_SECONDS: Final = 120
_HEADER: Final = re.compile(rb"([0-9a-f]{40}) (\d+) (\d+)(?: \d+)?")
_LEAST_LETTERS: Final = 4
_LEAST_TELLING: Final = 16


class LineWitness:
    """Asks `git blame`, `git log -L` and `git grep` of a repository; none of our code is asked."""

    def __init__(self, git_dir: Path) -> None:
        self._git_dir = git_dir

    def git(self, *words: str | bytes, may_fail: bool = False) -> bytes:
        done = subprocess.run(
            ["git", "--git-dir", str(self._git_dir), *words],
            check=False,
            capture_output=True,
            timeout=_SECONDS,
        )
        assert may_fail or done.returncode == 0, (words, done.stderr)
        return done.stdout

    def lines(self, state: str, path: bytes, start: int, end: int) -> list[bytes]:
        """Return lines of a file, counted from 1, both inclusive."""
        text = self.git("cat-file", "blob", state.encode() + b":" + path)
        return text.split(b"\n")[start - 1 : end]

    def comes_from(
        self, old: str, source: tuple[bytes, int, int], new: str, place: tuple[bytes, int, int]
    ) -> bool:
        """Return whether lines of the new state come from lines of the old one.

        Args:
            old, new: ids of the states.
            source, place: path, first and last line.
        """
        return self._by_blame(old, source, new, place) or self._by_log(old, source, new, place)

    def is_gone(self, old: str, source: tuple[bytes, int, int], new: str) -> bool:
        """Return whether less than a third of what is telling in the lines is in any one file."""
        telling = {
            line.strip() for line in self.lines(old, *source) if len(line.strip()) > _LEAST_TELLING
        }
        files: Counter[bytes] = Counter()
        for line in telling:
            found = self.git("grep", "-l", "-z", "-F", "-e", line, new, "--", may_fail=True)
            files.update(found.split(b"\0")[:-1])
        most = max(files.values(), default=0)
        return most * 3 < len(telling) or not telling

    def _by_blame(
        self, old: str, source: tuple[bytes, int, int], new: str, place: tuple[bytes, int, int]
    ) -> bool:
        """Most of the lines that were there in the old state were among its lines."""
        path, start, end = place
        said = self.git(
            *("blame", "--porcelain", "-w", "-M", "-C", "-C"),
            *(f"-L{start},{end}", f"{old}..{new}", "--"),
            path,
        )
        inside = outside = 0
        file_of: dict[bytes, bytes] = {}
        commit, line, rest = b"", 0, iter(said.split(b"\n"))
        for text in rest:
            if header := _HEADER.fullmatch(text):
                commit, line = header[1], int(header[2])
            elif text.startswith(b"filename "):
                file_of[commit] = text.removeprefix(b"filename ")
            elif text.startswith(b"\t") and commit == old.encode() and _tells(text):
                is_inside = file_of[commit] == source[0] and source[1] <= line <= source[2]
                inside += is_inside
                outside += not is_inside
        return inside > outside

    def _by_log(
        self, old: str, source: tuple[bytes, int, int], new: str, place: tuple[bytes, int, int]
    ) -> bool:
        """What they were before the first change of them is what the old lines are, mostly."""
        path, start, end = place
        said = self.git(
            *("log", "--format=%x00", f"-L{start},{end}:{path.decode()}", f"{old}..{new}"),
            may_fail=True,
        )
        patches = said.split(b"\0")
        if len(patches) < 2:
            before = self.lines(new, path, start, end)
        else:
            body = patches[-1].split(b"\n@@", 1)[-1].split(b"\n")[1:]
            before = [line[1:] for line in body if line[:1] in (b" ", b"-")]
        return _share(self.lines(old, *source), before) >= 0.5


def _tells(line: bytes) -> bool:
    return sum(chr(each).isalpha() for each in line) >= _LEAST_LETTERS


def _share(lines: Sequence[bytes], others: Iterable[bytes]) -> float:
    """Return the share of those lines with something in them that are among others."""
    telling = [line.strip() for line in lines if _tells(line)]
    known = {line.strip() for line in others}
    return sum(line in known for line in telling) / max(1, len(telling))
