"""The client library for asyncio with a real daemon; what it shares is tested with its twin."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from heddle_daemon import HeddleDaemon
from shared_daemon import shared_daemon

import heddle_client
from heddle_client.aio import AsyncClient
from heddle_client.aio.streams import AsyncStream
from heddle_client.errors import CallTimeoutError, ClosedError, NoDaemonError, NotFoundError
from heddle_client.values import OperationHit

SUPPORT: Final = Path(__file__).parents[1] / "support"


@pytest.fixture(scope="module")
def shared() -> Iterator[HeddleDaemon]:
    with shared_daemon() as daemon:
        yield daemon


def run(daemon: HeddleDaemon, body: Callable[[AsyncClient], Awaitable[None]]) -> None:
    """Run a test's body with a client."""

    async def main() -> None:
        async with heddle_client.aio.connect(daemon.root, start=False, agent="tests") as client:
            await body(client)

    asyncio.run(main())


def kill_worker(daemon: HeddleDaemon) -> None:
    """Kill the worker, with a warm one beside it."""
    os.kill(daemon.settled().worker_pid or 0, signal.SIGKILL)


def test_a_review_a_discussion_and_a_refusal(shared: HeddleDaemon) -> None:
    async def body(client: AsyncClient) -> None:
        review = await client.review("HEAD")
        assert (client.repository, review.summary.headline) == (shared.root, "second")
        opened = await client.discussions.open("a.py", "f", "why?")
        assert (await client.discussions.append(opened.id, "so")).turns[1].body == "so"
        with pytest.raises(NotFoundError):
            await client.discussions.get("nobody")
        signed = await client.sign("HEAD", key=Ed25519PrivateKey.generate())
        assert signed.state_id == review.state_id

    run(shared, body)


def test_a_dead_worker_is_no_matter_to_many_tasks(shared: HeddleDaemon) -> None:
    async def body(client: AsyncClient) -> None:
        async def work(number: int) -> str:
            if number == 10:
                await asyncio.to_thread(kill_worker, shared)
            return (await client.discussions.open("a.py", "g", f"task {number}")).id

        opened = await asyncio.gather(*map(work, range(40)))
        there = {each.id for each in await client.discussions.by_symbol("a.py", "g")}
        assert len(set(opened) & there) == 40

    run(shared, body)


def test_the_log_is_followed_across_workers(shared: HeddleDaemon) -> None:
    async def body(client: AsyncClient) -> None:
        newest = [hit.seq async for hit in client.operations(include_checkpoints=True)][-1]
        async with client.operations(
            follow=True, include_checkpoints=True, after_seq=newest
        ) as stream:
            seqs = []
            for number in range(3):
                await client.hooks.register(f"followed-{number}", "true")
                seqs.append((await anext(stream)).seq)
                if number < 2:
                    await asyncio.to_thread(kill_worker, shared)
            assert stream.resumed >= 1
        recorded = client.operations(include_checkpoints=True, after_seq=newest)
        assert seqs == [hit.seq async for hit in recorded]

    run(shared, body)


def test_a_block_is_committed_and_other_tasks_are_no_part_of_it(shared: HeddleDaemon) -> None:
    async def body(client: AsyncClient) -> None:
        elsewhere = asyncio.Event()

        async def other() -> None:
            await elsewhere.wait()
            await client.hooks.register("elsewhere", "true")
            elsewhere.clear()

        task = asyncio.ensure_future(other())
        async with client.transaction(message="both") as txn:
            await client.discussions.open("a.py", "f", "inside")
            elsewhere.set()
            await task
            assert (await txn.status()).buffered_ops == 1
        assert txn.committed is not None
        assert txn.committed.op_count == 1

    run(shared, body)


