"""Which URLs of git's lead to a repository of this machine, and what is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from git_repository import GitRepository

from heddle_worker.repository.push_target import has_arrived, local_path


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/srv/a.git", "/srv/a.git"),
        ("../a", "/work/../a"),
        ("./a:b", "/work/./a:b"),
        ("file:///srv/a b", "/srv/a b"),
        ("file://host/srv/a", None),
        ("host:a.git", None),
        ("git@host:a/b", None),
        ("https://host/a", None),
        ("ext::sh -c touch% pwned", None),
        ("", None),
    ],
)
def test_only_paths_are_of_this_machine(url: str, path: str | None) -> None:
    assert local_path(url, Path("/work")) == (Path(path) if path is not None else None)


def test_all_refs_have_to_be_what_they_were_to_become(tmp_path: Path) -> None:
    target = GitRepository.init(tmp_path / "a.git", "--bare")
    tree = target.git("hash-object", "-t", "tree", "-w", "/dev/null")
    commit = target.git("commit-tree", tree, "-m", "x")
    target.git("update-ref", "refs/heads/main", commit)
    there, gone = {"refs/heads/main": bytes.fromhex(commit)}, {"refs/heads/old": b""}
    assert has_arrived(tmp_path / "a.git", {**there, **gone})
    assert has_arrived(tmp_path / "a", there)
    assert not has_arrived(tmp_path / "a.git", {"refs/heads/main": b"\1" * 20})
    assert not has_arrived(tmp_path / "a.git", {"refs/heads/main": b""})
    assert not has_arrived(tmp_path / "b", gone)
