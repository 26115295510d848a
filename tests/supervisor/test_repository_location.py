"""Finding the repository, as real git lays repositories out."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from heddle_supervisor.repository_location import (
    NotARepositoryError,
    RepositoryLocation,
    locate_repository,
)


def git(directory: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *words],
        cwd=directory,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    path = tmp_path.resolve() / "repo"
    path.mkdir()
    git(path, "init", "--quiet", "--initial-branch=main")
    git(path, "commit", "--quiet", "--allow-empty", "--message=first")
    return path


def test_the_root_itself(repo: Path) -> None:
    assert locate_repository(repo) == RepositoryLocation(repo, repo / ".git", repo)
    assert locate_repository(repo).heddle_dir == repo / ".heddle"


def test_a_fresh_repository_without_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert locate_repository(tmp_path).root == tmp_path.resolve()


def test_any_directory_below_and_a_file_too(repo: Path) -> None:
    deep = repo / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "file").touch()
    for start in (repo / "a", deep, deep / "file", deep / ".." / "b"):
        assert locate_repository(start).root == repo


def test_inside_the_git_directory(repo: Path) -> None:
    for start in (repo / ".git", repo / ".git" / "refs" / "heads"):
        assert locate_repository(start) == RepositoryLocation(repo, repo / ".git", repo)


def test_by_way_of_a_symlink(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(repo)
    assert locate_repository(tmp_path / "link").root == repo


def test_a_relative_path(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / "below").mkdir()
    monkeypatch.chdir(repo / "below")
    assert locate_repository(Path()).root == repo
    assert locate_repository(Path("..")).root == repo


def test_a_linked_worktree_shares_the_main_ones_daemon(repo: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(repo, "worktree", "add", "--quiet", str(linked))
    (linked / "below").mkdir()
    resolved = linked.resolve()
    for start in (linked, linked / "below"):
        assert locate_repository(start) == RepositoryLocation(repo, repo / ".git", resolved)
    inside = repo / ".git" / "worktrees" / "linked"
    assert locate_repository(inside) == RepositoryLocation(repo, repo / ".git", repo)


def test_a_linked_worktree_inside_the_main_one(repo: Path) -> None:
    git(repo, "worktree", "add", "--quiet", "inside")
    assert locate_repository(repo / "inside").heddle_dir == repo / ".heddle"


def test_a_worktree_linked_by_relative_paths(repo: Path, tmp_path: Path) -> None:
    linked = tmp_path.resolve() / "linked"
    git(repo, "worktree", "add", "--quiet", str(linked))
    (linked / ".git").write_text("gitdir: ../repo/.git/worktrees/linked\n", encoding="ascii")
    assert locate_repository(linked).root == repo


def test_a_bare_repository(tmp_path: Path) -> None:
    bare = tmp_path.resolve() / "bare.git"
    git(tmp_path, "init", "--quiet", "--bare", str(bare))
    for start in (bare, bare / "refs"):
        location = locate_repository(start)
        assert location == RepositoryLocation(bare, bare, bare)
        assert location.heddle_dir == bare / ".heddle"


def test_a_worktree_of_a_bare_repository(repo: Path, tmp_path: Path) -> None:
    bare = tmp_path.resolve() / "bare.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(repo), str(bare))
    linked = tmp_path / "linked"
    git(bare, "worktree", "add", "--quiet", str(linked))
    assert locate_repository(linked) == RepositoryLocation(bare, bare, linked.resolve())


def test_a_git_directory_that_is_elsewhere(tmp_path: Path) -> None:
    root, store = tmp_path.resolve() / "root", tmp_path.resolve() / "store"
    git(tmp_path, "init", "--quiet", f"--separate-git-dir={store}", str(root))
    location = locate_repository(root)
    assert location == RepositoryLocation(root, store, root)
    assert location.heddle_dir == store / ".heddle"
    assert locate_repository(store).heddle_dir == location.heddle_dir


def test_a_git_directory_that_is_a_symlink(repo: Path, tmp_path: Path) -> None:
    store = tmp_path.resolve() / "store"
    (repo / ".git").rename(store)
    (repo / ".git").symlink_to(store)
    assert locate_repository(repo) == RepositoryLocation(repo, store, repo)


def test_a_submodule_is_a_repository_of_its_own(repo: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "--quiet")
    git(library, "commit", "--quiet", "--allow-empty", "--message=first")
    git(repo, "submodule", "--quiet", "add", str(library), "sub")
    location = locate_repository(repo / "sub")
    assert location.root == repo / "sub"
    assert location.heddle_dir == repo / ".git" / "modules" / "sub" / ".heddle"
    assert locate_repository(repo).heddle_dir == repo / ".heddle"


def test_a_repository_inside_another_is_its_own(repo: Path) -> None:
    inner = repo / "inner"
    inner.mkdir()
    git(inner, "init", "--quiet")
    assert locate_repository(inner).root == inner


def test_the_places_agree_with_what_git_says(repo: Path, tmp_path: Path) -> None:
    git(repo, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    for start in (repo, tmp_path / "linked"):
        said = Path(git(start, "rev-parse", "--path-format=absolute", "--git-common-dir"))
        assert locate_repository(start).common_dir == said


@pytest.mark.parametrize("name", ["with space", "with\nnewline", "ünï", "-dash", "%41"])
def test_a_name_that_is_unusual(tmp_path: Path, name: str) -> None:
    path = tmp_path.resolve() / name
    path.mkdir()
    git(path, "init", "--quiet")
    git(path, "commit", "--quiet", "--allow-empty", "--message=first")
    git(path, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    assert locate_repository(path).root == path
    assert locate_repository(tmp_path / "linked").root == path


class TestNotARepository:
    """Places that only look like one, or do not even do that."""

    def test_a_directory_is_named_with_what_to_do(self, tmp_path: Path) -> None:
        with pytest.raises(NotARepositoryError) as caught:
            locate_repository(tmp_path)
        text = str(caught.value)
        assert (
            text == f"{tmp_path.resolve()} is not in a git repository: run `git init` there first"
        )

    def test_what_does_not_exist_is_said_not_to(self, tmp_path: Path) -> None:
        with pytest.raises(NotARepositoryError, match=r"missing does not exist$"):
            locate_repository(tmp_path / "missing")
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
        with pytest.raises(NotARepositoryError, match=r"loop does not exist$"):
            locate_repository(tmp_path / "loop")

    @pytest.mark.parametrize(
        "content", [b"", b"gitdir: ", b"gitdir: /nowhere\n", b"rubbish", b"\xff" * 10_000]
    )
    def test_a_git_file_that_leads_nowhere(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / ".git").write_bytes(content)
        with pytest.raises(NotARepositoryError):
            locate_repository(tmp_path)

    def test_an_empty_git_directory(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        with pytest.raises(NotARepositoryError):
            locate_repository(tmp_path)

    def test_a_git_file_that_is_a_fifo_does_not_hold_it_up(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / ".git")
        with pytest.raises(NotARepositoryError):
            locate_repository(tmp_path)