def test_a_block_of_a_cancelled_task_is_aborted(shared: HeddleDaemon) -> None:
    async def body(client: AsyncClient) -> None:
        txn = client.transaction()

        async def work() -> None:
            async with txn:
                (shared.root / "new").write_text("x")
                await asyncio.sleep(60)

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(work(), 1)
        assert txn.aborted is not None
        assert not (shared.root / "new").exists()
        assert (await client.transactions.status(txn.transaction_id)).state == "aborted"

    run(shared, body)


def test_closing_ends_what_waits(shared: HeddleDaemon) -> None:
    async def body(client: AsyncClient) -> None:
        async def all_of(stream: AsyncStream[OperationHit]) -> int:
            return len([each async for each in stream])

        first, second = (client.operations(follow=True, verbs=["never"]) for _ in range(2))
        waiting = [asyncio.ensure_future(all_of(stream)) for stream in (first, second)]
        cancelled = asyncio.ensure_future(client.hooks.test("pre_push"))
        await asyncio.sleep(0)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        await client.hooks.list()
        await first.close()
        assert await asyncio.wait_for(waiting[0], 10) == 0
        assert not waiting[1].done()
        await client.close()
        assert await asyncio.wait_for(waiting[1], 10) == 0
        with pytest.raises(ClosedError):
            await client.hooks.list()
        with pytest.raises(ClosedError):
            client.operations()

    run(shared, body)


def test_a_stream_ends_at_its_deadline(shared: HeddleDaemon) -> None:
    async def body(client: AsyncClient) -> None:
        with pytest.raises(CallTimeoutError, match=r"within 0\.3 s"):
            await anext(client.operations(follow=True, verbs=["never"], timeout=0.3))

    run(shared, body)


def test_a_client_may_be_used_in_one_event_loop_after_the_other(shared: HeddleDaemon) -> None:
    async def connect() -> AsyncClient:
        client = await heddle_client.aio.connect(shared.root, start=False)
        await client.hooks.list()
        return client

    async def use(client: AsyncClient) -> None:
        await client.hooks.list()
        await client.close()

    asyncio.run(use(asyncio.run(connect())))


def test_a_child_process_is_told_to_use_the_blocking_client_and_can(shared: HeddleDaemon) -> None:
    program = """
import asyncio, os, sys, heddle_client
from heddle_client.errors import ForkError

async def use():
    async with heddle_client.aio.connect(sys.argv[1], start=False) as client:
        await client.hooks.list()

asyncio.run(use())
child = os.fork()
if child == 0:
    try:
        asyncio.run(use())
    except ForkError as error:
        print(error)
    with heddle_client.connect(sys.argv[1], start=False) as client:
        client.hooks.list()
        print("called", flush=True)
    os._exit(0)
os.waitpid(child, 0)
asyncio.run(use())
print("parent")
"""
    done = subprocess.run(
        [sys.executable, "-c", program, shared.root],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    told, *rest = done.stdout.splitlines()
    assert "do not survive a fork" in told
    assert rest == ["called", "parent"], done.stderr


def test_no_thread_is_left_of_a_closed_client(shared: HeddleDaemon) -> None:
    program = """
import asyncio, os, sys, threading, grpc, heddle_client
from waiting import wait_until

async def main():
    async with heddle_client.aio.connect(sys.argv[1], start=False) as client:
        async for _ in client.operations():
            break
        await client.hooks.list()

before = len(os.listdir("/proc/self/fd"))
for _ in range(5):
    asyncio.run(main())
wait_until(lambda: threading.enumerate() == [threading.main_thread()], "no thread of Python's runs")
wait_until(lambda: len(os.listdir("/proc/self/fd")) <= before + 10, "descriptors are closed")
"""
    done = subprocess.run(
        [sys.executable, "-c", program, shared.root],
        env={**os.environ, "PYTHONPATH": str(SUPPORT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_without_a_daemon_connecting_fails(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)

    async def main() -> None:
        await heddle_client.aio.connect(tmp_path, start=False)

    with pytest.raises(NoDaemonError):
        asyncio.run(main())
