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
        self,
        old: str,
        source: tuple[bytes, int, int],
        name: str,
        new: str,
        place: tuple[bytes, int, int],
    ) -> bool:
        """Return whether lines of the new state come from lines of the old one.

        Args:
            old, new: ids of the states.
            source, place: path, first and last line.
            name: of the function; it is enough if each state has only one definition of it.
        """
        return (
            (self._is_only_one(name, old, source) and self._is_only_one(name, new, place))
            or self._by_blame(old, source, new, place)
            or self._by_log(old, source, new, place)
            or self._by_log(old, source, new, place, "--first-parent")
        )

    def is_gone(self, old: str, source: tuple[bytes, int, int], name: str, new: str) -> bool:
        """Return whether the lines are nowhere, or are like those of something that was there.

        They are nowhere if less than a third of what is telling in them is in any one file. Else
        less than a third of them has to be left as git follows them, and the name must be in no
        file in which it was not.
        """
        lines = {line.strip() for line in self.lines(old, *source)}
        telling = {line for line in lines if len(line) > _LEAST_TELLING}
        files = Counter(path for line in telling for path in self._files_with(line, new))
        if max(files.values(), default=0) * 3 < len(telling) or not telling:
            return True
        word = name.encode()
        return not self._is_left(old, source, new) and (
            self._files_with(word, new) <= self._files_with(word, old)
        )

    def _files_with(self, text: bytes, state: str) -> set[bytes]:
        said = self.git(*("grep", "-l", "-z", "-F", "-e"), text, state, "--", may_fail=True)
        return {each.partition(b":")[2] for each in said.split(b"\0")[:-1]}

    def _is_left(self, old: str, source: tuple[bytes, int, int], new: str) -> bool:
        path, start, end = source
        said = self.git(
            *("blame", "--reverse", "--porcelain", "-w", "-M", "-C"),
            *(f"-L{start},{end}", f"{old}..{new}", "--"),
            path,
        )
        headers = [found for text in said.split(b"\n") if (found := _HEADER.fullmatch(text))]
        left = sum(1 for found in headers if found[1] == new.encode())
        return left * 3 >= len(headers)

    def _is_only_one(self, name: str, state: str, place: tuple[bytes, int, int]) -> bool:
        """Return whether there is one definition of a name in a state, and that at a place."""
        if not name.isidentifier():
            return False
        pattern = rf"\b(def|func|function|fn)\b.*\b{name} *\("
        said = self.git("grep", "-n", "-z", "-P", "-e", pattern, state, "--", may_fail=True)
        found = said.split(b"\n")[:-1]
        if len(found) != 1:
            return False
        where, line, _text = found[0].split(b"\0")
        is_inside = place[1] <= int(line) <= place[2]
        return is_inside and where.partition(b":")[2] == place[0]

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
        self,
        old: str,
        source: tuple[bytes, int, int],
        new: str,
        place: tuple[bytes, int, int],
        *options: str,
    ) -> bool:
        """What they were before the first change of them is what the old lines are, mostly."""
        path, start, end = place
        said = self.git(
            *(
                "log",
                *options,
                "--format=%x00",
                f"-L{start},{end}:{path.decode()}",
                f"{old}..{new}",
            ),
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
