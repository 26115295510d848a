"""A repository with a commit, its worktree, and a place where a person's work is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from snapshot_bench import Bench
from worktree_view import git


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A repository whose one commit on `main` has `a`, `b` and `d/f`."""
    bench = Bench.init(tmp_path / "repository")
    bench.write("a", "a\n")
    bench.write("b", "b\n")
    bench.write("d/f", "f\n")
    git(bench.root, "add", "--all")
    git(bench.root, "commit", "--quiet", "-m", "first")
    return bench
