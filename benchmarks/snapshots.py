"""Snapshots of a large worktree in which little has changed, beside what git itself takes.

The floor is `git status` and `git stash create` in the same worktree: what a person would run to
look at the work and to keep it, untracked files not included.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.report import Bar, Options, Report, Row
from benchmarks.sampling import interleave, median
from heddle_worker.snapshots.comparing import compare
from heddle_worker.snapshots.restoring import restore
from heddle_worker.snapshots.snapshot import Snapshot, ref_of
from heddle_worker.snapshots.taking import take
from heddle_worker.snapshots.worktree import Worktree

_FILES: Final = 50_000
_QUICK_FILES: Final = 5_000
_FILES_IN_DIRECTORY: Final = 100
_CHANGED: Final = 10
_ROUNDS: Final = 15
_QUICK_ROUNDS: Final = 3
_TAKE_BAR: Final = Bar(factor=1.5)
_ENVIRONMENT: Final = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "bench",
    "GIT_AUTHOR_EMAIL": "bench@example.com",
    "GIT_COMMITTER_NAME": "bench",
    "GIT_COMMITTER_EMAIL": "bench@example.com",
}
_NOTES: Final = (
    "floor: git status, then git stash create; all warm",
    "take: a snapshot, on the disk for good",
    "line ends: the same with `* text=auto` in .gitattributes, so that every file may differ from "
    "what git compares",
    "take, protecting: the snapshot before going back, which also looks for ignored files that "
    "would be overwritten",
    "restore: going back and writing the few files that were changed since",
)


def run(options: Options) -> Report:
    """Measure in a repository that is made for it."""
    files, rounds = (_QUICK_FILES, _QUICK_ROUNDS) if options.quick else (_FILES, _ROUNDS)
    os.environ.update(_ENVIRONMENT)
    with ExitStack() as stack:
        roots = [
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            for _which in range(2)
        ]
        _make(roots[0], files)
        _make(roots[1], files, attributes="* text=auto\n")
        plain, converted = (_Subject(root) for root in roots)
        samples = interleave(
            {
                "git": plain.run_git,
                "take": plain.take,
                "line ends, git": converted.run_git,
                "line ends": converted.take,
                "take, protecting": plain.take_protecting,
                "changes": plain.compare,
                "restore": plain.restore,
            },
            rounds=rounds,
        )
    floor = median(samples["git"])
    return Report(
        [
            Row(f"take, {files:,} files", median(samples["take"]), "ms", floor, _TAKE_BAR),
            Row(
                "take, with line ends",
                median(samples["line ends"]),
                "ms",
                median(samples["line ends, git"]),
            ),
            *(
                Row(what, median(samples[what]), "ms", floor)
                for what in ("take, protecting", "changes", "restore")
            ),
        ],
        _NOTES,
    )


class _Subject:
    """One worktree, with some files that are edited, staged and new."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._worktree = Worktree.open(root)
        self._numbers = itertools.count()
        self._edit("edited")
        _git(root, "add", "0/1")
        self._begin = self._take()

    def run_git(self) -> float:
        def work() -> None:
            _git(self._root, "status")
            _git(self._root, "stash", "create")

        return _timed(work)

    def take(self) -> float:
        return _timed(self._take)

    def take_protecting(self) -> float:
        return _timed(lambda: self._take(self._begin))

    def compare(self) -> float:
        return _timed(lambda: compare(self._worktree, self._begin))

    def restore(self) -> float:
        self._edit("edited again")
        kept = self._take(self._begin)
        return _timed(lambda: restore(self._worktree, self._begin, kept=kept))

    def _take(self, protecting: Snapshot | None = None) -> Snapshot:
        ref = ref_of("bench", str(next(self._numbers)))
        return take(self._worktree, ref, "bench", protecting=protecting)

    def _edit(self, text: str) -> None:
        for number in range(_CHANGED):
            (self._root / "0" / str(number)).write_text(f"{text} {number}\n")
            (self._root / "1" / f"new{number}").write_text(f"{text} {number}\n")


def _make(root: Path, files: int, attributes: str = "") -> None:
    _git(root, "init", "--quiet")
    # A collection in the background would be measured too.
    _git(root, "config", "gc.auto", "0")
    for number in range(files):
        path = root / str(number // _FILES_IN_DIRECTORY) / str(number % _FILES_IN_DIRECTORY)
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"file {number}\n" * 20)
    if attributes:
        (root / ".gitattributes").write_text(attributes)
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "-m", "all")
    _git(root, "gc", "--quiet")


def _git(root: Path, *words: str) -> None:
    subprocess.run(["git", "-C", root, *words], check=True, stdout=subprocess.DEVNULL)


def _timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000
