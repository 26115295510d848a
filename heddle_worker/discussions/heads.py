"""What is checked out in each worktree."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from heddle_worker.discussions.changes import Here
from heddle_worker.repository.display import displayed_name
from heddle_worker.repository.ref_files import HEADS, short_name
from heddle_worker.repository.repository import Repository

_TO_REF: Final = b"ref: "


@dataclass(frozen=True, slots=True)
class Head:
    """What a worktree has checked out.

    Attributes:
        worktree: what tells the worktree from the repository's others, also after it was moved.
        here: the branch and the state.
    """

    worktree: bytes
    here: Here

    @property
    def state_id(self) -> bytes:
        """Raw id of the state; empty before the first commit."""
        return self.here.state_id


class Heads:
    """Reads the `HEAD` of a repository's worktrees. Its methods block.

    Args:
        repository: the worktree that is served, or the bare repository.
        root: of that worktree, or of the bare repository.
    """

    def __init__(self, repository: Repository, root: Path) -> None:
        self._repository = repository
        self._root = root

    def of(self, root: Path) -> Head:
        """Return what is checked out in the worktree with this root.

        Raises:
            RepositoryError: it cannot be opened.
        """
        is_served = root == self._root
        repository = self._repository if is_served else Repository.open(root)
        return Head(
            _key(repository.git_dir, repository.common_dir),
            Here(_branch(repository.git_dir), repository.commit_at("HEAD")),
        )

    def worktrees(self) -> list[bytes]:
        """Return what tells each of the worktrees that there are from the others."""
        common_dir = self._repository.common_dir
        git_dirs = [common_dir, *common_dir.glob("worktrees/*")]
        return [_key(git_dir, common_dir) for git_dir in git_dirs]


def _key(git_dir: Path, common_dir: Path) -> bytes:
    return os.fsencode(os.path.relpath(git_dir, common_dir))


def _branch(git_dir: Path) -> str:
    try:
        content = (git_dir / "HEAD").read_bytes().rstrip(b"\n")
    except OSError:
        return ""
    name = content.removeprefix(_TO_REF)
    is_branch = name != content and name.startswith(HEADS)
    return displayed_name(short_name(name)) if is_branch else ""
