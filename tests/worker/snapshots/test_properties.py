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
from worktree_edits import Edit, command, delete, edits, write
from worktree_view import View, git

from heddle_worker.snapshots.restoring import restore
from heddle_worker.snapshots.snapshot import load, ref_of
from heddle_worker.snapshots.taking import take
from heddle_worker.snapshots.worktree import Worktree

EXAMPLES: Final = int(os.environ.get("HEDDLE_EXAMPLES", "25"))


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


STARTS: Final[dict[str, list[Edit]]] = {
    "nothing": [],
    "two branches": [
        write(b"a", b"1\n"),
        write(b"b.txt", b"one\r\ntwo\r\n"),
        write(b"d/f", b""),
        write(b"d/e/h", b"1\n"),
        command("add", "--all"),
        command("commit", "--quiet", "-m", "first"),
        command("switch", "--quiet", "-C", "side"),
        write(b"a", b"2\n"),
        delete(b"d/f"),
        command("commit", "--quiet", "--all", "-m", "second"),
        command("switch", "--quiet", "main"),
    ],
}


@given(
    start=st.sampled_from(sorted(STARTS, reverse=True)),
    before=st.lists(edits, max_size=8),
    since=st.lists(edits, max_size=8),
)
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
def test_going_back_and_forth_again(start: str, before: list[Edit], since: list[Edit]) -> None:
    with fresh_repository() as root:
        apply(root, STARTS[start] + before)
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
