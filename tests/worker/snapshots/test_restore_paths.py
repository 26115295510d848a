"""Bringing back single files: only those, and only after what is there has been kept."""

from __future__ import annotations

import pytest
from snapshot_bench import Bench

from heddle_worker.snapshots.errors import ObstructedError, UnkeptWorkError, UnknownPathError
from heddle_worker.snapshots.planning import RestorePlan
from heddle_worker.snapshots.restoring import restore_paths
from heddle_worker.snapshots.snapshot import Snapshot


def bring_back(bench: Bench, snapshot: Snapshot, *paths: bytes) -> RestorePlan:
    kept = bench.take("kept", protecting=snapshot)
    return restore_paths(bench.worktree, snapshot, paths, kept=kept)


def test_one_file(bench: Bench) -> None:
    bench.write("a", "edited\n")
    snapshot = bench.take()
    bench.write("a", "edited again\n")
    bench.write("b", "edited too\n")
    bench.git("add", "a")
    before = bench.view()
    assert bring_back(bench, snapshot, b"a") == RestorePlan(writes=(b"a",))
    assert bench.read("a") == "edited\n"
    assert bench.read("b") == "edited too\n"
    assert bench.view().index == before.index


def test_all_below_a_directory(bench: Bench) -> None:
    snapshot = bench.take()
    bench.write("d/f", "edited\n")
    bench.write("d/new/file", "new\n")
    bench.write("dd", "a neighbour\n")
    assert bring_back(bench, snapshot, b"d/") == RestorePlan(
        writes=(b"d/f",), deletes=(b"d/new/file",)
    )
    assert bench.read("d/f") == "f\n"
    assert not (bench.root / "d/new").exists()
    assert bench.read("dd") == "a neighbour\n"


def test_a_file_that_is_as_it_was(bench: Bench) -> None:
    assert bring_back(bench, bench.take(), b"a") == RestorePlan()


@pytest.mark.parametrize("path", [b"nowhere", b"", b"../a", b"/a", b"a/d", b".git/config"])
def test_a_path_that_nobody_knows(bench: Bench, path: bytes) -> None:
    snapshot = bench.take()
    with pytest.raises(UnknownPathError, match="neither in the snapshot nor in the worktree"):
        bring_back(bench, snapshot, path)


def test_a_new_repository_elsewhere_does_not_matter(bench: Bench) -> None:
    snapshot = bench.take()
    nested = Bench.init(bench.root / "nested")
    nested.write("code", "code\n")
    nested.commit()
    bench.write("a", "edited\n")
    bring_back(bench, snapshot, b"a")
    assert bench.read("a") == "a\n"


def test_a_file_that_changed_after_it_was_kept(bench: Bench) -> None:
    snapshot = bench.take()
    bench.write("a", "kept\n")
    kept = bench.take("kept", protecting=snapshot)
    bench.write("a", "written a moment later\n")
    with pytest.raises(UnkeptWorkError, match="a has changed"):
        restore_paths(bench.worktree, snapshot, [b"a"], kept=kept)
    assert bench.read("a") == "written a moment later\n"


def test_a_file_where_something_else_stands_in_the_way(bench: Bench) -> None:
    snapshot = bench.take()
    bench.git("rm", "-rq", "d")
    bench.write("d", "a file now\n")
    with pytest.raises(ObstructedError, match="d/f cannot be written"):
        bring_back(bench, snapshot, b"d/f")
    assert bench.read("d") == "a file now\n"
