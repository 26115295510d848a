"""Reviews of states: cold, with a warm cache, and seen before; and what a thousand of them leave.

One daemon on a repository of real Python files. Beside it, in the benchmark's own process, libgit2
and tree-sitter; a bare gRPC echo; and `git diff --numstat`.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import grpc
import pygit2
import tree_sitter
import tree_sitter_python
from pygit2.enums import DiffFind

from benchmarks import processes
from benchmarks.daemon import Daemon, temporary_daemon
from benchmarks.echo_client import connect
from benchmarks.echo_server import Kind, Method
from benchmarks.report import Bar, BenchmarkError, Options, Report, Row
from benchmarks.review_history import write_reviewable_history
from benchmarks.sampling import Figure, interleave, median
from heddle_api.v1 import state_review_pb2, state_review_pb2_grpc

_CALL_SECONDS: Final = 120.0
_EDITED: Final = 3
_COLD_BAR: Final = Bar(factor=1.3)
_NEXT_BAR: Final = Bar(factor=2)
_SEEN_BAR: Final = Bar(factor=3)
_MEMORY_BAR: Final = Bar(factor=1.2)
_NOTES: Final = (
    f"each commit edits {_EDITED} files of 4 to 40 kB among the repository's",
    "cold: the cache file is deleted before, the parser processes have started; floor: libgit2's "
    "diff with renames and counted lines, and tree-sitter's parse of both versions of the files",
    "next: the commit after one that was reviewed; floor: git diff --numstat -M of the same pair, "
    "with the start of its process",
    "seen before: by its raw id; floor: a bare gRPC echo of the payload's bytes",
    "memory: resident, of the worker alone, and of the worker with its parser processes; floor: "
    "the same after the first tenth of the reviews",
)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is sampled."""

    files: int
    samples: int
    seen: int
    reviews: int


FULL: Final = Effort(files=300, samples=60, seen=300, reviews=1_000)
QUICK: Final = Effort(files=60, samples=8, seen=50, reviews=50)


class _Reviewer:
    """One connection that asks for reviews."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub: Any = state_review_pb2_grpc.StateReviewServiceStub(channel)

    def review(self, commit: str, *, wants_all: bool = False) -> state_review_pb2.ReviewPayload:
        """Return the review of a commit."""
        request = state_review_pb2.GetReviewPayloadRequest(
            state_id=bytes.fromhex(commit), include_all_signals=wants_all
        )
        reply: state_review_pb2.ReviewPayload
        reply = self._stub.GetReviewPayload(request, timeout=_CALL_SECONDS)
        return reply

    def until_complete(self, commit: str) -> None:
        """Ask until nothing of the repository is unread.

        Raises:
            BenchmarkError: it takes more than two minutes.
        """
        deadline = time.monotonic() + _CALL_SECONDS
        while self.review(commit, wants_all=True).signals_incomplete:
            if time.monotonic() > deadline:
                raise BenchmarkError("the repository is never read to its end")


def run(options: Options) -> Report:
    """Measure in a repository that is made for it."""
    processes.require_linux()
    effort = QUICK if options.quick else FULL
    with ExitStack() as stack:
        daemon = stack.enter_context(temporary_daemon())
        commits = write_reviewable_history(
            daemon.repository, effort.files, effort.samples * 2 + effort.reviews + 2, _EDITED
        )
        daemon.serve("--no-standby")
        reviewer = _Reviewer(stack.enter_context(connect(daemon.status().socket)))
        reviewer.until_complete(commits[0])
        samples = effort.samples
        cold, following = commits[: samples + 1], commits[samples : samples * 2 + 1]
        rows = [
            _cold_row(daemon, reviewer, cold),
            _next_row(daemon, reviewer, following),
            _seen_row(reviewer, following[-1], effort, stack),
            *_memory_rows(daemon, reviewer, commits[samples * 2 + 1 :], effort),
        ]
    return Report(rows, _NOTES)


def _cold_row(daemon: Daemon, reviewer: _Reviewer, commits: Sequence[str]) -> Row:
    bare = _Bare(daemon.repository)
    pairs = itertools.pairwise(commits)
    ours, floor = [], []
    for old, new in pairs:
        _forget(daemon)
        ours.append(_timed(partial(reviewer.review, new)))
        floor.append(_timed(partial(bare.review, old, new)))
    return Row("cold payload", median(ours), "ms", median(floor), _COLD_BAR)


def _forget(daemon: Daemon) -> None:
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            (daemon.files / "state" / f"cache.db{suffix}").unlink()


def _next_row(daemon: Daemon, reviewer: _Reviewer, commits: Sequence[str]) -> Row:
    reviewer.until_complete(commits[0])
    ours, floor = [], []
    for old, new in itertools.pairwise(commits):
        ours.append(_timed(partial(reviewer.review, new)))
        command = ["git", "diff", "--numstat", "-M", old, new]
        milliseconds, _ = processes.timed_run(
            command, cwd=daemon.repository, environment=daemon.environment
        )
        floor.append(milliseconds)
    return Row("next commit, warm cache", median(ours), "ms", median(floor), _NEXT_BAR)


def _seen_row(reviewer: _Reviewer, commit: str, effort: Effort, stack: ExitStack) -> Row:
    payload = reviewer.review(commit).SerializeToString()
    channel = stack.enter_context(_echo())
    call: Any = channel.unary_unary(Method.ECHO.path)
    samples = interleave(
        {
            "seen": lambda: _timed(lambda: reviewer.review(commit)),
            "echo": lambda: _timed(lambda: call(payload)),
        },
        rounds=effort.seen,
    )
    what = f"payload seen before, {len(payload):,} bytes"
    return Row(what, median(samples["seen"]), "ms", median(samples["echo"]), _SEEN_BAR)


def _memory_rows(
    daemon: Daemon, reviewer: _Reviewer, commits: Sequence[str], effort: Effort
) -> Iterator[Row]:
    worker = daemon.status().worker
    if worker is None:
        raise BenchmarkError("no worker serves")
    figures: list[tuple[float, float]] = []
    for done, commit in enumerate(commits[: effort.reviews], start=1):
        reviewer.review(commit)
        if done in (effort.reviews // 10, effort.reviews):
            family = processes.resident_with_children(worker)
            figures.append((processes.resident(worker), family))
    (early, early_family), (late, late_family) = figures
    label = f"memory after {effort.reviews:,} reviews"
    yield Row(f"{label}, worker", Figure.of(late), "MB", Figure.of(early), _MEMORY_BAR)
    yield Row(f"{label}, all", Figure.of(late_family), "MB", Figure.of(early_family), _MEMORY_BAR)


class _Bare:
    """The least that a review takes: the diff, and a parse of what it touches."""

    def __init__(self, repository: Path) -> None:
        self._repository = pygit2.Repository(str(repository))
        self._parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))

    def review(self, old: str, new: str) -> None:
        """Compare two commits that edit files and do nothing else."""
        diff = self._repository.diff(old, new)
        diff.find_similar(DiffFind.FIND_RENAMES)
        _ = diff.stats.insertions
        for delta in diff.deltas:
            for side in (delta.old_file, delta.new_file):
                _kind, content = self._repository.read(side.id)
                self._parser.parse(content)


@contextmanager
def _echo() -> Iterator[grpc.Channel]:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        socket = Path(directory, "echo.sock")
        with processes.listening("echo_server", Kind.AIO, str(socket)), connect(socket) as channel:
            yield channel


def _timed(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return (time.perf_counter() - begin) * 1000
