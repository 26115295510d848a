"""Having git ignore `.heddle/`, without touching what people track."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from git_repository import GitRepository

from heddle_supervisor.repository_location import locate_repository

# Forks processes that all exclude the directory at one moment; fails if one of them fails.
_MANY_AT_ONCE = """
import os, pathlib, sys
from heddle_supervisor.repository_location import locate_repository
location, exclude = locate_repository(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2])
for _ in range(10):
    exclude.write_bytes(b"")
    wait, go = os.pipe()
    children = []
    for _ in range(8):
        children.append(os.fork())
        if children[-1] == 0:
            status = 1
            try:
                os.close(go)
                os.read(wait, 1)
                location.exclude_heddle_dir()
                status = 0
            finally:
                os._exit(status)
    os.close(go)
    os.close(wait)
    assert all([os.waitpid(pid, 0)[1] == 0 for pid in children])
    assert exclude.read_bytes() == b"/.heddle/\\n", exclude.read_bytes()
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    repository = GitRepository.init(tmp_path / "repo")
    repository.commit()
    return repository.root


def ignored(repo: Path) -> bool:
    (repo / ".heddle").mkdir(exist_ok=True)
    (repo / ".heddle" / "file").touch()
    status = GitRepository(repo).git("status", "--porcelain", "--untracked-files=all")
    return status == ""


def exclude_of(repo: Path) -> Path:
    return repo / ".git" / "info" / "exclude"


def test_git_ignores_the_directory(repo: Path) -> None:
    assert not ignored(repo)
    locate_repository(repo).exclude_heddle_dir()
    assert ignored(repo)


def test_the_line_is_added_once(repo: Path) -> None:
    location = locate_repository(repo)
    location.exclude_heddle_dir()
    once = exclude_of(repo).read_bytes()
    location.exclude_heddle_dir()
    assert exclude_of(repo).read_bytes() == once
    assert once.count(b"/.heddle/\n") == 1


def test_many_at_once_add_it_once(repo: Path) -> None:
    exclude = exclude_of(repo)
    subprocess.run([sys.executable, "-c", _MANY_AT_ONCE, repo, exclude], check=True)
    assert exclude.read_bytes() == b"/.heddle/\n"
    assert [each.name for each in exclude.parent.iterdir()] == ["exclude"]


@pytest.mark.parametrize("text", [b"", b"*.o", b"*.o\n", b"*.o\r\n", b"\xff\xfe", b"# /.heddle/"])
def test_what_is_there_is_kept(repo: Path, text: bytes) -> None:
    exclude_of(repo).write_bytes(text)
    locate_repository(repo).exclude_heddle_dir()
    whole = text + b"\n" if text and not text.endswith(b"\n") else text
    assert exclude_of(repo).read_bytes() == whole + b"/.heddle/\n"
    assert ignored(repo)


def test_a_file_that_is_missing_is_made(repo: Path) -> None:
    exclude_of(repo).unlink()
    exclude_of(repo).parent.rmdir()
    locate_repository(repo).exclude_heddle_dir()
    assert ignored(repo)


def test_a_symlink_is_followed_and_stays(repo: Path, tmp_path: Path) -> None:
    target = tmp_path / "shared-excludes"
    target.write_text("*.o\n", encoding="ascii")
    exclude_of(repo).unlink()
    exclude_of(repo).symlink_to(target)
    locate_repository(repo).exclude_heddle_dir()
    assert exclude_of(repo).readlink() == target
    assert target.read_text(encoding="ascii") == "*.o\n/.heddle/\n"
    assert ignored(repo)


def test_its_mode_stays(repo: Path) -> None:
    exclude_of(repo).chmod(0o664)
    before = os.umask(0o077)
    try:
        locate_repository(repo).exclude_heddle_dir()
    finally:
        os.umask(before)
    assert exclude_of(repo).stat().st_mode & 0o777 == 0o664


def test_from_a_linked_worktree_it_is_the_main_ones(repo: Path, tmp_path: Path) -> None:
    GitRepository(repo).git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    locate_repository(tmp_path / "linked").exclude_heddle_dir()
    assert ignored(repo)


def test_a_bare_repository_needs_none(tmp_path: Path) -> None:
    GitRepository.init(tmp_path / "bare.git", "--bare")
    exclude = tmp_path / "bare.git" / "info" / "exclude"
    before = exclude.read_bytes()
    locate_repository(tmp_path / "bare.git").exclude_heddle_dir()
    assert exclude.read_bytes() == before
