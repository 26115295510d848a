"""The paths that differ between two states are those that git tells."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from git_repository import GitRepository
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle_worker.repository.repository import Repository
from heddle_worker.repository.touched import touched_files, touched_paths


@pytest.fixture
def git(tmp_path: Path) -> GitRepository:
    return GitRepository.init(tmp_path / "repository")


def commit(git: GitRepository, files: dict[str, str]) -> bytes:
    """Commit exactly these files; return the commit's raw id."""
    git.git("rm", "-r", "-q", "--ignore-unmatch", "--force", ".")
    for name, text in files.items():
        git.write(name, text)
    return bytes.fromhex(git.commit())


def told_by_git(git: GitRepository, old: bytes, new: bytes) -> frozenset[bytes]:
    names = git.git("diff", "--no-renames", "--name-only", "-z", old.hex(), new.hex())
    return frozenset(os.fsencode(name) for name in names.split("\0") if name)


def test_each_kind_of_difference(git: GitRepository) -> None:
    old = commit(git, {"same": "1", "edited": "1", "gone/deep/a": "1", "file": "1", "dir/a": "1"})
    (git.root / "same").chmod(0o755)
    new = commit(git, {"edited": "2", "new/deep/a": "1", "file/a": "1", "dir": "1", "same": "1"})
    repository = Repository.open(git.root)
    names = [b"edited", b"gone/deep/a", b"new/deep/a", b"file", b"file/a", b"dir", b"dir/a"]
    expected = frozenset(names)
    assert touched_paths(repository, old, new) == expected == told_by_git(git, old, new)
    assert touched_paths(repository, new, old) == expected
    assert touched_paths(repository, new, new) == frozenset()


def test_the_files_that_differ_with_what_is_in_them(git: GitRepository) -> None:
    old = commit(git, {"same": "1", "edited": "1", "gone/a": "1", "moved": "2"})
    new = commit(git, {"same": "1", "edited": "2", "new/a": "1", "other": "2"})
    repository = Repository.open(git.root)
    before, after = (
        bytes.fromhex(git.git("rev-parse", f"{each.hex()}^{{tree}}")) for each in (old, new)
    )
    found = {(each.path, each.blob.hex()) for each in touched_files(repository, before, after, 5)}
    listed = git.git("diff", "--raw", "--no-abbrev", "--no-renames", old.hex(), new.hex())
    words = [line.split() for line in listed.splitlines()]
    told = {(word[5].encode(), blob) for word in words for blob in word[2:4] if int(blob, 16)}
    assert found == told
    assert touched_files(repository, before, after, 4) == []
    assert touched_files(repository, before, b"\x01" * 20, 5) == []


def test_what_cannot_be_known(git: GitRepository) -> None:
    state = commit(git, {"dir/a": "1"})
    repository = Repository.open(git.root)
    assert touched_paths(repository, b"", state) is None
    assert touched_paths(repository, b"\x01" * 20, state) is None
    other = commit(git, {"dir/a": "2"})
    tree = git.git("rev-parse", f"{other.hex()}:dir")
    (git.git_dir() / "objects" / tree[:2] / tree[2:]).unlink()
    assert touched_paths(Repository.open(git.root), state, other) is None


_NAMES = st.sampled_from(["a", "b", "a.b", "a-"])
_PATHS = st.lists(_NAMES, min_size=1, max_size=3).map("/".join)


def fitting(files: dict[str, str]) -> dict[str, str]:
    """Leave out files whose names are directories of others."""
    return {
        path: text
        for path, text in files.items()
        if not any(other.startswith(f"{path}/") for other in files)
    }


_FILES = st.dictionaries(_PATHS, st.sampled_from(["1", "2"]), max_size=6).map(fitting)


@given(old=_FILES, new=_FILES)
@settings(max_examples=25, deadline=None)
def test_any_two_trees(
    tmp_path_factory: pytest.TempPathFactory, old: dict[str, str], new: dict[str, str]
) -> None:
    git = GitRepository.init(tmp_path_factory.mktemp("any"))
    states = [commit(git, files) for files in (old, new)]
    found = touched_paths(Repository.open(git.root), *states)
    assert found == told_by_git(git, *states)
