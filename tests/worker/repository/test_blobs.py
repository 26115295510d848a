from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest
from git_repository import GitRepository
from numstat import check_equal, run_git
from waiting import wait_until

from heddle_worker.repository.blobs import Blobs
from heddle_worker.repository.errors import (
    BlobTooLargeError,
    DamagedRepositoryError,
    DiffTimeoutError,
    MissingObjectError,
)
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.states import States
from heddle_worker.repository.tree_diff import TreeDiffs


def blobs_of(git: GitRepository) -> Blobs:
    return Blobs(Repository.open(git.root))


def stored(git: GitRepository, content: bytes) -> bytes:
    printed = run_git(git.root, "hash-object", "-w", "--stdin", given=content)
    return bytes.fromhex(printed.decode().strip())


@pytest.fixture
def partial(git: GitRepository, tmp_path: Path) -> GitRepository:
    """A bare clone without any contents, and their origin."""
    git.git("config", "uploadpack.allowFilter", "true")
    git.git("config", "uploadpack.allowAnySHA1InWant", "true")
    words = ("clone", "-q", "--bare", "--filter=blob:none", git.root.as_uri())
    git.git(*words, str(tmp_path / "partial"))
    return GitRepository(tmp_path / "partial")


@pytest.mark.parametrize("content", [b"", b"text\n", b"\0\xff" * 1_000])
def test_contents_are_what_was_stored(git: GitRepository, content: bytes) -> None:
    blob = stored(git, content)
    blobs = blobs_of(git)
    assert blobs.size(blob) == len(content)
    assert blobs.read(blob, len(content)) == content


def test_what_is_too_large_is_not_read(git: GitRepository) -> None:
    blob = stored(git, b"12345")
    with pytest.raises(BlobTooLargeError, match="5 bytes, more than 4"):
        blobs_of(git).read(blob, 4)


def test_a_missing_blob_is_said_to_be_missing(git: GitRepository) -> None:
    blobs = blobs_of(git)
    for ask in (blobs.size, lambda blob: blobs.read(blob, 9)):
        with pytest.raises(MissingObjectError, match="aaaa"):
            ask(b"\xaa" * 20)


def test_what_is_no_blob_is_said_to_be_none(git: GitRepository) -> None:
    with pytest.raises(DamagedRepositoryError, match="it is a commit"):
        blobs_of(git).size(bytes.fromhex(git.head()))


def test_a_damaged_blob_is_said_to_be_damaged(git: GitRepository) -> None:
    blob = stored(git, os.urandom(1_000))
    path = git.git_dir() / "objects" / blob.hex()[:2] / blob.hex()[2:]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DamagedRepositoryError) as raised:
        blobs_of(git).read(blob, 9_999)
    assert "\n" not in str(raised.value)


def test_a_partial_clone_fetches_what_it_lacks(git: GitRepository, partial: GitRepository) -> None:
    blob = bytes.fromhex(git.git("rev-parse", "HEAD:story.txt"))
    blobs = blobs_of(partial)
    assert blobs.size(blob) == len(b"chapter 2\n")
    assert blobs.read(blob, 99) == b"chapter 2\n"


def test_a_partial_clone_compares_what_it_lacks(git: GitRepository, partial: GitRepository) -> None:
    repository = Repository.open(partial.root)
    diffs = TreeDiffs(repository)
    diff = diffs.of_state(States(repository).resolve(b"HEAD"))
    diffs.close()
    check_equal(diff, git.root, "HEAD~1", "HEAD")


def test_a_partial_clone_whose_origin_is_gone_lacks_what_it_lacks(
    git: GitRepository, partial: GitRepository
) -> None:
    blob = git.git("rev-parse", "HEAD:story.txt")
    git.root.rename(git.root.with_name("elsewhere"))
    blobs = blobs_of(partial)
    for _turn in range(2):
        with pytest.raises(MissingObjectError, match=blob):
            blobs.size(bytes.fromhex(blob))
    repository = Repository.open(partial.root)
    diffs = TreeDiffs(repository)
    with pytest.raises(MissingObjectError) as raised:
        diffs.of_state(States(repository).resolve(b"HEAD"))
    diffs.close()
    assert "\n" not in str(raised.value)


@pytest.fixture
def silent(partial: GitRepository, tmp_path: Path) -> Path:
    """Has the origin of the partial clone never answer; the pids of who asks it are in the file."""
    pids = tmp_path / "pids"
    program = tmp_path / "silent"
    program.write_text(f"#!/bin/sh\necho $$ >>'{pids}'\nexec sleep 600\n")
    program.chmod(0o755)
    partial.git("config", "core.sshCommand", str(program))
    partial.git("config", "remote.origin.url", "ssh://nowhere/silent.git")
    return pids


def check_ended(pids: Path) -> None:
    asking = {int(pid) for pid in pids.read_text().split()}
    assert asking
    wait_until(lambda: not asking & set(psutil.pids()), "who asked has ended")


def test_an_origin_that_is_silent_is_not_waited_for(
    git: GitRepository, partial: GitRepository, silent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heddle_worker.repository.blobs.FETCH_SECONDS", 1.0)
    blob = git.git("rev-parse", "HEAD:story.txt")
    with pytest.raises(MissingObjectError, match=blob):
        blobs_of(partial).size(bytes.fromhex(blob))
    check_ended(silent)


def test_a_comparison_does_not_wait_for_a_silent_origin(
    partial: GitRepository, silent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heddle_worker.repository.diff_process.DIFF_SECONDS", 1.0)
    repository = Repository.open(partial.root)
    diffs = TreeDiffs(repository)
    with pytest.raises(DiffTimeoutError):
        diffs.of_state(States(repository).resolve(b"HEAD"))
    diffs.close()
    check_ended(silent)
