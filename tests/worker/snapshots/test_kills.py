"""A restore that was killed at any point is finished by running it again."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Final

from snapshot_bench import Bench
from worktree_view import git

from heddle_worker.snapshots.snapshot import Snapshot, ref_of
from heddle_worker.snapshots.taking import take

# The process kills itself when it is about to do something for the given number of times: open a
# file, start a git, rename, delete or make something.
_RESTORE: Final = """
import os, signal, sys
from pathlib import Path
from heddle_worker.snapshots.restoring import restore
from heddle_worker.snapshots.snapshot import load
from heddle_worker.snapshots.worktree import Worktree

root, target, kept, left = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
worktree = Worktree.open(root)
snapshots = [load(worktree.common_dir, ref) for ref in (target, kept)]

def count(event, _arguments):
    global left
    if event == "open" or event == "subprocess.Popen" or event.startswith(("os.", "shutil.")):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
restore(worktree, snapshots[0], kept=snapshots[1])
"""
_NEVER: Final = 0


def run_restore(bench: Bench, snapshot: Snapshot, kept: Snapshot, killed_at: int) -> int:
    """Restore in a process of its own; return how it ended."""
    words = [str(bench.root), snapshot.ref, kept.ref, str(killed_at)]
    done = subprocess.run(
        [sys.executable, "-c", _RESTORE, *words], check=False, capture_output=True, text=True
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


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
        killed_at = 1 + kills * 11
        ended = run_restore(bench, snapshot, kept, killed_at)
        kills += ended == -signal.SIGKILL
        assert run_restore(bench, snapshot, kept, _NEVER) == 0
        assert bench.view() == begin, f"killed at step {killed_at}"
        again = take(bench.worktree, ref_of("t", f"again{killed_at}"), "again", protecting=kept)
        assert run_restore(bench, kept, again, _NEVER) == 0
        assert bench.view() == aborted
    assert kills > 10
    assert not (bench.git_dir / "index.lock").exists()


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
