"""Which states have come to branches."""

from __future__ import annotations

from pathlib import Path

import pytest
from git_repository import GitRepository

from heddle_worker.repository.errors import RepositoryError
from heddle_worker.repository.new_states import new_states
from heddle_worker.repository.repository import Repository


@pytest.fixture
def git(tmp_path: Path) -> GitRepository:
    """A repository."""
    return GitRepository.init(tmp_path / "repository")


def found(git: GitRepository, tips: list[str], known: list[str], most: int = 100) -> list[str]:
    raw = [bytes.fromhex(each) for each in tips], [bytes.fromhex(each) for each in known]
    return [each.hex() for each in new_states(Repository.open(git.root), *raw, most)]


def test_they_come_after_those_they_are_made_from(git: GitRepository) -> None:
    first, *others = [git.commit(f"commit {n}") for n in range(5)]
    assert found(git, [others[-1]], [first]) == others
    assert found(git, [others[-1]], []) == [first, *others]
    assert found(git, [first], [others[-1]]) == []


def test_of_many_the_newest_are_returned(git: GitRepository) -> None:
    commits = [git.commit(f"commit {n}") for n in range(5)]
    assert found(git, [commits[-1]], [], 2) == commits[-2:]


def test_what_is_known_on_another_branch_is_not_new(git: GitRepository) -> None:
    base = git.commit("base")
    git.git("switch", "--quiet", "--create", "topic")
    topic = git.commit("topic")
    git.git("switch", "--quiet", "main")
    git.git("merge", "--quiet", "--no-ff", "-m", "merge", "topic")
    assert found(git, [git.head()], [base, topic]) == [git.head()]
    assert found(git, [git.head()], [base]) == [topic, git.head()]


def test_a_known_one_that_is_gone_does_not_matter(git: GitRepository) -> None:
    first = git.commit("first")
    assert found(git, [first], ["1" * 40]) == [first]


def test_a_tip_that_is_not_there_is_an_error(git: GitRepository) -> None:
    git.commit("first")
    with pytest.raises(RepositoryError, match="history of the branches"):
        found(git, ["1" * 40], [])
