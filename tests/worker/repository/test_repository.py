from __future__ import annotations

import os
from pathlib import Path

import pytest
from git_repository import GitRepository

from heddle_worker.repository.errors import (
    DamagedRepositoryError,
    ForeignRepositoryError,
    NotARepositoryError,
    RepositoryError,
    UnsupportedRepositoryError,
)
from heddle_worker.repository.repository import Repository, TagOrigin


def with_extension(git: GitRepository, name: str, value: str) -> None:
    git.git("config", "core.repositoryFormatVersion", "1")
    git.git("config", f"extensions.{name}", value)


def refusal(path: Path, kind: type[RepositoryError]) -> str:
    with pytest.raises(kind) as raised:
        Repository.open(path)
    text = str(raised.value)
    assert "\n" not in text
    assert str(path) in text
    return text


def test_a_main_and_a_linked_worktree_share_a_directory(git: GitRepository) -> None:
    linked = git.root.parent / "linked"
    git.git("worktree", "add", "-q", str(linked), "side")
    main, other = Repository.open(git.root), Repository.open(linked)
    assert main.common_dir == main.git_dir == git.root / ".git"
    assert other.common_dir == main.common_dir
    assert other.git_dir == git.root / ".git/worktrees/linked"
    assert main.worktrees == other.worktrees == [git.root, linked]


def test_a_worktree_that_was_deleted_is_not_listed(git: GitRepository) -> None:
    linked = git.root.parent / "linked"
    git.git("worktree", "add", "-q", str(linked), "side")
    linked.rename(linked.with_name("elsewhere"))
    assert Repository.open(git.root).worktrees == [git.root]


def test_a_bare_repository_has_linked_worktrees_only(tmp_path: Path) -> None:
    bare = GitRepository.init(tmp_path / "bare.git", "--bare")
    repository = Repository.open(bare.root)
    assert repository.common_dir == bare.root
    assert repository.worktrees == []


def test_a_directory_below_a_worktree_is_none(git: GitRepository) -> None:
    (git.root / "below").mkdir()
    refusal(git.root / "below", NotARepositoryError)


def test_no_repository(tmp_path: Path) -> None:
    assert "is not a git repository" in refusal(tmp_path, NotARepositoryError)
    refusal(tmp_path / "missing", NotARepositoryError)
    file = tmp_path / "file"
    file.write_bytes(b"")
    refusal(file, NotARepositoryError)


def test_the_other_object_format(tmp_path: Path) -> None:
    git = GitRepository.init(tmp_path / "repository", "--object-format=sha256")
    assert "sha256 object ids, which are not supported" in refusal(
        git.root, UnsupportedRepositoryError
    )


def test_refs_in_a_reftable(git: GitRepository) -> None:
    with_extension(git, "refStorage", "reftable")
    text = refusal(git.root, UnsupportedRepositoryError)
    assert "git refs migrate --ref-format=files" in text


def test_an_extension_that_nobody_knows(git: GitRepository) -> None:
    with_extension(git, "timeTravel", "true")
    assert "the extension timetravel" in refusal(git.root, UnsupportedRepositoryError)


def test_a_format_version_that_nobody_knows(git: GitRepository) -> None:
    git.git("config", "core.repositoryFormatVersion", "9")
    assert "too new" in refusal(git.root, UnsupportedRepositoryError)


@pytest.mark.parametrize(
    ("extension", "value"),
    [("partialClone", "origin"), ("worktreeConfig", "true"), ("relativeWorktrees", "true")],
)
def test_extensions_that_are_fine(git: GitRepository, extension: str, value: str) -> None:
    with_extension(git, extension, value)
    assert Repository.open(git.root).common_dir == git.root / ".git"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_repository_of_another_user(git: GitRepository) -> None:
    for path in (git.root, git.root / ".git"):
        os.chown(path, 12_345, 12_345)
    text = refusal(git.root, ForeignRepositoryError)
    assert f"git config --global --add safe.directory {git.root}" in text


def test_broken_files(git: GitRepository) -> None:
    head = git.git_dir() / "HEAD"
    before = head.read_bytes()
    head.write_bytes(b"")
    refusal(git.root, DamagedRepositoryError)
    head.write_bytes(before)
    (git.git_dir() / "config").write_text("[core\n")
    assert "config" in refusal(git.root, DamagedRepositoryError)


def test_a_path_may_have_any_bytes(tmp_path: Path) -> None:
    git = GitRepository.init(tmp_path / os.fsdecode(b"caf\xe9"))
    assert Repository.open(git.root).common_dir == git.root / ".git"


def test_what_a_tag_says(git: GitRepository) -> None:
    repository = Repository.open(git.root)
    git.git("tag", "-am", "annotated", "v1", at=1_600_000_000)
    git.git("tag", "-am", "of a tag", "v2", "v1", at=1_600_000_001)
    tag, of_tag, head = (bytes.fromhex(git.git("rev-parse", name)) for name in ("v1", "v2", "HEAD"))
    committed = int(git.git("log", "-1", "--format=%ct"))
    assert repository.tag_origin(head) == TagOrigin(head, b"", None, committed)
    assert repository.tag_origin(tag) == TagOrigin(
        head, b"ada@example.com", 1_600_000_000, committed
    )
    assert repository.tag_origin(of_tag).commit == head
    assert repository.tag_origin(of_tag).tagged_secs == 1_600_000_001


def test_a_tag_without_a_commit(git: GitRepository) -> None:
    repository = Repository.open(git.root)
    tree = bytes.fromhex(git.git("rev-parse", "HEAD^{tree}"))
    assert repository.tag_origin(tree) == TagOrigin()
    assert repository.tag_origin(b"\1" * 20) == TagOrigin()
