"""What a snapshot holds, and that it lasts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from snapshot_bench import Bench
from worktree_view import git

from heddle_worker.snapshots.errors import SnapshotExistsError, WorktreeBusyError
from heddle_worker.snapshots.snapshot import load
from heddle_worker.snapshots.worktree import Head


def shown(bench: Bench, commit: str, path: str) -> str:
    return git(bench.root, "cat-file", "blob", f"{commit}:{path}").decode()


def test_it_holds_files_as_they_are_on_the_disk(bench: Bench) -> None:
    bench.write("a", "edited\n")
    bench.write("new", "new\n")
    (bench.root / "b").unlink()
    bench.write("staged", "staged\n")
    bench.git("add", "staged")
    bench.write("staged", "and edited\n")
    snapshot = bench.take()
    listed = bench.git("ls-tree", "-r", "--name-only", f"{snapshot.commit}:worktree").split()
    assert listed == ["a", "d/f", "new", "staged"]
    assert shown(bench, snapshot.commit, "worktree/a") == "edited\n"
    assert shown(bench, snapshot.commit, "worktree/staged") == "and edited\n"
    assert shown(bench, snapshot.commit, "staged/staged") == "staged\n"
    index = git(bench.root, "cat-file", "blob", f"{snapshot.commit}:index")
    assert index == (bench.git_dir / "index").read_bytes()


def test_it_says_where_head_was(bench: Bench) -> None:
    commit = bench.git("rev-parse", "HEAD")
    assert bench.take("branch").head == Head(b"refs/heads/main", commit)
    bench.git("switch", "--detach", "--quiet")
    assert bench.take("detached").head == Head(None, commit)
    bench.git("checkout", "--orphan", "new", "--quiet")
    snapshot = bench.take("unborn")
    assert snapshot.head == Head(b"refs/heads/new", None)
    assert load(bench.git_dir, snapshot.ref) == snapshot


def test_a_branch_whose_name_is_not_text_is_told_apart(bench: Bench) -> None:
    bench.git("switch", "--quiet", "-c", b"br\xffnch")
    snapshot = bench.take()
    assert snapshot.head.branch == b"refs/heads/br\xffnch"
    assert load(bench.git_dir, snapshot.ref) == snapshot


def test_line_ends_that_git_would_convert_are_kept(bench: Bench) -> None:
    bench.write(".gitattributes", "*.txt text=auto eol=crlf\n")
    bench.write("unix.txt", "one\ntwo\n")
    bench.write("dos.txt", "one\r\ntwo\r\n")
    bench.commit()
    assert bench.git("status", "--porcelain") == ""
    commit = bench.take().commit
    assert shown(bench, commit, "worktree/unix.txt") == "one\ntwo\n"
    assert shown(bench, commit, "worktree/dos.txt") == "one\r\ntwo\r\n"


def test_line_ends_that_a_setting_converts_are_kept(bench: Bench) -> None:
    bench.git("config", "core.autocrlf", "input")
    bench.write("dos", "one\r\ntwo\r\n")
    bench.commit()
    assert shown(bench, bench.take().commit, "worktree/dos") == "one\r\ntwo\r\n"


def test_what_a_filter_replaces_is_kept(bench: Bench) -> None:
    bench.git("config", "filter.upper.clean", "tr a-z A-Z")
    bench.git("config", "filter.upper.smudge", "tr A-Z a-z")
    bench.write(".gitattributes", "*.big filter=upper\n")
    bench.write("file.big", "content\n")
    bench.commit()
    assert bench.git("show", "HEAD:file.big") == "CONTENT"
    snapshot = bench.take()
    assert shown(bench, snapshot.commit, "worktree/file.big") == "content\n"
    bench.write("file.big", "other\n")
    bench.go_back(snapshot)
    assert bench.read("file.big") == "content\n"


@pytest.mark.parametrize("bit", ["--assume-unchanged", "--skip-worktree"])
def test_files_that_git_was_told_not_to_look_at_are_looked_at(bench: Bench, bit: str) -> None:
    bench.git("update-index", bit, "a", "b")
    bench.write("a", "edited\n")
    (bench.root / "b").unlink()
    before = bench.view()
    assert before.status == b""
    snapshot = bench.take()
    assert shown(bench, snapshot.commit, "worktree/a") == "edited\n"
    bench.git("update-index", bit.replace("--", "--no-"), "a", "b")
    bench.git("reset", "--hard", "--quiet")
    bench.go_back(snapshot)
    assert bench.view() == before
    assert not (bench.root / "b").exists()


def test_a_change_that_leaves_size_and_time_as_they_were_is_seen(bench: Bench) -> None:
    path = bench.write("a", "1\n")
    bench.git("add", "a")
    status = path.stat()
    bench.write("a", "2\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert shown(bench, bench.take().commit, "worktree/a") == "2\n"


def test_objects_survive_a_garbage_collection(bench: Bench) -> None:
    bench.write("a", "edited\n")
    bench.write("staged", "only in the index\n")
    bench.git("add", "staged")
    bench.write("staged", "edited since\n")
    before = bench.view()
    snapshot = bench.take()
    bench.git("reset", "--hard", "--quiet")
    bench.git("commit", "--amend", "--quiet", "--allow-empty", "-m", "other")
    bench.git("reflog", "expire", "--expire=now", "--all")
    bench.git("gc", "--prune=now", "--quiet")
    bench.go_back(snapshot)
    assert bench.view() == before
    assert bench.git("cat-file", "blob", ":staged") == "only in the index"
    assert bench.git("fsck", "--no-dangling", "--no-progress") == ""


def test_a_push_does_not_send_it(bench: Bench, tmp_path: Path) -> None:
    bench.take()
    other = tmp_path / "other"
    bench.git("clone", "--bare", "--quiet", str(bench.root), str(other))
    bench.git("remote", "add", "origin", str(other))
    bench.commit("more")
    bench.git("push", "--quiet", "--all", "origin")
    assert b"heddle" not in git(other, "for-each-ref")


def test_a_name_is_used_once(bench: Bench) -> None:
    first = bench.take()
    bench.write("a", "edited\n")
    with pytest.raises(SnapshotExistsError, match="already"):
        bench.take()
    assert load(bench.git_dir, first.ref) == first


def test_hooks_monitors_and_the_environment_have_no_say(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("reference-transaction", "post-index-change", "post-checkout"):
        hook = bench.git_dir / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(0o755)
    bench.git("config", "core.fsmonitor", "/nonexistent/monitor")
    bench.git("config", "status.showUntrackedFiles", "no")
    bench.git("config", "core.fileMode", "false")
    bench.git("config", "commit.gpgSign", "true")
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    bench.write("new", "new\n")
    (bench.root / "a").chmod(0o755)
    commit = bench.take().commit
    monkeypatch.undo()
    assert shown(bench, commit, "worktree/new") == "new\n"
    assert bench.git("ls-tree", f"{commit}:worktree", "a").startswith("100755")


def test_the_daemons_own_files_are_left_out(bench: Bench) -> None:
    bench.write(".heddle/state/heddle.db", "records\n")
    bench.write("d/.heddle-restoring", "half a file\n")
    commit = bench.take().commit
    assert "heddle" not in bench.git("ls-tree", "-r", "--name-only", f"{commit}:worktree")


_WRITER = """
import sys
with open(sys.argv[1], "ab", buffering=0) as file:
    print("writing", flush=True)
    while True:
        file.write(b"more\\n")
"""


def test_a_file_that_keeps_changing_is_no_part_of_any_snapshot(bench: Bench) -> None:
    path = bench.write("growing", "x" * 4_000_000)
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        try:
            with pytest.raises(WorktreeBusyError, match="growing keeps changing"):
                bench.take()
        finally:
            writer.kill()
    assert bench.git("for-each-ref", "refs/heddle") == ""
    assert not list(bench.git_dir.glob("fast_import_crash*"))
    bench.take()


def test_a_split_index_is_kept_whole(bench: Bench) -> None:
    bench.git("update-index", "--split-index")
    bench.write("new", "new\n")
    bench.git("add", "new")
    before = bench.view()
    snapshot = bench.take()
    bench.git("update-index", "--no-split-index")
    for path in bench.git_dir.glob("sharedindex.*"):
        path.unlink()
    bench.go_back(snapshot)
    assert bench.view() == before
