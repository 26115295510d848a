"""What has changed since a snapshot."""

from __future__ import annotations

from snapshot_bench import Bench

from heddle_worker.snapshots.comparing import Change, Kind, Side, compare


def test_nothing(bench: Bench) -> None:
    bench.write("a", "edited\n")
    snapshot = bench.take()
    assert compare(bench.worktree, snapshot).changes == ()
    assert compare(bench.worktree, snapshot, 1_000).diff.text == b""


def test_each_kind_on_each_side(bench: Bench) -> None:
    (bench.root / "link").symlink_to("a")
    snapshot = bench.take()
    bench.write("a", "edited and staged\n")
    bench.git("add", "a")
    bench.write("new\nline", "new\n")
    bench.git("rm", "--quiet", "--cached", "b")
    (bench.root / "d/f").unlink()
    (bench.root / "link").unlink()
    bench.write("link", "a file now\n")
    before = bench.view()
    assert compare(bench.worktree, snapshot).changes == (
        Change(b"a", Side.INDEX, Kind.MODIFIED),
        Change(b"a", Side.WORKTREE, Kind.MODIFIED),
        Change(b"b", Side.INDEX, Kind.DELETED),
        Change(b"d/f", Side.WORKTREE, Kind.DELETED),
        Change(b"link", Side.WORKTREE, Kind.TYPE_CHANGED),
        Change(b"new\nline", Side.WORKTREE, Kind.ADDED),
    )
    assert bench.view() == before
    assert not list(bench.git_dir.glob("heddle-scratch-*"))


def test_an_executable_bit_is_a_modification(bench: Bench) -> None:
    snapshot = bench.take()
    (bench.root / "a").chmod(0o755)
    assert compare(bench.worktree, snapshot).changes == (
        Change(b"a", Side.WORKTREE, Kind.MODIFIED),
    )


def test_commits_do_not_hide_changes(bench: Bench) -> None:
    snapshot = bench.take()
    bench.write("a", "edited\n")
    bench.commit()
    assert compare(bench.worktree, snapshot).changes == (
        Change(b"a", Side.INDEX, Kind.MODIFIED),
        Change(b"a", Side.WORKTREE, Kind.MODIFIED),
    )


def test_the_diff_is_of_bytes_on_the_disk(bench: Bench) -> None:
    bench.git("config", "diff.external", "false")
    bench.git("config", "color.ui", "always")
    snapshot = bench.take()
    bench.write("a", "edited\n")
    shown = compare(bench.worktree, snapshot, 10_000).diff
    assert shown.is_complete
    assert shown.text.endswith(b"@@ -1 +1 @@\n-a\n+edited\n")
    assert shown.text.startswith(b"diff --git a/a b/a\n")


def test_a_diff_is_cut_at_its_limit(bench: Bench) -> None:
    snapshot = bench.take()
    bench.write("a", "line\n" * 1_000_000)
    shown = compare(bench.worktree, snapshot, 1_000).diff
    assert not shown.is_complete
    assert len(shown.text) == 1_000
    exact = compare(bench.worktree, snapshot, 10_000_000).diff
    assert exact.is_complete
    assert compare(bench.worktree, snapshot, len(exact.text)).diff == exact
