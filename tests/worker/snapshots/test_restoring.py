"""Going back to a snapshot: everything is as it was, and nothing that anybody wrote is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from snapshot_bench import Bench

from heddle_worker.snapshots.endangered import blob_id
from heddle_worker.snapshots.errors import (
    BranchElsewhereError,
    BranchMovedError,
    DamagedSnapshotError,
    ObstructedError,
    UnkeptWorkError,
)
from heddle_worker.snapshots.files import write_files
from heddle_worker.snapshots.planning import BranchMove, plan
from heddle_worker.snapshots.recording import Recorder
from heddle_worker.snapshots.snapshot import drop, encode, load, names, ref_of, transactions
from heddle_worker.snapshots.status_lines import Blob
from heddle_worker.snapshots.taking import take
from heddle_worker.snapshots.trees import Difference
from heddle_worker.snapshots.worktree import Worktree


def test_everything_is_as_it_was(bench: Bench) -> None:
    bench.write("a", "edited\n")
    bench.write("untracked", "untracked\n")
    bench.write("staged", "staged\n")
    bench.git("add", "staged")
    (bench.root / "link").symlink_to("a")
    (bench.root / "b").chmod(0o755)
    before = bench.view()
    snapshot = bench.take()
    bench.git("mv", "d/f", "moved")
    bench.commit("everything")
    bench.git("switch", "--quiet", "-c", "topic")
    bench.git("rm", "-r", "--quiet", ".")
    (bench.root / "d").rmdir()
    bench.write("d", "a file now\n")
    bench.write("link/a", "a directory now\n")
    after = bench.view()
    kept, _done = bench.go_back(snapshot)
    assert bench.view() == before
    bench.go_back(kept, "again")
    assert bench.view() == after


def test_the_plan_says_what_is_going_to_be_done(bench: Bench) -> None:
    first = bench.git("rev-parse", "HEAD")
    snapshot = bench.take()
    bench.write("a", "edited\n")
    bench.write("new", "new\n")
    (bench.root / "b").unlink()
    second = bench.commit()
    bench.git("switch", "--detach", "--quiet")
    before = bench.view()
    planned = plan(bench.worktree, snapshot)
    assert planned.writes == (b"a", b"b")
    assert planned.deletes == (b"new",)
    assert planned.restages
    assert planned.branch == BranchMove(b"refs/heads/main", second, first)
    assert planned.head is not None
    assert planned.head[1] == snapshot.head
    assert bench.view() == before
    assert not list(bench.git_dir.glob("heddle-scratch-*"))
    assert bench.go_back(snapshot)[1] == planned
    assert plan(bench.worktree, snapshot) == type(planned)()


def test_ignored_files_stay(bench: Bench) -> None:
    bench.write(".gitignore", "*.log\ncache/\n")
    bench.commit("ignore")
    bench.write("x.log", "log\n")
    snapshot = bench.take()
    bench.write("x.log", "longer log\n")
    bench.write("cache/.gitignore", "*\n")
    bench.write("cache/deep/file", "cached\n")
    bench.go_back(snapshot)
    assert bench.read("x.log") == "longer log\n"
    assert bench.read("cache/deep/file") == "cached\n"


def test_files_that_were_ignored_before_stay_although_git_sees_them_now(bench: Bench) -> None:
    bench.write(".gitignore", "*.env\n")
    bench.commit("ignore")
    bench.write("secret.env", "secret\n")
    before = bench.view()
    snapshot = bench.take()
    bench.write(".gitignore", "nothing\n")
    assert plan(bench.worktree, snapshot).left == (b"secret.env",)
    bench.go_back(snapshot)
    assert bench.read("secret.env") == "secret\n"
    assert bench.view() == before


def test_new_files_that_are_ignored_by_now_are_kept_and_taken_away(bench: Bench) -> None:
    before = bench.view()
    snapshot = bench.take()
    bench.write("new.txt", "a person wrote this\n")
    bench.write("sub/new.txt", "and this\n")
    bench.write(".gitignore", "*.txt\n")
    after = bench.view()
    kept, done = bench.go_back(snapshot)
    assert done.deletes == (b".gitignore", b"new.txt", b"sub/new.txt")
    assert bench.view() == before
    bench.go_back(kept, "again")
    assert bench.view() == after
    assert bench.read("new.txt") == "a person wrote this\n"
    assert bench.read("sub/new.txt") == "and this\n"


def test_a_file_that_is_ignored_by_now_is_kept_before_it_is_overwritten(bench: Bench) -> None:
    bench.write("notes", "old\n")
    snapshot = bench.take()
    bench.write("notes", "new\n")
    bench.write(".gitignore", "notes\n")
    kept, _done = bench.go_back(snapshot)
    assert bench.read("notes") == "old\n"
    bench.go_back(kept, "again")
    assert bench.read("notes") == "new\n"


def test_an_ignored_directory_where_a_file_was_is_kept(bench: Bench) -> None:
    bench.write("notes", "old\n")
    before = bench.view()
    snapshot = bench.take()
    (bench.root / "notes").unlink()
    bench.write("notes/today", "new\n")
    bench.write(".gitignore", "notes/\n")
    kept, _done = bench.go_back(snapshot)
    assert bench.view() == before
    bench.go_back(kept, "again")
    assert bench.read("notes/today") == "new\n"


def test_work_that_hides_itself_is_found(bench: Bench) -> None:
    bench.write("d/untracked", "untracked\n")
    before = bench.view()
    snapshot = bench.take()
    bench.write("d/.gitignore", "*\n")
    kept, done = bench.go_back(snapshot)
    assert done.deletes == (b"d/.gitignore",)
    assert bench.view() == before
    bench.go_back(kept, "again")
    assert bench.read("d/.gitignore") == "*\n"


@pytest.mark.parametrize("name", ["a", "new"])
def test_what_was_written_after_it_was_kept_stops_it(bench: Bench, name: str) -> None:
    snapshot = bench.take()
    bench.write(name, "kept\n")
    kept = bench.take("aborted", protecting=snapshot)
    bench.write(name, "written a moment later\n")
    with pytest.raises(UnkeptWorkError, match=f"{name} has changed"):
        bench.restore(snapshot, kept)
    assert bench.read(name) == "written a moment later\n"
    bench.go_back(snapshot, "again")


def test_what_is_written_at_the_last_moment_stops_it(bench: Bench) -> None:
    snapshot = bench.take()
    seen = Blob(b"100644", blob_id(b"seen a moment ago\n"))
    wanted = Blob(b"100644", blob_id(b"a\n"))
    bench.write("a", "written since\n")
    for before, after in ((seen, wanted), (None, wanted), (seen, None)):
        with pytest.raises(UnkeptWorkError, match="a has changed"):
            write_files(
                bench.worktree, bench.worktree.git, [Difference(b"a", before, after)], snapshot
            )
    assert bench.read("a") == "written since\n"


def test_what_was_staged_after_it_was_kept_stops_it(bench: Bench) -> None:
    snapshot = bench.take()
    bench.write("a", "kept\n")
    kept = bench.take("aborted", protecting=snapshot)
    bench.write("a", "staged\n")
    bench.git("add", "a")
    bench.write("a", "kept\n")
    with pytest.raises(UnkeptWorkError, match="the index"):
        bench.restore(snapshot, kept)


def test_a_snapshot_that_does_not_protect_is_not_enough(bench: Bench) -> None:
    snapshot = bench.take()
    bench.commit("on main")
    bench.git("switch", "--quiet", "-c", "topic")
    with pytest.raises(UnkeptWorkError, match="does not know of refs/heads/main"):
        bench.restore(snapshot, bench.take("aborted"))


def test_links_out_of_the_worktree_are_not_followed(bench: Bench, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "f").write_text("outside\n")
    before = bench.view()
    snapshot = bench.take()
    bench.git("rm", "-rq", "d")
    (bench.root / "d").symlink_to(outside)
    kept, _done = bench.go_back(snapshot)
    assert bench.view() == before
    assert sorted(outside.iterdir()) == [outside / "f"]
    assert (outside / "f").read_text() == "outside\n"
    bench.go_back(kept, "again")
    assert (bench.root / "d").is_symlink()
    assert (outside / "f").read_text() == "outside\n"


def test_something_that_no_snapshot_holds_is_not_swept_away(bench: Bench) -> None:
    snapshot = bench.take()
    (bench.root / "a").unlink()
    nested = Bench.init(bench.root / "a")
    nested.write("code", "code\n")
    bench.write(".git/info/exclude", "/a/\n")
    with pytest.raises(ObstructedError, match="a cannot be written"):
        bench.go_back(snapshot)
    assert nested.read("code") == "code\n"


def test_permissions_are_not_widened(bench: Bench) -> None:
    secret = bench.write("secret", "secret\n")
    secret.chmod(0o600)
    (bench.root / "a").chmod(0o640)
    snapshot = bench.take()
    secret.unlink()
    bench.write("a", "edited\n")
    bench.go_back(snapshot)
    assert secret.stat().st_mode & 0o777 == 0o600
    assert (bench.root / "a").stat().st_mode & 0o777 == 0o640


def test_a_branch_that_moves_meanwhile_stops_it(bench: Bench) -> None:
    snapshot = bench.take()
    bench.git("switch", "--quiet", "-c", "topic")
    kept = bench.take("aborted", protecting=snapshot)
    bench.commit("pushed by somebody")
    bench.git("branch", "--force", "main", "topic")
    with pytest.raises(BranchMovedError, match="refs/heads/main has moved"):
        bench.restore(snapshot, kept)


def test_a_detached_head_that_moves_meanwhile_stops_it(bench: Bench) -> None:
    bench.git("switch", "--quiet", "--detach")
    snapshot = bench.take()
    kept = bench.take("aborted", protecting=snapshot)
    bench.git("commit", "--quiet", "--allow-empty", "-m", "work")
    with pytest.raises(BranchMovedError, match="HEAD has moved"):
        bench.restore(snapshot, kept)


def test_a_branch_that_another_worktree_has_by_now_stops_it(bench: Bench, tmp_path: Path) -> None:
    snapshot = bench.take()
    bench.git("switch", "--quiet", "-c", "topic")
    bench.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "main")
    with pytest.raises(BranchElsewhereError, match="linked"):
        bench.go_back(snapshot)
    bench.git("worktree", "remove", str(tmp_path / "linked"))
    bench.go_back(snapshot, "again")


def test_a_branch_that_took_the_name_as_a_directory_stops_it(bench: Bench) -> None:
    bench.git("switch", "--quiet", "-c", "topic")
    snapshot = bench.take()
    bench.git("switch", "--quiet", "main")
    bench.git("branch", "--delete", "topic")
    bench.git("branch", "topic/one")
    with pytest.raises(BranchMovedError, match="refs/heads/topic cannot be moved back"):
        bench.go_back(snapshot)
    bench.git("branch", "--delete", "topic/one")
    bench.go_back(snapshot, "again")
    assert bench.git("symbolic-ref", "HEAD") == "refs/heads/topic"


def test_a_linked_worktree_is_restored_by_itself(bench: Bench, tmp_path: Path) -> None:
    bench.git("worktree", "add", "--quiet", "-b", "linked", str(tmp_path / "linked"))
    linked = Bench(tmp_path / "linked")
    linked.write("a", "linked\n")
    before = linked.view()
    snapshot = linked.take()
    bench.write("a", "main\n")
    linked.commit("linked work")
    main = bench.view()
    linked.go_back(snapshot)
    assert linked.view() == before
    assert bench.view() == main


@pytest.mark.parametrize("command", ["merge", "rebase", "cherry-pick", "revert"])
def test_an_operation_in_progress_is_taken_back_and_comes_again(bench: Bench, command: str) -> None:
    bench.git("switch", "--quiet", "-c", "side")
    bench.write("a", "side\n")
    bench.commit("side")
    bench.git("switch", "--quiet", "main")
    bench.write("a", "main\n")
    bench.commit("main")
    before = bench.view()
    snapshot = bench.take()
    bench.git(command, "HEAD~1" if command == "revert" else "side", may_fail=True)
    conflict = bench.view()
    assert conflict != before
    kept, _done = bench.go_back(snapshot)
    assert bench.view() == before
    assert "progress" not in bench.git("status")
    bench.go_back(kept, "again")
    assert bench.view() == conflict
    bench.write("a", "resolved\n")
    bench.git("add", "a")
    bench.git("-c", "core.editor=true", command, "--continue")
    assert bench.git("status", "--porcelain") == ""


def test_a_change_that_git_cannot_see_in_the_times_stays_visible(bench: Bench) -> None:
    bench.git("config", "core.trustctime", "false")
    path = bench.write("a", "1\n")
    moment = 1_700_000_000 * 10**9
    os.utime(path, ns=(moment, moment))
    bench.git("add", "a")
    bench.write("a", "2\n")
    os.utime(path, ns=(moment, moment))
    # Only because the index is as old does git look into the file.
    os.utime(bench.git_dir / "index", ns=(moment, moment))
    before = bench.view()
    assert b" a\0" in before.status
    snapshot = bench.take()
    bench.write("b", "edited\n")
    bench.git("add", "b")
    bench.go_back(snapshot)
    assert bench.view() == before


def test_a_snapshot_with_a_path_that_leads_elsewhere_is_refused(bench: Bench) -> None:
    good = bench.take("good")
    for number, path in enumerate((b".git/hooks/x", b"d/.GIT/config", b".heddle/x")):
        ref = ref_of("t", f"bad{number}")
        with Recorder(bench.worktree.git, ref) as recorder:
            about = recorder.content(encode(good.head, good.index_modified_ns, {}))
            content = recorder.content(b"content\n")
            recorder.begin_commit("bad", ())
            recorder.put_all(b"", [(b"about", about), (b"worktree/" + path, content)])
            recorder.end_commit()
            recorder.keep()
        bad = load(bench.git_dir, ref)
        with pytest.raises(DamagedSnapshotError, match="which no snapshot may have"):
            bench.go_back(bad, f"aborted{number}")
    assert bench.read("a") == "a\n"
    assert not (bench.git_dir / "hooks/x").exists()


def test_an_unborn_branch_comes_back(tmp_path: Path) -> None:
    bench = Bench.init(tmp_path / "repository")
    bench.write("a", "a\n")
    before = bench.view()
    snapshot = bench.take()
    bench.commit("first")
    after = bench.view()
    kept, _done = bench.go_back(snapshot)
    assert bench.view() == before
    assert not (bench.git_dir / "index").exists()
    bench.go_back(kept, "again")
    assert bench.view() == after


def test_reflogs_tell_of_it_in_gits_words(bench: Bench) -> None:
    snapshot = bench.take()
    bench.commit("work")
    bench.git("switch", "--quiet", "-c", "topic")
    bench.go_back(snapshot)
    assert (
        bench.git("reflog", "-1", "--format=%gs", "HEAD") == "checkout: moving from topic to main"
    )
    assert bench.git("reflog", "-1", "--format=%gs", "main").startswith("reset: moving to ")


def test_dropping_forgets_a_transaction_and_no_other(bench: Bench) -> None:
    bench.take("begin")
    bench.take("aborted")
    take(bench.worktree, ref_of("t2", "begin"), "begin")
    assert names(bench.git_dir, "t") == ("aborted", "begin")
    assert transactions(bench.git_dir) == ("t", "t2")
    drop(bench.git_dir, "t")
    drop(bench.git_dir, "t")
    assert names(bench.git_dir, "t") == ()
    assert names(bench.git_dir, "t2") == ("begin",)


def test_a_big_file_comes_back(bench: Bench) -> None:
    content = bytes(range(256)) * 20_000
    path = bench.root / "big"
    path.write_bytes(content)
    snapshot = bench.take()
    path.write_bytes(content[::-1])
    bench.go_back(snapshot)
    assert path.read_bytes() == content


def test_a_worktree_is_found_from_a_directory_in_it(bench: Bench) -> None:
    assert Worktree.open(bench.root / "d") == bench.worktree
