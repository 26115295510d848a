"""The directories in which git sees files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from git_repository import GitRepository

from heddle_worker.repository.errors import RepositoryError
from heddle_worker.watching.worktree_places import worktree_places


def test_they_are_those_of_files_that_are_not_ignored(tmp_path: Path) -> None:
    git = GitRepository.init(tmp_path / "repository")
    git.write(".gitignore", "ignored/\n*.log\n")
    git.write("src/deep/down/a.py", "a")
    git.write("b.py", "b")
    git.commit()
    for name in ("ignored/a.py", "new/deep/c.py", "src/fresh/d.py", "logs/a.log", 'weird \n"x/e'):
        path = git.root / name
        path.parent.mkdir(parents=True)
        path.write_text("x")
    (git.root / "empty").mkdir()
    (git.root / ".heddle").mkdir()
    (git.root / ".heddle" / "config.toml").write_text("")
    subprocess.run(["git", "init", "--quiet", git.root / "nested"], check=True)
    (git.root / "nested" / "sub").mkdir()
    found = [place.path for place in worktree_places(git.root)]
    assert len(found) == len(set(found))
    below = {str(path.relative_to(git.root)) for path in found}
    wanted = {".", "src", "src/deep", "src/deep/down", "src/fresh", "new", "new/deep", "empty"}
    assert below - {"logs"} == wanted | {'weird \n"x'}


def test_without_a_repository_there_are_none(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError):
        list(worktree_places(tmp_path))
