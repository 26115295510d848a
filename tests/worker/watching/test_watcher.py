"""The watcher against real git, on an event loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from git_repository import GitRepository

from heddle_worker.operation_log import OperationLog
from heddle_worker.repository.repository import Repository
from heddle_worker.store.database import Database
from heddle_worker.store.operation_query import OperationQuery, select
from heddle_worker.store.readers import Readers
from heddle_worker.store.tail import Tail
from heddle_worker.store.writer import Writer
from heddle_worker.watching.directory_watch import DirectoryWatch
from heddle_worker.watching.watcher import Watcher

SECONDS = 60.0
ALL = OperationQuery(include_checkpoints=True)


class Bench:
    """A repository, the store of its log, and what watches it."""

    def __init__(self, git: GitRepository, heddle_dir: Path) -> None:
        self.git = git
        self.database = Database.open(heddle_dir)
        self.tail = Tail(self.database)
        self.writer = Writer(self.database, committed=self.tail.note_commit)
        self.readers = Readers(self.database)
        self.log = OperationLog(Repository.open(git.root), self.writer, self.readers)

    def watcher(self, *retry_delays: float) -> Watcher:
        return Watcher(self.git.git_dir(), self.log.refresh, self.tail, 0.0, retry_delays)

    def entries(self) -> list[tuple[str, str]]:
        """Return what is in the log, without looking for news."""
        with self.readers.snapshot() as connection:
            return [(one.verb, one.thread) for one in select(connection, ALL)]

    async def do(self, *words: str) -> None:
        await asyncio.to_thread(self.git.git, *words)

    async def until(self, *last: tuple[str, str]) -> None:
        """Wait until the log ends with these entries."""
        async with asyncio.timeout(SECONDS):
            while (found := self.entries())[-len(last) :] != list(last):
                await asyncio.sleep(0.005)
        assert found

    def close(self) -> None:
        self.readers.close()
        self.writer.close()


@contextlib.asynccontextmanager
async def watching(watcher: Watcher) -> AsyncIterator[None]:
    watcher.start()
    yield
    watcher.stop()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    git = GitRepository.init(tmp_path / "repository")
    git.commit("first")
    heddle_dir = tmp_path / "heddle"
    heddle_dir.mkdir()
    with contextlib.closing(Bench(git, heddle_dir)) as bench:
        yield bench


def run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scenario)


def test_what_happened_before_and_what_happens_is_read_in(bench: Bench) -> None:
    async def scenario() -> None:
        async with watching(bench.watcher()):
            await bench.until(("snapshot", "main"))
            await bench.do("switch", "-qc", "topic")
            await bench.until(("fork", "topic"), ("goto", "topic"))
            await bench.do("tag", "v1")
            await bench.until(("marker_create", ""))
            await bench.do("branch", "deep/er")
            await bench.until(("thread_create", "deep/er"))
            await bench.do("branch", "-D", "deep/er")
            await bench.until(("thread_delete", "deep/er"))
        assert len(bench.entries()) == 6

    run(scenario())


def test_a_fork_is_one_whenever_git_writes_its_two_steps(bench: Bench) -> None:
    async def scenario() -> None:
        async with watching(bench.watcher()):
            await bench.until(("snapshot", "main"))
            for number in range(10):
                await bench.do("switch", "-qc", f"topic-{number}")
            await bench.until(("fork", "topic-9"), ("goto", "topic-9"))
        forks = [thread for verb, thread in bench.entries() if verb == "fork"]
        assert forks == [f"topic-{number}" for number in range(10)]

    run(scenario())


def test_after_its_stop_nothing_is_read_in(bench: Bench) -> None:
    async def scenario() -> None:
        async with watching(bench.watcher()):
            await bench.until(("snapshot", "main"))
        await asyncio.sleep(0)
        await bench.do("tag", "v1")
        assert not [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
        assert bench.entries() == [("snapshot", "main")]

    run(scenario())


def test_a_repository_that_was_away_is_watched_again(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    common_dir = bench.git.git_dir()
    aside = common_dir.with_name("aside")

    async def scenario() -> None:
        async with watching(bench.watcher(*[0.01] * 10_000)):
            await bench.until(("snapshot", "main"))
            common_dir.rename(aside)
            await until(lambda: "moved away" in said.getvalue_so_far())
            aside.rename(common_dir)
            await bench.do("tag", "v1")
            await bench.until(("marker_create", ""))
            await bench.do("branch", "new")
            await bench.until(("thread_create", "new"))

    said = Said(capsys)
    run(scenario())
    (line,) = said.getvalue_so_far().splitlines()
    assert line.startswith("cannot watch git's activity: ")
    assert line.endswith(f"{common_dir} was deleted or moved away; will try again")


def test_one_that_stays_away_is_given_up_and_said_so(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        watcher = bench.watcher(0.0, 0.0)
        async with watching(watcher):
            await bench.until(("snapshot", "main"))
            shutil.rmtree(bench.git.git_dir())
            await until(lambda: "somebody asks" in said.getvalue_so_far())

    said = Said(capsys)
    run(scenario())
    first, last = said.getvalue_so_far().splitlines()
    assert first.endswith("will try again")
    assert last.endswith("it is read when somebody asks for the log")


@pytest.mark.skipif(sys.platform != "linux", reason="it is the limit of inotify instances")
def test_without_notifications_queries_go_on(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    watcher = bench.watcher()
    # So that neither module nor connection has to be opened when nothing can be.
    DirectoryWatch(bench.git.root).close()
    bench.entries()

    async def scenario() -> None:
        # No descriptor is left for the watcher.
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
        try:
            async with watching(watcher):
                await until(lambda: "somebody asks" in said.getvalue_so_far())
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        await bench.do("tag", "v1")
        await asyncio.to_thread(bench.log.refresh)
        assert bench.entries() == [("snapshot", "main"), ("marker_create", "")]

    said = Said(capsys)
    run(scenario())
    assert "max_user_instances or the limit of open files" in said.getvalue_so_far()


class Said:
    """What was written to standard error."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._text = ""

    def getvalue_so_far(self) -> str:
        self._text += self._capsys.readouterr().err
        return self._text


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.005)
