"""How long a transaction takes to begin, in a repository with many files and some changes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from benchmarks.daemon import Daemon, temporary_daemon
from benchmarks.processes import timed_run
from benchmarks.report import Bar, Row
from benchmarks.sampling import interleave, median
from benchmarks.store_client import StoreClient

_BAR: Final = Bar(factor=1.5)
_DIRECTORY_SIZE: Final = 250
_CHANGED: Final = 20


@contextmanager
def daemon_of_many_files(count: int) -> Iterator[Daemon]:
    """Give a daemon, not yet started, of a repository with so many files, some of them changed."""
    with temporary_daemon() as daemon:
        for number in range(count):
            directory = daemon.repository / f"directory{number // _DIRECTORY_SIZE}"
            directory.mkdir(exist_ok=True)
            (directory / f"file{number}.txt").write_text(f"text of file {number}\n")
        for arguments in (["add", "."], ["commit", "--quiet", "-m", "many files"]):
            timed_run(["git", *arguments], cwd=daemon.repository, environment=daemon.environment)
        for number in range(0, count, count // _CHANGED):
            path = daemon.repository / f"directory{number // _DIRECTORY_SIZE}/file{number}.txt"
            path.write_text(f"another text of file {number}\n")
        # A file whose time is that of the index is read again by every `git status`.
        time.sleep(1.1)
        yield daemon


def rows(daemon: Daemon, client: StoreClient, rounds: int) -> Iterator[Row]:
    """Begin and abort a transaction each round, and let git look at the same worktree."""
    samples = interleave(
        {"git": partial(_git, daemon), "begin": partial(_begin, client)}, rounds=rounds
    )
    value, floor = median(samples["begin"]), median(samples["git"])
    yield Row("BeginTransaction, many files", value, "ms", floor, _BAR)


def _begin(client: StoreClient) -> float:
    milliseconds, transaction = client.begin()
    client.abort(transaction)
    return milliseconds


def _git(daemon: Daemon) -> float:
    return sum(
        timed_run(command, cwd=daemon.repository, environment=daemon.environment)[0]
        for command in (["git", "status", "--porcelain"], ["git", "stash", "create"])
    )
