"""What the client library costs beside the stubs that gRPC generates, on the same channel."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpc
import grpc.aio

import heddle_client
from benchmarks import processes
from benchmarks.daemon import Daemon, temporary_daemon
from benchmarks.report import Bar, Options, Report, Row
from benchmarks.review_command import review_row
from benchmarks.sampling import MEDIAN, Figure, interleave, summarize
from heddle_api.v1 import hook_pb2, hook_pb2_grpc, transaction_pb2, transaction_pb2_grpc
from heddle_client.channels import OPTIONS
from heddle_client.client import Client

_BAR: Final = Bar(factor=1.15)
_SECONDS: Final = 30.0
_CALLS: Final = 50
_WARM_UP: Final = 100
_HOOKS: Final = 50
_HEALTH: Final = "/grpc.health.v1.Health/Check"
_NOTES: Final = (
    "status: GetTransactionStatus by the library, and by the generated stub on the library's own "
    "channel, with a deadline, until the message is there",
    f"hooks: ListHooks with {_HOOKS} hooks, which become as many values",
    "status, asyncio: the same as status, by grpc.aio",
    "connect: `heddle_client.connect` and close; floor: a channel to the same socket, a health "
    "check, and close",
    "heddle review: of the last commit, seen before, in a pipe; floor: a typer command that "
    "imports gRPC and does nothing",
    "range: the lowest and highest median of a round; all are taken in turn",
)


def run(options: Options) -> Report:
    """Measure calls and connects, interleaved with their floors."""
    processes.require_linux()
    rounds = 4 if options.quick else 60
    with temporary_daemon() as daemon:
        os.environ.update(daemon.environment)
        daemon.serve()
        daemon.warm()
        with heddle_client.connect(daemon.repository, start=False) as client:
            for number in range(_HOOKS):
                client.hooks.register(f"hook {number}", "true", ["pre_push"])
            transaction = client.transactions.begin().transaction_id
            rows = _blocking_rows(client, transaction, rounds)
        rows.append(asyncio.run(_asyncio_row(daemon, transaction, rounds)))
        rows.append(_connect_row(daemon, rounds))
        rows.append(review_row(daemon, rounds=5 if options.quick else 40))
    return Report(rows, _NOTES)


def _blocking_rows(client: Client, transaction: str, rounds: int) -> list[Row]:
    # The channel of the library's own, which is none of its interface.
    channel = client._caller._lines.take().channel
    repo_path = str(client.repository)
    get = transaction_pb2_grpc.TransactionServiceStub(channel).GetTransactionStatus
    asked = transaction_pb2.GetTransactionStatusRequest(
        repo_path=repo_path, transaction_id=transaction
    )
    list_hooks = hook_pb2_grpc.HookServiceStub(channel).ListHooks
    all_hooks = hook_pb2.ListHooksRequest(repo_path=repo_path)
    return [
        _row(
            "status",
            lambda: client.transactions.status(transaction),
            lambda: get(asked, timeout=_SECONDS),
            rounds,
        ),
        _row("hooks", client.hooks.list, lambda: list_hooks(all_hooks, timeout=_SECONDS), rounds),
    ]


def _row(what: str, value: Callable[[], Any], floor: Callable[[], Any], rounds: int) -> Row:
    for _ in range(_WARM_UP):
        value()
        floor()
    samples = interleave(
        {"value": lambda: _timed(value), "floor": lambda: _timed(floor)}, rounds=rounds
    )
    return Row(what, _p50(samples["value"]), "ms", _p50(samples["floor"]), _BAR)


def _timed(call: Callable[[], Any]) -> list[float]:
    samples = []
    for _ in range(_CALLS):
        began = time.perf_counter()
        call()
        samples.append((time.perf_counter() - began) * 1000)
    return samples


async def _asyncio_row(daemon: Daemon, transaction: str, rounds: int) -> Row:
    async with heddle_client.aio.connect(daemon.repository, start=False) as client:
        channel = (await client._caller.lines().take()).channel
        get = transaction_pb2_grpc.TransactionServiceStub(channel).GetTransactionStatus
        asked = transaction_pb2.GetTransactionStatusRequest(
            repo_path=str(client.repository), transaction_id=transaction
        )
        subjects: dict[str, Callable[[], Awaitable[Any]]] = {
            "value": lambda: client.transactions.status(transaction),
            "floor": lambda: get(asked, timeout=_SECONDS),
        }
        samples: dict[str, list[list[float]]] = {name: [] for name in subjects}
        for _ in range(rounds):
            for name, call in subjects.items():
                samples[name].append(await _timed_async(call))
    return Row("status, asyncio", _p50(samples["value"]), "ms", _p50(samples["floor"]), _BAR)


async def _timed_async(call: Callable[[], Awaitable[Any]]) -> list[float]:
    samples = []
    for _ in range(_CALLS):
        began = time.perf_counter()
        await call()
        samples.append((time.perf_counter() - began) * 1000)
    return samples


def _connect_row(daemon: Daemon, rounds: int) -> Row:
    address = f"unix:{daemon.warm().socket}"

    def ours() -> None:
        heddle_client.connect(daemon.repository, start=False).close()

    def bare() -> None:
        with grpc.insecure_channel(address, options=OPTIONS) as channel:
            check: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(_HEALTH)
            check(b"", timeout=_SECONDS)

    samples = interleave(
        {"value": lambda: _once(ours), "floor": lambda: _once(bare)}, rounds=rounds
    )
    return Row("connect", _p50(samples["value"]), "ms", _p50(samples["floor"]))


def _once(call: Callable[[], None]) -> list[float]:
    began = time.perf_counter()
    call()
    return [(time.perf_counter() - began) * 1000]


def _p50(rounds: list[list[float]]) -> Figure:
    return summarize(rounds, MEDIAN)
