"""Feed and followers over a real store: every entry once, in order, whatever comes in between."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import apsw
import pytest
from git_repository import GitRepository
from waiting import wait_until

from heddle_worker.failures import FollowerTooSlowError
from heddle_worker.limits import MAX_BACKLOG
from heddle_worker.operation_log import OperationLog
from heddle_worker.repository.repository import Repository
from heddle_worker.store.database import Database
from heddle_worker.store.errors import StoreUnavailableError
from heddle_worker.store.operation_query import OperationQuery
from heddle_worker.store.operations import NewOperation, Operation, append
from heddle_worker.store.readers import Readers
from heddle_worker.store.tail import Tail
from heddle_worker.store.writer import Writer
from heddle_worker.streams.feed import Feed
from heddle_worker.streams.follower import Follower

SECONDS = 60.0


class Bench:
    """A log, its feed, and a way to append to it."""

    def __init__(self, root: Path, heddle_dir: Path) -> None:
        database = Database.open(heddle_dir)
        self.path = database.path
        self.tail = Tail(database)
        self.writer = Writer(database, committed=self.tail.note_commit)
        self.readers = Readers(database)
        log = OperationLog(Repository.open(root), self.writer, self.readers)
        self.feed = Feed(self.tail, log, _encode)
        self.cuts: list[Exception] = []
        self.newest = 0

    async def append(self, count: int, verb: str = "goto") -> None:
        new = [NewOperation(timestamp_secs=1, verb=verb)] * count

        def work(connection: apsw.Connection) -> list[int]:
            return append(connection, new)

        seqs = await asyncio.wrap_future(self.writer.submit(work))
        self.newest = seqs[-1]

    def follower(self, **query: Any) -> contextlib.AbstractAsyncContextManager[Follower]:
        return self.feed.follower(OperationQuery(**query), self.cuts.append)

    def close(self) -> None:
        self.tail.end()
        self.readers.close()
        self.writer.close()


def _encode(entry: Operation) -> bytes:
    return f"{entry.seq} {entry.verb}".encode()


async def taken(follower: Follower, until: int) -> list[int]:
    """Take everything up to an entry; return the `seq` of each."""
    seqs: list[int] = []
    while not seqs or seqs[-1] < until:
        for hit in await follower.more():
            follower.sending(hit)
            assert hit.encoded.startswith(b"%d " % hit.seq)
            seqs.append(hit.seq)
    return seqs


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Callable[[Bench], Coroutine[Any, Any, None]]], None]:
    """Runs a scenario on a bench of its own."""
    git = GitRepository.init(tmp_path / "repository")
    heddle_dir = tmp_path / "heddle"
    heddle_dir.mkdir()

    def run(scenario: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
        async def limited() -> None:
            async with asyncio.timeout(SECONDS):
                await scenario(bench)

        with contextlib.closing(Bench(git.root, heddle_dir)) as bench:
            asyncio.run(limited())

    return run


Run = Callable[[Callable[[Bench], Coroutine[Any, Any, None]]], None]


def test_what_is_on_record_and_then_what_comes(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        await bench.append(700)
        async with bench.follower(after_seq=100) as follower:
            assert await taken(follower, 700) == list(range(101, 701))
            await bench.append(1)
            await bench.append(300)
            assert await taken(follower, 1_001) == list(range(701, 1_002))

    run(scenario)


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_missed_or_repeated_while_others_append(run: Run, seed: int) -> None:
    dice = random.Random(seed)
    counts = [dice.choice([1, 1, 2, 300, 5_000 if dice.random() < 0.1 else 3]) for _ in range(60)]
    last = 50 + sum(counts)

    async def appending(bench: Bench) -> None:
        for count in counts:
            await bench.append(count)

    async def following(bench: Bench, after: int) -> None:
        async with bench.follower(after_seq=after) as follower:
            seqs = await taken(follower, after + 1)
            while seqs[-1] < last:
                for hit in await follower.more():
                    follower.sending(hit)
                    seqs.append(hit.seq)
                    if dice.random() < 0.01:
                        await asyncio.sleep(0)
        assert seqs == list(range(after + 1, last + 1))

    async def scenario(bench: Bench) -> None:
        await bench.append(50)
        async with asyncio.TaskGroup() as group:
            group.create_task(appending(bench))
            for _ in range(8):
                group.create_task(following(bench, dice.randrange(bench.newest)))
                await asyncio.sleep(0)
        assert bench.cuts == []

    run(scenario)


def test_only_what_passes_the_filters_comes(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        await bench.append(2, "snapshot")
        async with bench.follower(verbs=("snapshot",)) as follower:
            assert await taken(follower, 2) == [1, 2]
            await bench.append(3, "goto")
            await bench.append(1, "snapshot")
            assert await taken(follower, 6) == [6]

    run(scenario)


def test_one_who_lags_behind_reads_on_from_the_record(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        await bench.append(1)
        async with bench.follower() as follower:
            assert await taken(follower, 1) == [1]
            waiting = asyncio.ensure_future(follower.more())
            await bench.append(1)
            (hit,) = await waiting
            follower.sending(hit)
            # More than is kept, and less than ends it.
            await bench.append(MAX_BACKLOG + 1_000)
            assert await taken(follower, bench.newest) == list(range(3, bench.newest + 1))
            await bench.append(1)
            assert await taken(follower, bench.newest) == [bench.newest]
        assert bench.cuts == []

    run(scenario)


def test_one_who_takes_nothing_is_cut_off_and_the_others_go_on(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        await bench.append(3)
        async with bench.follower() as stuck, bench.follower() as other:
            hits = await stuck.more()
            stuck.sending(hits[1])
            assert await taken(other, 3) == [1, 2, 3]
            reading = asyncio.ensure_future(taken(other, 2 * MAX_BACKLOG + 4))
            await bench.append(2 * MAX_BACKLOG)
            await bench.append(1)
            assert await reading == list(range(4, 2 * MAX_BACKLOG + 5))
        (error,) = bench.cuts
        assert isinstance(error, FollowerTooSlowError)
        assert "after_seq 2," in str(error)

    run(scenario)


def test_when_the_last_follower_has_gone_nobody_reads(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.follower():
            async with bench.follower():
                await bench.append(1)
            assert readers() == 1
        await asyncio.to_thread(wait_until, lambda: not readers(), "the thread has ended")

    def readers() -> int:
        return sum(thread.name == "operation-tail" for thread in threading.enumerate())

    run(scenario)


def test_followers_end_when_the_log_cannot_be_read(run: Run) -> None:
    async def scenario(bench: Bench) -> None:
        bench.path.rename(bench.path.with_name("elsewhere"))
        with pytest.raises(StoreUnavailableError):
            async with bench.follower():
                pytest.fail("there is nothing to follow")

    run(scenario)
