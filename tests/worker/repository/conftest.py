"""A repository that git works in, and a witness who reads what git wrote down."""

from __future__ import annotations

from pathlib import Path

import pytest
from git_repository import GitRepository
from reflog_witness import Witness


@pytest.fixture
def git(tmp_path: Path) -> GitRepository:
    """A repository with three commits on `main`, and one more on `side`, which was left again."""
    git = GitRepository.init(tmp_path / "repository")
    for number in range(3):
        git.write("story.txt", f"chapter {number}\n")
        git.git("commit", "-qm", f"chapter {number}")
    git.git("switch", "-qc", "side")
    git.write("side.txt", "side\n")
    git.git("commit", "-qm", "side work")
    git.git("switch", "-q", "main")
    return git


@pytest.fixture
def witness(git: GitRepository) -> Witness:
    """Has read everything there is."""
    witness = Witness(git.root)
    witness.news()
    return witness
