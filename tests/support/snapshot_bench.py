"""A worktree for tests, with short ways to take snapshots of it and go back to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from worktree_view import View, git

from heddle_worker.snapshots.planning import RestorePlan
from heddle_worker.snapshots.restoring import restore
from heddle_worker.snapshots.snapshot import Snapshot, ref_of
from heddle_worker.snapshots.taking import take
from heddle_worker.snapshots.worktree import Worktree

TRANSACTION = "t"


@dataclass(frozen=True, slots=True)
class Bench:
    """A worktree at `root`."""

    root: Path

    @classmethod
    def init(cls, root: Path, *options: str) -> Bench:
        """Make a repository without any commit; `options` are those of `git init`."""
        root.mkdir()
        git(root, "init", "--quiet", "--initial-branch=main", *options)
        return cls(root)

    @property
    def worktree(self) -> Worktree:
        """The worktree."""
        return Worktree.open(self.root)

    @property
    def git_dir(self) -> Path:
        """The worktree's git directory."""
        return self.worktree.git_dir

    def git(self, *words: str | bytes, may_fail: bool = False) -> str:
        """Run git; return what it prints, without white space at the ends."""
        return git(self.root, *words, may_fail=may_fail).decode().strip()

    def write(self, name: str, text: str) -> Path:
        """Write a file; return its path."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
        return path

    def read(self, name: str) -> str:
        """Return a file's content."""
        return (self.root / name).read_bytes().decode()

    def commit(self, message: str = "work") -> str:
        """Commit everything; return the commit's id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def take(self, name: str = "begin", *, protecting: Snapshot | None = None) -> Snapshot:
        """Take a snapshot."""
        return take(self.worktree, ref_of(TRANSACTION, name), name, protecting=protecting)

    def go_back(self, snapshot: Snapshot, name: str = "aborted") -> tuple[Snapshot, RestorePlan]:
        """Keep the present work and go back; return what keeps it, and what was done."""
        kept = self.take(name, protecting=snapshot)
        return kept, self.restore(snapshot, kept)

    def restore(self, snapshot: Snapshot, kept: Snapshot) -> RestorePlan:
        """Go back to a snapshot."""
        return restore(self.worktree, snapshot, kept=kept)

    def view(self) -> View:
        """Look at everything."""
        return View.of(self.root)
