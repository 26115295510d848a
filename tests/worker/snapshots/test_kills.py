"""A restore that was killed at any point is finished by running it again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

from snapshot_bench import Bench
from waiting import wait_until
from worktree_view import git

from heddle_worker.snapshots.comparing import compare
from heddle_worker.snapshots.snapshot import Snapshot, load, names, ref_of
from heddle_worker.snapshots.taking import take

# The process kills itself when it is about to do something for the given number of times: open a
# file, start a git, rename, delete or make something.
_UNTIL_KILLED: Final = """
import os, signal, sys
from pathlib import Path
from heddle_worker.snapshots.worktree import Worktree

worktree, left = Worktree.open(Path(sys.argv[1])), int(sys.argv[2])
target, kept = sys.argv[3:5]

def count(event, _arguments):
    global left
    if event == "open" or event == "subprocess.Popen" or event.startswith(("os.", "shutil.")):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
"""
_RESTORE: Final = """
from heddle_worker.snapshots.restoring import restore
from heddle_worker.snapshots.snapshot import load
snapshots = [load(worktree.common_dir, ref) for ref in (target, kept)]
sys.addaudithook(count)
restore(worktree, snapshots[0], kept=snapshots[1])
"""
_TAKE: Final = """
from heddle_worker.snapshots.taking import take
sys.addaudithook(count)
take(worktree, target, "begin")
"""
_CUT_OFF: Final = """
from heddle_worker.snapshots.recording import Recorder
Recorder(worktree.git, target).content(bytes(1_000_000))
os.kill(os.getpid(), signal.SIGKILL)
"""
_NEVER: Final = 0
_STEPS: Final = 3 if "HEDDLE_EXAMPLES" in os.environ else 31


def run(bench: Bench, program: str, killed_at: int, *refs: str) -> int:
    """Run a program in a process that kills itself at a step; return how it ended."""
    words = [str(bench.root), str(killed_at), *refs, *[""] * (2 - len(refs))]
    done = subprocess.run(
        [sys.executable, "-c", _UNTIL_KILLED + program, *words],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def run_restore(bench: Bench, snapshot: Snapshot, kept: Snapshot, killed_at: int) -> int:
    return run(bench, _RESTORE, killed_at, snapshot.ref, kept.ref)


def edit_everything(bench: Bench) -> None:
    """Change files, the index, HEAD and the branch, and leave a merge in progress."""
    bench.write("a", "ours\n")
    bench.commit("ours")
    bench.git("switch", "--quiet", "-c", "topic", "HEAD~1")
    bench.write("a", "theirs\n")
    bench.git("mv", "d/f", "f")
    (bench.root / "d").rmdir()
    bench.write("d", "a file now\n")
    bench.commit("theirs")
    bench.git("merge", "main", may_fail=True)
    bench.write("b", "edited\n")
    bench.write("new/untracked", "new\n")
    bench.write(".gitignore", "hidden\n")
    bench.write("hidden", "hidden\n")


def test_killed_wherever_it_may_be(bench: Bench) -> None:
    bench.write("b", "staged\n")
    bench.git("add", "b")
    bench.write("b", "edited\n")
    bench.write("untracked", "untracked\n")
    begin = bench.view()
    snapshot = bench.take()
    edit_everything(bench)
    aborted = bench.view()
    assert "MERGE_HEAD" in aborted.notes
    kept = bench.take("aborted", protecting=snapshot)

    kills = 0
    ended = -signal.SIGKILL
    # Each round starts from the same mess, and dies some steps later than the one before.
    while ended == -signal.SIGKILL:
        killed_at = 1 + kills * _STEPS
        ended = run_restore(bench, snapshot, kept, killed_at)
        kills += ended == -signal.SIGKILL
        assert run_restore(bench, snapshot, kept, _NEVER) == 0
        assert bench.view() == begin, f"killed at step {killed_at}"
        again = take(bench.worktree, ref_of("t", f"again{killed_at}"), "again", protecting=kept)
        assert run_restore(bench, kept, again, _NEVER) == 0
        assert bench.view() == aborted
    assert kills > 5
    assert not (bench.git_dir / "index.lock").exists()


def test_a_snapshot_is_taken_completely_or_not_at_all(bench: Bench) -> None:
    bench.write("a", "edited\n")
    bench.write("untracked", "untracked\n")
    bench.git("add", "a")
    bench.write("a", "edited again\n")
    begin = bench.view()
    kills = 0
    ended = -signal.SIGKILL
    while ended == -signal.SIGKILL:
        name = f"begin{kills}"
        ended = run(bench, _TAKE, 1 + kills * _STEPS // 2, ref_of("t", name))
        kills += ended == -signal.SIGKILL
        assert bench.view() == begin
        if name in names(bench.git_dir, "t"):
            snapshot = load(bench.git_dir, ref_of("t", name))
            assert compare(bench.worktree, snapshot).changes == ()
    assert kills > 2


def test_what_the_killed_leave_behind_is_swept_away(bench: Bench) -> None:
    ours = bench.git_dir / "heddle-scratch-x"
    (ours / "pack").mkdir(parents=True)
    report = bench.git_dir / "fast_import_crash_1"
    report.write_text("fast-import crash report:\n  status: refs/heddle/scratch\n")
    foreign = bench.git_dir / "fast_import_crash_2"
    foreign.write_text("fast-import crash report:\n  status: refs/heads/main\n")
    bench.take("first")
    assert ours.exists(), "it may be in use"
    os.utime(ours, (0, 0))
    bench.take("second")
    assert not ours.exists()
    assert not report.exists()
    assert foreign.exists()


def test_what_git_says_of_a_stream_that_was_cut_off_is_swept_away(bench: Bench) -> None:
    def report() -> Path | None:
        complete = (
            path
            for path in bench.git_dir.glob("fast_import_crash_*")
            if "END OF CRASH REPORT" in path.read_text()
        )
        return next(complete, None)

    assert run(bench, _CUT_OFF, _NEVER, ref_of("t", "begin")) == -signal.SIGKILL
    path = wait_until(report, "git has reported it")
    bench.take()
    assert not path.exists()


def test_killed_again_and_again(bench: Bench) -> None:
    begin = bench.view()
    snapshot = bench.take()
    edit_everything(bench)
    kept = bench.take("aborted", protecting=snapshot)
    killed_at = 40
    while run_restore(bench, snapshot, kept, killed_at) != 0:
        killed_at += 40
    assert killed_at > 40
    assert bench.view() == begin
    assert git(bench.root, "fsck", "--no-dangling", "--no-progress") == b""
