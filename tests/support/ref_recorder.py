"""An account of what git did to the refs of a repository, kept from outside, command by command."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

from git_repository import GitRepository, ReflogLine, read_reflog

_KINDS: Final = ("refs/heads/", "refs/remotes/")

Move = tuple[str, str]
"""Ids before and after; empty for none."""


class RefRecorder:
    """Looks at the reflogs and the refs after every command, and adds up what has changed.

    Attributes:
        moves: each line of a reflog, told by the logs of `HEAD` and of a branch or by one of them.
        tags: names of tags, each time that one was made, moved or deleted.
        deleted: names of branches, each time that one was deleted.
    """

    def __init__(self, repository: GitRepository) -> None:
        self.moves: Counter[Move] = Counter()
        self.tags: Counter[str] = Counter()
        self.deleted: Counter[str] = Counter()
        self._repository = repository
        self._git_dir = repository.git_dir()
        self._read: dict[Path, int] = {}
        self._refs: dict[str, str] = {}
        self.look()

    def git(self, *arguments: str, worktree: GitRepository | None = None) -> str:
        """Run a git command, and look."""
        printed = (worktree or self._repository).git(*arguments)
        self.look()
        return printed

    def look(self) -> None:
        """Add up what has changed since the last look."""
        self._look_at_refs()
        heads: Counter[ReflogLine] = Counter()
        branches: Counter[ReflogLine] = Counter()
        for path in self._log_files():
            lines = self._new_lines(path)
            if path.name == "HEAD":
                heads.update(lines)
            else:
                branches.update(lines)
        # What moved a branch that is checked out is told by both logs, word for word.
        for line, count in (heads + (branches - heads)).items():
            self.moves[line.old, line.new] += count

    def _look_at_refs(self) -> None:
        printed = self._repository.git("for-each-ref", "--format=%(refname) %(objectname)")
        refs = dict(line.split(" ") for line in printed.splitlines())
        for name in refs.keys() | self._refs.keys():
            if refs.get(name) == self._refs.get(name):
                continue
            if name.startswith("refs/tags/"):
                self.tags[name.removeprefix("refs/tags/")] += 1
            elif name not in refs and name.startswith(_KINDS):
                self.deleted[name.split("/", 2)[2]] += 1
        self._refs = refs

    def _log_files(self) -> list[Path]:
        logs = [self._git_dir / "logs/HEAD", *self._git_dir.glob("worktrees/*/logs/HEAD")]
        for kind in _KINDS:
            # The log of a remote's HEAD tells nothing that happened here.
            found = (self._git_dir / "logs" / kind).rglob("*")
            logs += [path for path in found if path.is_file() and path.name != "HEAD"]
        for path in self._read.keys() - set(logs):
            del self._read[path]
        return logs

    def _new_lines(self, path: Path) -> list[ReflogLine]:
        lines = read_reflog(path)
        known = self._read.get(path, 0)
        self._read[path] = len(lines)
        return lines[known:]
