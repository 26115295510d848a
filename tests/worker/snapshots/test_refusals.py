"""What a snapshot cannot hold is refused in one clear line, and nothing is left behind."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pytest
from other_user import OWNER, give, require_other_users, run_as
from snapshot_bench import Bench
from worktree_view import git

from heddle_worker.repository.errors import UnsupportedRepositoryError
from heddle_worker.snapshots.errors import (
    BisectInProgressError,
    DamagedSnapshotError,
    GitFailedError,
    InvalidNameError,
    NestedRepositoryError,
    NoWorktreeError,
    SnapshotNotFoundError,
    SparseCheckoutError,
    SpecialFileError,
    SubmoduleError,
    WorktreeBusyError,
)
from heddle_worker.snapshots.snapshot import load, ref_of
from heddle_worker.snapshots.taking import take
from heddle_worker.snapshots.worktree import Worktree


def add_submodule(bench: Bench, tmp_path: Path) -> Path:
    library = Bench.init(tmp_path / "library")
    library.write("code", "code\n")
    library.commit()
    library.write("code", "more code\n")
    library.commit()
    command = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add")
    bench.git(*command, str(library.root), "library")
    bench.commit("add the library")
    return bench.root / "library"


def test_a_bare_repository(tmp_path: Path) -> None:
    bench = Bench.init(tmp_path / "bare", "--bare")
    with pytest.raises(NoWorktreeError, match="bare"):
        Worktree.open(bench.root)


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(NoWorktreeError, match="not a git repository"):
        Worktree.open(tmp_path)


def test_no_git(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    worktree = bench.worktree
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitFailedError, match="is it installed"):
        Worktree.open(bench.root)
    with pytest.raises(GitFailedError, match="is it installed"):
        take(worktree, ref_of("t", "begin"), "begin")


def test_sha256_ids(tmp_path: Path) -> None:
    bench = Bench.init(tmp_path / "repository", "--object-format=sha256")
    with pytest.raises(UnsupportedRepositoryError, match="sha256"):
        Worktree.open(bench.root)


def test_a_sparse_checkout(bench: Bench) -> None:
    bench.git("sparse-checkout", "set", "d")
    with pytest.raises(SparseCheckoutError, match="disable"):
        bench.take()


def test_a_bisect(bench: Bench) -> None:
    bench.git("bisect", "start")
    with pytest.raises(BisectInProgressError, match="git bisect reset"):
        bench.take()
    bench.git("bisect", "reset")
    bench.take()


def test_a_submodule_with_changes_inside(bench: Bench, tmp_path: Path) -> None:
    library = add_submodule(bench, tmp_path)
    bench.git("config", "submodule.library.ignore", "all")
    bench.take("clean")
    (library / "new").write_text("new\n")
    with pytest.raises(SubmoduleError, match="library"):
        bench.take()


def test_a_submodule_at_another_commit(bench: Bench, tmp_path: Path) -> None:
    library = add_submodule(bench, tmp_path)
    git(library, "checkout", "--quiet", "HEAD~1")
    with pytest.raises(SubmoduleError, match="library"):
        bench.take()


def test_a_submodule_that_was_moved_on_since(bench: Bench, tmp_path: Path) -> None:
    library = add_submodule(bench, tmp_path)
    snapshot = bench.take()
    git(library, "checkout", "--quiet", "HEAD~1")
    bench.commit("use an older library")
    with pytest.raises(SubmoduleError, match="library is not what it was"):
        bench.go_back(snapshot)
    git(library, "checkout", "--quiet", "-")
    bench.commit("use the newer one again")
    bench.go_back(snapshot, "again")


def test_a_nested_repository_is_neither_held_nor_touched(bench: Bench) -> None:
    nested = Bench.init(bench.root / "nested")
    nested.write("code", "code\n")
    nested.commit()
    before = bench.view()
    snapshot = bench.take()
    nested.write("code", "edited\n")
    bench.write("a", "edited\n")
    bench.go_back(snapshot)
    assert bench.view() == before
    assert nested.read("code") == "edited\n"


def test_a_nested_repository_that_is_new_since(bench: Bench) -> None:
    snapshot = bench.take()
    nested = Bench.init(bench.root / "nested")
    nested.write("code", "code\n")
    nested.commit()
    bench.write("a", "edited\n")
    with pytest.raises(NestedRepositoryError, match="nested/ has become"):
        bench.go_back(snapshot)
    assert bench.read("a") == "edited\n"
    bench.write(".git/info/exclude", "nested/\n")
    bench.go_back(snapshot, "again")
    assert bench.read("a") == "a\n"
    assert nested.read("code") == "code\n"


def test_a_lock_of_a_git_at_work(bench: Bench) -> None:
    snapshot = bench.take()
    kept = bench.take("aborted", protecting=snapshot)
    lock = bench.git_dir / "index.lock"
    lock.touch()
    with pytest.raises(WorktreeBusyError, match="another git is at work"):
        bench.take("other")
    with pytest.raises(WorktreeBusyError, match="another git is at work"):
        bench.restore(snapshot, kept)
    assert lock.exists()


def test_a_pipe_where_a_file_was(bench: Bench) -> None:
    (bench.root / "a").unlink()
    os.mkfifo(bench.root / "a")
    with pytest.raises(SpecialFileError, match="a is a socket, a pipe or a device"):
        bench.take()


def test_special_files_that_git_does_not_see_stay(bench: Bench) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        # Relative, since the test's own directory has too long a path.
        descriptor = os.open(bench.root, os.O_PATH)
        listener.bind(f"/proc/self/fd/{descriptor}/socket")
        os.close(descriptor)
        snapshot = bench.take()
        bench.write("new", "new\n")
        bench.go_back(snapshot)
        assert (bench.root / "socket").is_socket()


_TAKE = """
import sys
from pathlib import Path
from heddle_worker.snapshots.errors import UnreadableError
from heddle_worker.snapshots.taking import take
from heddle_worker.snapshots.taking import take
from heddle_worker.snapshots.worktree import Worktree
try:
    take(Worktree.open(Path(sys.argv[1])), "refs/heddle/transactions/t/begin", "begin")
except UnreadableError as error:
    print(error)
"""


@pytest.mark.parametrize("name", ["new", "secrets/new"])
def test_what_may_not_be_read(name: str) -> None:
    require_other_users()
    # Not below the tests' own directory, which other users may not enter.
    with tempfile.TemporaryDirectory(prefix="heddle-") as directory:
        Path(directory).chmod(0o755)
        bench = Bench.init(Path(directory) / "repository")
        path = bench.write(name, "new\n")
        give(bench.root, OWNER)
        (path if path.parent == bench.root else path.parent).chmod(0)
        done = run_as(OWNER, _TAKE, str(bench.root))
    assert done.stderr == ""
    assert "may not be read" in done.stdout


def test_a_name_that_is_none(bench: Bench) -> None:
    for part in ("", "..", "a/b", "-x", "x.lock", "a b", "a\n"):
        with pytest.raises(InvalidNameError):
            ref_of("t", part)
        with pytest.raises(InvalidNameError):
            ref_of(part, "begin")


def test_a_snapshot_that_is_none(bench: Bench) -> None:
    ref = ref_of("t", "begin")
    with pytest.raises(SnapshotNotFoundError, match="there is no snapshot"):
        load(bench.git_dir, ref)
    bench.git("update-ref", ref, "HEAD")
    with pytest.raises(DamagedSnapshotError, match="is not a snapshot"):
        load(bench.git_dir, ref)
