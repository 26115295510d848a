"""Real git repositories for tests, made by git itself."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final, NamedTuple

_ZERO: Final = "0" * 40


class ReflogLine(NamedTuple):
    """One line of a reflog: the ids before and after, and what git said."""

    old: str
    new: str
    message: str


class GitRepository:
    """A repository at `root`, which `init` makes and `adopt` finds there."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def init(cls, root: Path, *options: str) -> GitRepository:
        """Make a repository without any commit; `options` are those of `git init`."""
        root.mkdir(parents=True, exist_ok=True)
        repository = cls(root)
        repository.git("init", "--quiet", "--initial-branch=main", *options)
        return repository

    def git(self, *arguments: str, at: int | None = None, may_fail: bool = False) -> str:
        """Run git here; return what it prints.

        Args:
            arguments: the command line.
            at: the Unix time that commits and reflog lines get.
            may_fail: whether a conflict, say, is what is wanted.
        """
        clock = (
            [] if at is None else [f"GIT_AUTHOR_DATE={at} +0000", f"GIT_COMMITTER_DATE={at} +0000"]
        )
        done = subprocess.run(
            ["env", *clock, "git", "-C", str(self.root), *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert may_fail or done.returncode == 0, f"git {arguments}: {done.stderr}"
        return done.stdout.strip()

    def commit(self, subject: str = "change", at: int | None = None) -> str:
        """Make an empty commit; return its id."""
        self.git("commit", "--quiet", "--allow-empty", "-m", subject, at=at)
        return self.head()

    def fast_import(self, stream: bytes) -> None:
        """Make the commits of a stream, and check the branch out."""
        subprocess.run(
            ["git", "-C", str(self.root), "fast-import", "--quiet"], input=stream, check=True
        )
        self.git("reset", "--quiet", "--hard")

    def write(self, name: str, text: str) -> None:
        """Write a file into the worktree and stage it."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.git("add", name)

    def head(self) -> str:
        """Return the id of the commit that is checked out."""
        return self.git("rev-parse", "HEAD")

    def git_dir(self) -> Path:
        """Return the git directory that all worktrees share."""
        return Path(self.git("rev-parse", "--path-format=absolute", "--git-common-dir"))

    def reflog(self, log: str = "HEAD") -> list[ReflogLine]:
        """Return the lines of a reflog file, the oldest first."""
        return read_reflog(self.git_dir() / "logs" / log)


def read_reflog(path: Path) -> list[ReflogLine]:
    """Return the lines of a reflog file, the oldest first."""
    parsed = []
    for line in path.read_text(encoding="utf-8", errors="surrogateescape").split("\n")[:-1]:
        ids, _tab, message = line.partition("\t")
        old, new = ids.split(" ", 2)[:2]
        parsed.append(ReflogLine(old.replace(_ZERO, ""), new.replace(_ZERO, ""), message))
    return parsed
