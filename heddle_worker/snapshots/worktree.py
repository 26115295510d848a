"""One worktree of a repository: where it is, what its HEAD says, and whether git is at work."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from heddle_worker.repository.errors import DamagedRepositoryError, UnsupportedRepositoryError
from heddle_worker.repository.git_dirs import common_dir_of
from heddle_worker.repository.git_process import clean_environment, explained
from heddle_worker.snapshots.errors import GitFailedError, NoWorktreeError, WorktreeBusyError
from heddle_worker.snapshots.git import Git

LOCK_PATIENCE_SECONDS: Final = 2.0
"""How long another git may hold the index before the worktree counts as busy."""

LOCK_PAUSE_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Head:
    """What HEAD says.

    Attributes:
        branch: the full name of the branch; `None` when HEAD is detached.
        commit: hexadecimal id of the commit that is checked out; `None` on an unborn branch.
    """

    branch: bytes | None
    commit: str | None

    def __str__(self) -> str:
        if self.branch is None:
            return f"detached at {self.commit}"
        return f"on {self.branch.decode('utf-8', 'backslashreplace')} at {self.commit or 'nothing'}"


@dataclass(frozen=True, slots=True)
class Worktree:
    """A worktree, the main one or a linked one.

    Attributes:
        root: where its files are.
        git_dir: where its HEAD and index are.
        common_dir: what it shares with the repository's other worktrees.
    """

    root: Path
    git_dir: Path
    common_dir: Path

    @classmethod
    def open(cls, path: Path) -> Worktree:
        """Find the worktree that `path` lies in.

        Raises:
            NoWorktreeError: there is none.
            UnsupportedRepositoryError: the repository's ids are not SHA-1.
        """
        answer = _asked(path, "--is-inside-work-tree", "--show-object-format", "--absolute-git-dir")
        inside, object_format, git_dir = answer.split(b"\n", 2)
        if inside != b"true":
            raise NoWorktreeError(
                f"{path} is not in a worktree: a bare repository has no files to take back"
            )
        if object_format != b"sha1":
            raise UnsupportedRepositoryError(
                f"{path} has {object_format.decode()} object ids, which are not supported; "
                "use a repository with SHA-1 ids"
            )
        root = Path(os.fsdecode(_asked(path, "--show-toplevel")))
        own = Path(os.fsdecode(git_dir))
        return cls(root, own, common_dir_of(own))

    @property
    def git(self) -> Git:
        """Git in this worktree."""
        return Git(self.git_dir, self.root)

    @property
    def index_path(self) -> Path:
        """The index file, which need not exist."""
        return self.git_dir / "index"

    @property
    def mask(self) -> int:
        """The permission bits that new files and directories lack here.

        They are what git's configuration lacks, which git has made by the umask of the worktree's
        owner, or by `core.sharedRepository`. This process has a stricter umask of its own.
        """
        try:
            lacking = 0o666 & ~(self.common_dir / "config").stat().st_mode
        except OSError:
            lacking = 0o022
        return lacking | (lacking & 0o444) >> 2

    @property
    def lock_path(self) -> Path:
        """What a git that is changing the index or the files holds."""
        return self.git_dir / "index.lock"


def busy(worktree: Worktree) -> WorktreeBusyError:
    """Return the error for an index that stays locked."""
    return WorktreeBusyError(
        f"another git is at work in {worktree.root}; try again when it is done, "
        f"or remove {worktree.lock_path} if none runs"
    )


def read_head(git: Git) -> Head:
    """Return what HEAD says.

    Raises:
        DamagedRepositoryError: it names a commit that is not there.
    """
    branch = git.run("symbolic-ref", "--quiet", "HEAD", accept=(0, 1)).rstrip(b"\n") or None
    commit = git.run("rev-parse", "--quiet", "--verify", "HEAD^0", accept=(0, 1, 128)).decode()
    if not commit:
        known = b"" if branch is None else tip(git, branch)
        if branch is None or known:
            raise DamagedRepositoryError("HEAD names a commit that cannot be read; run git fsck")
    return Head(branch, commit.strip() or None)


def tip(git: Git, ref: bytes) -> str | None:
    """Return the hexadecimal id that a ref holds; `None` when there is no such ref."""
    return git.run("rev-parse", "--quiet", "--verify", ref, accept=(0, 1)).decode().strip() or None


def _asked(path: Path, *questions: str) -> bytes:
    with explained(GitFailedError):
        done = subprocess.run(  # noqa: S603 - git itself
            ["git", "-C", path, "rev-parse", *questions],  # noqa: S607 - the one that people use
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=clean_environment(),
        )
    if done.returncode != 0:
        said = " ".join(done.stderr.decode("utf-8", "backslashreplace").split())
        raise NoWorktreeError(f"{path} is not in a git worktree that can be used: {said}")
    return done.stdout.removesuffix(b"\n")
