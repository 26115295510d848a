"""Where a `repo_path` lies, in a repository with about every kind of place in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from git_repository import GitRepository

from heddle_worker.domain import Domain
from heddle_worker.failures import NotFoundError, PreconditionError
from heddle_worker.services.repo_path import find_worktree, head_root, worktree_root


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a repository, a linked worktree, and repositories nested in both."""
    place = tmp_path_factory.mktemp("repo-path").resolve()
    git = GitRepository.init(place / "main")
    git.write("sub/deep/file", "text\n")
    git.commit()
    git.git("worktree", "add", "-q", "../linked")
    GitRepository.init(place / "main" / "nested")
    GitRepository.init(place / "linked" / "bare.git", "--bare")
    (place / "linked" / "sub" / "deep").mkdir(parents=True, exist_ok=True)
    (place / "elsewhere").symlink_to(place / "linked" / "sub")
    return place


@pytest.fixture(scope="module")
def domain(place: Path) -> Iterator[Domain]:
    """The domain of the main worktree."""
    heddle_dir = place / "main" / ".heddle"
    heddle_dir.mkdir()
    domain = Domain.open(place / "main", heddle_dir, lambda: None)
    yield domain
    domain.close()


@pytest.mark.parametrize(
    ("repo_path", "root"),
    [
        ("", "main"),
        (".", "main"),
        ("sub/deep", "main"),
        ("sub/deep/file", "main"),
        ("../linked", "linked"),
        ("../linked/sub/deep", "linked"),
        ("../elsewhere/deep", "linked"),
    ],
)
def test_it_lies_in_a_worktree(domain: Domain, place: Path, repo_path: str, root: str) -> None:
    assert find_worktree(domain, repo_path) == place / root
    assert worktree_root(domain, repo_path) == place / root
    assert head_root(domain, repo_path) == place / root


@pytest.mark.parametrize(
    "repo_path", [".git", ".git/objects", ".git/worktrees/linked", "../linked/bare.git/refs"]
)
def test_it_lies_in_a_git_directory(domain: Domain, place: Path, repo_path: str) -> None:
    assert find_worktree(domain, repo_path) is None
    assert head_root(domain, repo_path) == place / "main"
    with pytest.raises(PreconditionError, match="has no worktree"):
        worktree_root(domain, repo_path)


@pytest.mark.parametrize("repo_path", ["/", "..", "nested", "nested/.git", "gone", "x" * 300])
def test_it_does_not_lie_here(domain: Domain, repo_path: str) -> None:
    for ask in (find_worktree, head_root, worktree_root):
        with pytest.raises(NotFoundError, match="is not in the repository"):
            ask(domain, repo_path)
