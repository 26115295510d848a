"""Whatever was done since a snapshot, going back to it brings everything back, and forth again."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worktree_edits import Edit, edits
from worktree_view import View, git

from heddle_worker.snapshots.restoring import restore
from heddle_worker.snapshots.snapshot import load, ref_of
from heddle_worker.snapshots.taking import take
from heddle_worker.snapshots.worktree import Worktree

EXAMPLES: Final = int(os.environ.get("HEDDLE_EXAMPLES", "40"))


@contextmanager
def fresh_repository() -> Iterator[Path]:
    directory = tempfile.mkdtemp(prefix="heddle-")
    root = Path(directory) / "repository"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    try:
        yield root
    finally:
        shutil.rmtree(directory)


def apply(root: Path, todo: list[Edit]) -> None:
    for edit in todo:
        edit.run(root)


@given(before=st.lists(edits, max_size=8), since=st.lists(edits, max_size=8))
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
def test_going_back_and_forth_again(before: list[Edit], since: list[Edit]) -> None:
    with fresh_repository() as root:
        apply(root, before)
        worktree = Worktree.open(root)
        begin = View.of(root)
        snapshot = take(worktree, ref_of("t", "begin"), "begin")
        assert View.of(root) == begin, "taking a snapshot changes nothing"
        assert load(worktree.common_dir, snapshot.ref) == snapshot

        apply(root, since)
        aborted = View.of(root)
        kept = take(worktree, ref_of("t", "aborted"), "aborted", protecting=snapshot)
        restore(worktree, snapshot, kept=kept)
        assert View.of(root) == begin

        again = take(worktree, ref_of("t", "again"), "again", protecting=kept)
        restore(worktree, kept, kept=again)
        assert View.of(root) == aborted
