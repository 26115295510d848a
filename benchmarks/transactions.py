"""A command that fails in a transaction, in a large worktree, beside the beginning of one alone.

The floor is `heddle txn begin`: the same program, started in the same way, which keeps the worktree
once. Whoever takes it back has to look at it at least once more.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

from benchmarks.daemon import Daemon, temporary_daemon
from benchmarks.processes import timed_run
from benchmarks.report import Bar, BenchmarkError, Options, Report, Row
from benchmarks.sampling import interleave, median

_FILES: Final = 50_000
_QUICK_FILES: Final = 5_000
_FILES_IN_DIRECTORY: Final = 100
_EDITED: Final = 20
_ROUNDS: Final = 11
_QUICK_ROUNDS: Final = 3
_BAR: Final = Bar(factor=2.0)
_NOTES: Final = (
    "floor: heddle txn begin; whole commands, in turn, with a warm daemon",
    "run -- false: begin, run, keep what is there, find that nothing has changed, abort",
    f"run, {_EDITED} files: the command also edits files and adds some; all are taken back",
    "after each round the worktree is compared with what it was",
)


def run(options: Options) -> Report:
    """Measure in a repository that is made for it."""
    files, rounds = (_QUICK_FILES, _QUICK_ROUNDS) if options.quick else (_FILES, _ROUNDS)
    with temporary_daemon() as daemon:
        _fill(daemon.repository, files)
        daemon.serve("--no-standby")
        subject = _Subject(daemon)
        samples = interleave(
            {
                "begin": subject.begin,
                "run -- true": subject.run_true,
                "run -- false": subject.run_false,
                "edits": subject.run_edits,
            },
            rounds=rounds,
        )
    floor = median(samples["begin"])
    return Report(
        [
            Row(
                f"txn run -- false, {files:,} files",
                median(samples["run -- false"]),
                "ms",
                floor,
                _BAR,
            ),
            Row("txn run -- true", median(samples["run -- true"]), "ms", floor),
            Row(f"txn run, {_EDITED} files taken back", median(samples["edits"]), "ms", floor),
        ],
        _NOTES,
    )


class _Subject:
    """One worktree, with a few files that are edited and new."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._root = daemon.repository
        (self._root / "0" / "1").write_text("edited before\n")
        (self._root / "0" / "new").write_text("new before\n")
        self._before = self._state()

    def begin(self) -> float:
        milliseconds = self._txn("begin")
        self._txn("commit")
        return milliseconds

    def run_true(self) -> float:
        return self._txn("run", "--", "true")

    def run_false(self) -> float:
        return self._failing("false", expected=1)

    def run_edits(self) -> float:
        script = (
            f"for i in $(seq {_EDITED // 2}); do echo x >> 1/$i; echo x > 2/new$i; done; exit 3"
        )
        return self._failing("sh", "-c", script, expected=3)

    def _failing(self, *command: str, expected: int) -> float:
        milliseconds = self._txn("run", "--", *command, expected=expected)
        if self._state() != self._before:
            raise BenchmarkError("the worktree is not as it was")
        return milliseconds

    def _txn(self, *words: str, expected: int = 0) -> float:
        return timed_run(
            [*self._daemon.program, "txn", *words],
            cwd=self._root,
            environment=self._daemon.environment,
            expected=expected,
        )[0]

    def _state(self) -> tuple[str, ...]:
        words = (
            ("status", "--porcelain=v2", "--branch"),
            ("diff", "HEAD"),
            ("ls-files", "--stage"),
        )
        return tuple(_git(self._root, *each) for each in words)


def _fill(root: Path, files: int) -> None:
    # A collection in the background would be measured too.
    _git(root, "config", "gc.auto", "0")
    for number in range(files):
        path = root / str(number // _FILES_IN_DIRECTORY) / str(number % _FILES_IN_DIRECTORY)
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"file {number}\n" * 20)
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "-m", "all")
    _git(root, "gc", "--quiet")


def _git(root: Path, *words: str) -> str:
    identity = {
        "GIT_AUTHOR_NAME": "bench",
        "GIT_AUTHOR_EMAIL": "bench@example.com",
        "GIT_COMMITTER_NAME": "bench",
        "GIT_COMMITTER_EMAIL": "bench@example.com",
        "GIT_OPTIONAL_LOCKS": "0",
    }
    done = subprocess.run(
        ["git", "-C", root, *words],
        check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, **identity},
    )
    return done.stdout.decode()
